package dev.sallyport.gateway;

import dev.sallyport.gateway.CallRuns.Ran;
import dev.sallyport.gateway.approval.ApprovalStore;
import dev.sallyport.gateway.approval.Asked;
import dev.sallyport.gateway.approval.Binding;
import dev.sallyport.gateway.approval.Kept;
import dev.sallyport.gateway.approval.Redeemed;
import dev.sallyport.gateway.approval.Requester;
import dev.sallyport.gateway.dispatch.EventLog;
import dev.sallyport.gateway.dispatch.Order;
import dev.sallyport.gateway.gate.Decision.Allowed;
import dev.sallyport.gateway.gate.Decision.Held;
import dev.sallyport.gateway.limit.StoreAwayException;
import dev.sallyport.gateway.protocol.Approvals;
import dev.sallyport.gateway.protocol.Confirmation;
import dev.sallyport.gateway.protocol.Outcome;
import dev.sallyport.gateway.protocol.Request;
import dev.sallyport.gateway.protocol.ToolResult;
import dev.sallyport.gateway.tool.Call;
import dev.sallyport.schema.event.Access;
import dev.sallyport.schema.event.ApprovalBy;
import dev.sallyport.schema.event.ApprovalDenied;
import dev.sallyport.schema.event.ApprovalGranted;
import dev.sallyport.schema.event.ApprovalRequested;
import dev.sallyport.schema.event.Ended;
import dev.sallyport.schema.event.Event;
import dev.sallyport.schema.event.EventCodec;
import dev.sallyport.schema.event.Instruction;
import dev.sallyport.schema.id.EventId;
import dev.sallyport.schema.json.Json;
import dev.sallyport.schema.registry.Demand;
import dev.sallyport.schema.registry.Keyring;
import dev.sallyport.schema.registry.Registry;
import dev.sallyport.schema.reply.Reply;
import dev.sallyport.schema.seal.DataKey;
import dev.sallyport.schema.seal.Sealed;
import dev.sallyport.schema.sign.SigningKey;
import java.net.URI;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * The way of a call that rules hold: it is rehearsed, somebody allows what the rehearsal told, and
 * the same call, sent again with the approval, commits that effect or none.
 */
final class HeldCalls {

    private static final Logger LOG = LoggerFactory.getLogger(HeldCalls.class);
    private static final String CANNOT_BE_REHEARSED = "cannot_be_rehearsed";

    /**
     * What an event grows by when it is sealed, signed and dated otherwise than it was measured.
     */
    private static final int MARGIN_BYTES = 512;

    private final CallRuns runs;
    private final @Nullable ApprovalStore store;
    private final EventLog log;
    private final SigningKey signingKey;
    private final Keyring keyring;
    private final RefusedCalls refused;
    private final InstantSource clock;
    private final @Nullable URI console;

    /**
     * @param store null where this gateway has none: then nothing that is held runs
     * @param console where people decide; null where that was not configured
     */
    HeldCalls(
            CallRuns runs,
            @Nullable ApprovalStore store,
            EventLog log,
            SigningKey signingKey,
            Keyring keyring,
            RefusedCalls refused,
            InstantSource clock,
            @Nullable URI console) {
        this.runs = runs;
        this.store = store;
        this.log = log;
        this.signingKey = signingKey;
        this.keyring = keyring;
        this.refused = refused;
        this.clock = clock;
        this.console = console;
    }

    /**
     * The answer to a held call.
     *
     * @param request how it came: whether its client can ask its user, and what that one said
     * @throws dev.sallyport.schema.SchemaException if the tenant's keys are not in order; nothing
     *     was changed
     */
    Outcome answer(Call call, Held held, Registry now, Request request) {
        ApprovalStore kept = store;
        if (kept == null) {
            return refused.answer(call, Approvals.unavailable());
        }
        try {
            String named = call.approval();
            return named == null
                    ? asked(call, held, now, kept, request)
                    : approved(call, named, held, now, kept, Confirmation.said(request));
        } catch (StoreAwayException e) {
            LOG.atWarn()
                    .addKeyValue("callId", call.id())
                    .setCause(e)
                    .log("a held call did not run: the store of approvals is away");
            return refused.answer(call, Approvals.unavailable());
        }
    }

    private Outcome asked(Call call, Held held, Registry now, ApprovalStore kept, Request request)
            throws StoreAwayException {
        if (!held.rules().hold()) {
            return afterCooldown(
                    call,
                    held.allowed(),
                    Order.plain(Access.WRITE),
                    held.rules().demand(null),
                    now,
                    kept);
        }
        Ran ran = runs.run(call, held.allowed(), Order.rehearsal(), now);
        if (!(ran instanceof Ran.Replied(var reply, _))) {
            return CallRuns.outcome(call, ran);
        }
        Optional<Rehearsal> told =
                reply.ended() == Ended.SUCCEEDED ? Rehearsal.of(reply.result()) : Optional.empty();
        if (told.isPresent()) {
            Rehearsal rehearsal = told.get();
            Demand demand = held.rules().demand(rehearsal.rows());
            return demand.by() == ApprovalBy.NONE
                    ? afterCooldown(
                            call.again(),
                            held.allowed(),
                            Order.unchanged(rehearsal.digest()),
                            demand,
                            now,
                            kept)
                    : requested(
                            new Waiting(call, held.allowed(), demand, rehearsal),
                            rehearsal.effect(),
                            now,
                            kept,
                            request);
        }
        if (reply.ended() == Ended.SUCCEEDED || CANNOT_BE_REHEARSED.equals(reply.code())) {
            return requested(
                    new Waiting(call, held.allowed(), held.rules().demandUnrehearsed(), null),
                    reason(reply),
                    now,
                    kept,
                    request);
        }
        return CallRuns.outcome(call, ran);
    }

    /** Why there is no effect to show. */
    private static ObjectNode reason(Reply reply) {
        return Json.mapper().createObjectNode().put("cannotBeRehearsed", reply.message());
    }

    private Outcome afterCooldown(
            Call call,
            Allowed allowed,
            Order order,
            Demand demand,
            Registry now,
            ApprovalStore kept)
            throws StoreAwayException {
        if (!demand.cooldown().isZero()) {
            Duration wait =
                    kept.cool(
                            Requester.of(call.caller()),
                            allowed.database().name(),
                            demand.cooldown());
            if (!wait.isZero()) {
                return refused.answer(call, Approvals.cooldown(wait));
            }
        }
        return CallRuns.outcome(call, runs.run(call, allowed, order, now));
    }

    private Outcome requested(
            Waiting waiting, ObjectNode effect, Registry now, ApprovalStore kept, Request request)
            throws StoreAwayException {
        Call call = waiting.call();
        Demand demand = waiting.demand();
        if (demand.by() == ApprovalBy.NOBODY) {
            return refused.answer(call, Approvals.ruledOut(demand.rules()));
        }
        if (!demand.canBeMet(call.caller().subject())) {
            return refused.answer(
                    call, Approvals.impossible(demand.rules(), waiting.rehearsal() != null));
        }
        DataKey key = keyring.newest(now, call.tenant());
        Optional<Sealed> shown = waiting.shown(effect, key, clock.instant());
        if (shown.isEmpty()) {
            return refused.answer(call, Approvals.tooLarge());
        }
        Optional<Instant> expires = kept.add(waiting.asked(key));
        if (expires.isEmpty()) {
            return refused.answer(call, Approvals.tooMany(ApprovalStore.OPEN_MAX));
        }
        boolean told =
                log.signals()
                        .tellSigned(
                                new EventId(waiting.id()),
                                call.tenant(),
                                call.trace(),
                                waiting.event(expires.get(), shown.get()),
                                log.gateway(),
                                signingKey);
        return told
                ? required(waiting, expires.get().truncatedTo(ChronoUnit.SECONDS), effect, request)
                : RefusedCalls.unlogged();
    }

    /** Asks the client's user, where the client can; tells the model what to do, where not. */
    private Outcome required(Waiting waiting, Instant expires, ObjectNode effect, Request request) {
        String id = waiting.id().toString();
        String link = console == null ? null : Approvals.link(console, id);
        boolean confirm = waiting.demand().by() == ApprovalBy.CONFIRM;
        Rehearsal rehearsal = waiting.rehearsal();
        if (confirm && rehearsal != null && Confirmation.canAsk(request)) {
            return Confirmation.ask(
                    id,
                    Approvals.question(
                            waiting.allowed().database().name().value(), rehearsal.words()));
        }
        if (!confirm && link != null && Confirmation.canLead(request)) {
            return Confirmation.lead(
                    id,
                    Approvals.leading(waiting.demand().needed(), waiting.demand().approvers()),
                    link);
        }
        return new Outcome.Told(
                required(waiting, expires, effect, link), waiting.call().id(), List.of());
    }

    private static ToolResult required(
            Waiting waiting, Instant expires, ObjectNode effect, @Nullable String link) {
        Demand demand = waiting.demand();
        String id = waiting.id().toString();
        ObjectNode approval =
                Json.mapper()
                        .createObjectNode()
                        .put("id", id)
                        .put("by", demand.by().wire())
                        .put("needed", demand.needed())
                        .put("expires", expires.toString());
        ArrayNode approvers = approval.putArray("approvers");
        demand.approvers().forEach(approvers::add);
        if (link != null) {
            approval.put("url", link);
        }
        String message =
                demand.by() == ApprovalBy.CONFIRM
                        ? Approvals.confirm(id, expires, waiting.rows(), waiting.complete())
                        : Approvals.another(
                                id,
                                expires,
                                demand.needed(),
                                demand.approvers(),
                                link,
                                waiting.rehearsal() != null);
        return new ToolResult.Waiting(
                Approvals.REQUIRED, message, approval.toString(), effect.toString());
    }

    /**
     * A call that is about to wait.
     *
     * @param rehearsal what it would change; null where that cannot be told
     */
    private record Waiting(
            Call call, Allowed allowed, Demand demand, @Nullable Rehearsal rehearsal, UUID id) {

        Waiting(Call call, Allowed allowed, Demand demand, @Nullable Rehearsal rehearsal) {
            this(call, allowed, demand, rehearsal, EventId.next().value());
        }

        private Instruction.Statement statement() {
            return (Instruction.Statement) call.tool().instruction(call.arguments());
        }

        long rows() {
            return rehearsal == null ? 0 : rehearsal.rowsAffected();
        }

        boolean complete() {
            return rehearsal != null && rehearsal.complete();
        }

        Asked asked(DataKey key) {
            return new Asked(
                    id,
                    Requester.of(call.caller()),
                    Binding.of(id, call.tool().name(), allowed.database().name(), statement(), key),
                    demand.by(),
                    demand.approvers(),
                    demand.by() == ApprovalBy.CONFIRM ? 0 : demand.needed(),
                    rehearsal == null ? null : rehearsal.digest(),
                    rehearsal == null ? null : rehearsal.rows(),
                    demand.valid());
        }

        ApprovalRequested event(Instant expires, Sealed shown) {
            return new ApprovalRequested(
                    id.toString(),
                    call.id(),
                    call.principal(),
                    allowed.database().name(),
                    call.tool().name(),
                    allowed.statementClass(),
                    demand.by(),
                    List.copyOf(demand.approvers()),
                    demand.needed(),
                    rehearsal == null ? null : rehearsal.digest(),
                    rows(),
                    complete(),
                    expires,
                    shown);
        }

        /**
         * What approvers are shown, with as much of the effect as an event has room for; empty
         * where the text and its values alone are too much.
         */
        Optional<Sealed> shown(ObjectNode effect, DataKey key, Instant now) {
            EventId event = new EventId(id);
            Sealed least = key.seal(new byte[0], event, ApprovalRequested.SHOWN);
            int envelope =
                    EventCodec.encode(
                                    new Event<>(
                                            event,
                                            "/gateway/" + "x".repeat(64),
                                            now,
                                            call.tenant(),
                                            call.trace(),
                                            null,
                                            event(now, least)))
                            .length;
            // four characters of base64url for three bytes
            int most = (EventCodec.BYTES_MAX - envelope - MARGIN_BYTES) / 4 * 3;
            Instruction.Statement statement = statement();
            ObjectNode whole = Json.mapper().createObjectNode().put("sql", statement.sql());
            ArrayNode params = whole.putArray("params");
            statement.params().forEach(params::add);
            whole.set("effect", effect);
            byte[] plain = Json.mapper().writeValueAsBytes(whole);
            Optional<ObjectNode> less = Optional.of(effect);
            while (plain.length > most) {
                less = less.flatMap(Rehearsal::shortened);
                if (less.isEmpty()) {
                    return Optional.empty();
                }
                whole.set("effect", less.get());
                whole.put("cut", true);
                plain = Json.mapper().writeValueAsBytes(whole);
            }
            return Optional.of(key.seal(plain, event, ApprovalRequested.SHOWN));
        }
    }

    private Outcome approved(
            Call call,
            String named,
            Held held,
            Registry now,
            ApprovalStore kept,
            Confirmation.Said said)
            throws StoreAwayException {
        Optional<UUID> id = uuid(named);
        Optional<Kept> found = id.isEmpty() ? Optional.empty() : kept.find(call.tenant(), id.get());
        if (found.isEmpty() || !found.get().requester().equals(Requester.of(call.caller()))) {
            return refused.answer(call, Approvals.unknown());
        }
        Kept approval = found.get();
        List<String> differences =
                approval.binding()
                        .differences(
                                Binding.of(
                                        approval.id(),
                                        call.tool().name(),
                                        held.allowed().database().name(),
                                        (Instruction.Statement)
                                                call.tool().instruction(call.arguments()),
                                        keyring.of(
                                                now, call.tenant(), approval.binding().dataKey())));
        if (!differences.isEmpty()) {
            return refused.answer(call, Approvals.mismatch(differences));
        }
        Demand demand =
                approval.rows() == null
                        ? held.rules().demandUnrehearsed()
                        : held.rules().demand(approval.rows());
        if (approval.by().compareTo(demand.by()) < 0) {
            return refused.answer(call, Approvals.rulesChanged());
        }
        boolean confirms = approval.by() == ApprovalBy.CONFIRM;
        if (confirms && said == Confirmation.Said.NO_ANSWER) {
            return refused.answer(call, Approvals.unanswered(named));
        }
        Redeemed redeemed =
                kept.redeem(
                        call.tenant(),
                        approval.id(),
                        mayAllow(approval, demand, now),
                        demand.by() == ApprovalBy.ANOTHER ? demand.needed() : 0,
                        demand.cooldown());
        return switch (redeemed) {
            case Redeemed.Now() ->
                    confirms && said == Confirmation.Said.NO
                            ? declined(call, approval)
                            : released(call, approval, held.allowed(), now);
            case Redeemed.Unknown() -> refused.answer(call, Approvals.unknown());
            case Redeemed.Before() -> refused.answer(call, Approvals.used());
            case Redeemed.Denied() -> refused.answer(call, Approvals.denied());
            case Redeemed.Expired() -> refused.answer(call, Approvals.expired());
            case Redeemed.Pending() -> refused.answer(call, Approvals.pending(named));
            case Redeemed.Cooling(var wait) -> refused.answer(call, Approvals.cooldown(wait));
        };
    }

    private static Optional<UUID> uuid(String named) {
        try {
            return Optional.of(EventId.of(named).value());
        } catch (IllegalArgumentException e) {
            return Optional.empty();
        }
    }

    /** Of those who allowed it, who may do so by the rules and the suspensions of this moment. */
    private static Set<String> mayAllow(Kept approval, Demand demand, Registry now) {
        Set<String> may = new HashSet<>();
        for (String one : approval.granted()) {
            if (!one.equals(approval.requester().subject())
                    && approval.approvers().contains(one)
                    && (demand.by() != ApprovalBy.ANOTHER || demand.approvers().contains(one))
                    && now.suspension(approval.requester().tenant(), one).isEmpty()) {
                may.add(one);
            }
        }
        return may;
    }

    /** The approval is used up, so that nobody else confirms it in the user's place. */
    private Outcome declined(Call call, Kept approval) {
        boolean told =
                log.signals()
                        .tellSigned(
                                EventId.next(),
                                call.tenant(),
                                call.trace(),
                                new ApprovalDenied(
                                        approval.id().toString(),
                                        call.principal(),
                                        "the caller's user declined"),
                                log.gateway(),
                                signingKey);
        return told ? refused.answer(call, Approvals.declined()) : RefusedCalls.unlogged();
    }

    /** The approval is used up: from here on it is this call that runs, or none. */
    private Outcome released(Call call, Kept approval, Allowed allowed, Registry now) {
        String id = approval.id().toString();
        if (approval.by() == ApprovalBy.CONFIRM
                && !log.signals()
                        .tellSigned(
                                EventId.next(),
                                call.tenant(),
                                call.trace(),
                                new ApprovalGranted(
                                        id,
                                        call.principal(),
                                        ApprovalBy.CONFIRM,
                                        approval.effectDigest(),
                                        null),
                                log.gateway(),
                                signingKey)) {
            return RefusedCalls.unlogged();
        }
        return CallRuns.outcome(
                call, runs.run(call, allowed, Order.approved(id, approval.effectDigest()), now));
    }
}
