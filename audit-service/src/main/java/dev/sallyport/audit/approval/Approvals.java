package dev.sallyport.audit.approval;

import dev.sallyport.audit.access.Access;
import dev.sallyport.audit.problem.AuditException;
import dev.sallyport.audit.problem.AuditProblem;
import dev.sallyport.schema.event.ApprovalBy;
import dev.sallyport.schema.event.ApprovalDenied;
import dev.sallyport.schema.event.ApprovalGranted;
import dev.sallyport.schema.event.Payload;
import dev.sallyport.schema.event.Principal;
import dev.sallyport.schema.id.EventId;
import dev.sallyport.schema.id.TenantId;
import dev.sallyport.schema.registry.RegistryFeed;
import dev.sallyport.schema.registry.Scope;
import dev.sallyport.schema.signal.SignalLog;
import dev.sallyport.schema.token.Caller;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jdbi.v3.core.Jdbi;
import org.jspecify.annotations.Nullable;

/**
 * Approvals, and what people decide on them. Every person sees the approvals of the own tenant
 * alone; the statement and its rows are shown to those who may decide and to who asked.
 */
public final class Approvals {
    /** The scopes that let a person see all approvals of the tenant. */
    private static final Set<Scope> READERS = Set.of(Scope.AUDIT_READ, Scope.ADMIN);

    /** Decisions that are acknowledged, and may not be in the log yet. */
    private static final int PENDING_MAX = 10_000;

    private final ApprovalReader reader;
    private final RegistryFeed registry;
    private final SignalLog log;
    private final Access access;
    private final InstantSource clock;
    private final @Nullable ApprovalKeys keys;
    private final Map<PendingKey, Approval.Decided> pending = new LinkedHashMap<>();

    /**
     * Approvals of the logs in that database.
     *
     * @param keys null where none are configured: then nobody can decide, and no statement is shown
     */
    public Approvals(
            Jdbi jdbi,
            Duration deadline,
            RegistryFeed registry,
            SignalLog log,
            Access access,
            InstantSource clock,
            @Nullable ApprovalKeys keys) {
        this.reader = new ApprovalReader(jdbi, deadline);
        this.registry = registry;
        this.log = log;
        this.access = access;
        this.clock = clock;
        this.keys = keys;
    }

    private record PendingKey(TenantId tenant, EventId approval, String subject) {}

    /**
     * A page of approvals, those that can still be decided first, the newest first.
     *
     * @param found what the log has of each
     * @param next the cursor of the next page; null on the last one
     */
    public record Page(List<Seen> found, @Nullable String next) {
        public Page {
            found = List.copyOf(found);
        }
    }

    /**
     * An approval as somebody sees it.
     *
     * @param id its id
     * @param approval what the log has of it; empty where that is not what was logged
     * @param awaited whether it waits for this person's decision
     */
    public record Seen(EventId id, Optional<Approval> approval, boolean awaited) {}

    /** Why somebody cannot decide, and what would be right. */
    public record Obstacle(AuditProblem problem, String message) {
        private AuditException exception() {
            return new AuditException(problem, message);
        }
    }

    /** An approval, and what the gateway sealed of it where this person may see that. */
    public record Opened(
            Approval approval, Optional<Shown> shown, boolean mayBeShown, Verdicts verdicts) {
        /** What the log is told that the reader did. */
        public String action() {
            return shown.isPresent() ? "approval with statement" : "approval";
        }
    }

    /** What keeps a person from allowing the call, and from refusing it. */
    public record Verdicts(Optional<Obstacle> approve, Optional<Obstacle> deny) {}

    /** Whether people can decide here, in a few words that name nobody. */
    public String readiness() {
        if (keys == null) {
            return "not configured";
        }
        return keys.isRegistered(registry.get()) ? "ready" : "key not registered";
    }

    /** The page after the cursor. */
    public Page page(Caller caller, Optional<ApprovalCursor> after, int limit) {
        Instant now = clock.instant();
        var requests =
                reader.requests(
                        caller.tenant(),
                        seesAll(caller) ? Optional.empty() : Optional.of(caller.subject()),
                        after,
                        limit,
                        now);
        var found = reader.approvals(caller.tenant(), requests.ids(), registry.get(), now);
        var seen = new ArrayList<Seen>();
        for (EventId id : requests.ids()) {
            var approval = found.approvals().get(id);
            if (approval != null && isVisible(caller, approval)) {
                var whole = withPending(caller.tenant(), approval);
                seen.add(new Seen(id, Optional.of(whole), rules(caller, whole, true).isEmpty()));
            } else if (found.altered().containsKey(id) && seesAll(caller)) {
                seen.add(new Seen(id, Optional.empty(), false));
            }
        }
        var next = requests.next();
        return new Page(seen, next == null ? null : next.text());
    }

    /**
     * The approval, with the statement where the caller may see it.
     *
     * @throws AuditException {@code approval_unknown}, {@code log_inconsistent}
     */
    public Opened open(Caller caller, EventId id) {
        var approval = require(caller, id);
        boolean mayBeShown = mayBeShown(caller, approval);
        return new Opened(
                approval,
                mayBeShown ? opened(approval) : Optional.empty(),
                mayBeShown,
                new Verdicts(
                        obstacle(caller, approval, new Decision.Approve(null)),
                        obstacle(caller, approval, new Decision.Deny(""))));
    }

    /**
     * Takes down what the caller decides: signed, and acknowledged by the broker when this returns.
     *
     * @param address where the caller came from
     * @return the approval with the decision
     * @throws AuditException with the code of what keeps the caller from deciding; {@code
     *     decision_not_recorded} where the log did not take it
     */
    public Approval decide(Caller caller, String address, EventId id, Decision decision) {
        var approval = require(caller, id);
        var obstacle = obstacle(caller, approval, decision);
        if (obstacle.isPresent()) {
            throw refused(caller, address, obstacle.get());
        }
        var approvalKeys = keys;
        if (approvalKeys == null) {
            throw unavailable().exception();
        }
        var approver = new Principal(caller.subject(), caller.client(), null, address);
        var key = new PendingKey(caller.tenant(), id, caller.subject());
        var decided =
                new Approval.Decided(
                        null,
                        decision instanceof Decision.Approve,
                        approver,
                        ApprovalBy.ANOTHER,
                        clock.instant(),
                        words(decision),
                        null);
        if (!begin(key, decided)) {
            throw decidedBefore().exception();
        }
        boolean told =
                log.tellSigned(
                        EventId.next(),
                        caller.tenant(),
                        null,
                        event(approval, approver, decision),
                        approvalKeys.id(),
                        approvalKeys.signing());
        if (!told) {
            // the broker may have it all the same: then it is in the log in a moment
            forget(key);
            throw new AuditException(
                    AuditProblem.DECISION_NOT_RECORDED,
                    "the log did not acknowledge your decision in time: look in a moment whether it is there, and decide again if it is not");
        }
        return require(caller, id);
    }

    private static Payload event(Approval approval, Principal approver, Decision decision) {
        String id = approval.id().toString();
        return switch (decision) {
            case Decision.Approve(var note) ->
                    new ApprovalGranted(id, approver, approval.asked().effectDigest(), note);
            case Decision.Deny(var reason) -> new ApprovalDenied(id, approver, reason);
        };
    }

    private static @Nullable String words(Decision decision) {
        return switch (decision) {
            case Decision.Approve(var note) -> note;
            case Decision.Deny(var reason) -> reason;
        };
    }

    private AuditException refused(Caller caller, String address, Obstacle obstacle) {
        boolean tried =
                obstacle.problem() == AuditProblem.APPROVAL_OWN
                        || obstacle.problem() == AuditProblem.NOT_AN_APPROVER;
        if (tried && !access.tellRefused(caller, address, obstacle.problem().code())) {
            return new AuditException(
                    AuditProblem.READ_NOT_RECORDED,
                    "the log cannot be written just now, so nothing is decided: try again");
        }
        return obstacle.exception();
    }

    /** What keeps the caller from this decision. */
    private Optional<Obstacle> obstacle(Caller caller, Approval approval, Decision decision) {
        boolean approve = decision instanceof Decision.Approve;
        var broken = rules(caller, approval, approve);
        if (broken.isPresent()) {
            return broken;
        }
        if (keys == null || !keys.isRegistered(registry.get())) {
            return Optional.of(unavailable());
        }
        return approve ? unseen(caller, approval) : Optional.empty();
    }

    /** Who may decide, and when; the same is asked again by each gateway. */
    private static Optional<Obstacle> rules(Caller caller, Approval approval, boolean approve) {
        var asked = approval.asked();
        if (approval.isOf(caller.subject())) {
            return no(
                    AuditProblem.APPROVAL_OWN,
                    asked.by() == ApprovalBy.CONFIRM
                            ? "you confirm this by sending the call again with the approval's id"
                            : "you asked for this yourself: another person has to decide");
        }
        if (asked.by() == ApprovalBy.CONFIRM) {
            return no(
                    AuditProblem.APPROVAL_BY_CALLER,
                    "who asked for this confirms it: nobody else has to decide");
        }
        if (!approval.isFor(caller.subject())) {
            return no(
                    AuditProblem.NOT_AN_APPROVER,
                    "the rule names who may decide on this, and you are not among them");
        }
        if (!caller.scopes().contains(Scope.AUDIT_APPROVE)) {
            return no(
                    AuditProblem.INSUFFICIENT_SCOPE,
                    "deciding needs a token with the scope " + Scope.AUDIT_APPROVE.wire());
        }
        var state = state(approval, approve);
        if (state.isPresent()) {
            return state;
        }
        return approval.isDecidedBy(caller.subject())
                ? Optional.of(decidedBefore())
                : Optional.empty();
    }

    private static Optional<Obstacle> state(Approval approval, boolean approve) {
        return switch (approval.state()) {
            case OPEN -> Optional.empty();
            case GRANTED ->
                    approve
                            ? no(
                                    AuditProblem.APPROVAL_GRANTED,
                                    "as many people as are needed have allowed it already")
                            : Optional.empty();
            case DENIED -> no(AuditProblem.APPROVAL_DENIED, "somebody refused it already");
            case EXPIRED ->
                    no(
                            AuditProblem.APPROVAL_EXPIRED,
                            "its time was over at " + approval.asked().expires());
            case USED -> no(AuditProblem.APPROVAL_USED, "a call ran by it already");
        };
    }

    /** What is not sure, or cannot be seen, can be refused and not allowed. */
    private Optional<Obstacle> unseen(Caller caller, Approval approval) {
        String requester = approval.asked().requester().subject();
        if (registry.get().suspension(caller.tenant(), requester).isPresent()) {
            return no(
                    AuditProblem.REQUESTER_SUSPENDED,
                    "who asked for this is suspended: the call could not run");
        }
        if (!approval.proved()) {
            return no(
                    AuditProblem.APPROVAL_UNPROVED,
                    "the request is not signed by a gateway whose key the registry has");
        }
        return opened(approval).isEmpty()
                ? no(
                        AuditProblem.APPROVAL_UNREADABLE,
                        "the statement and its effect cannot be opened, and nobody allows what cannot be seen")
                : Optional.empty();
    }

    private static Obstacle decidedBefore() {
        return new Obstacle(AuditProblem.APPROVAL_DECIDED, "you decided on this already");
    }

    private static Obstacle unavailable() {
        return new Obstacle(
                AuditProblem.APPROVALS_UNAVAILABLE,
                "this service has no key for approvals that the registry knows: ask your administrator");
    }

    private static Optional<Obstacle> no(AuditProblem problem, String message) {
        return Optional.of(new Obstacle(problem, message));
    }

    private Optional<Shown> opened(Approval approval) {
        return keys == null
                ? Optional.empty()
                : keys.open(approval.event(), approval.asked(), registry.get());
    }

    private static boolean seesAll(Caller caller) {
        return caller.scopes().stream().anyMatch(READERS::contains);
    }

    /** The rows are the tenant's data: reading the log is not enough to see them. */
    private static boolean mayBeShown(Caller caller, Approval approval) {
        return approval.isOf(caller.subject())
                || (approval.isFor(caller.subject())
                        && caller.scopes().contains(Scope.AUDIT_APPROVE));
    }

    private static boolean isVisible(Caller caller, Approval approval) {
        return seesAll(caller)
                || approval.isOf(caller.subject())
                || approval.isFor(caller.subject());
    }

    private Approval require(Caller caller, EventId id) {
        var found = reader.approvals(caller.tenant(), List.of(id), registry.get(), clock.instant());
        Long altered = found.altered().get(id);
        if (altered != null && seesAll(caller)) {
            throw new AuditException(
                    AuditProblem.LOG_INCONSISTENT,
                    "entry "
                            + altered
                            + ", which asked for this approval, is not what was logged: nothing is decided by it");
        }
        var approval = found.approvals().get(id);
        if (approval == null || !isVisible(caller, approval)) {
            throw new AuditException(
                    AuditProblem.APPROVAL_UNKNOWN,
                    "there is no such approval, or it is not in the log yet: it is there a moment after it was asked for");
        }
        return withPending(caller.tenant(), approval);
    }

    /** The approval with what is acknowledged and not in the log yet. */
    private Approval withPending(TenantId tenant, Approval approval) {
        var decisions = new ArrayList<>(approval.decisions());
        synchronized (pending) {
            for (String approver : approval.asked().approvers()) {
                var key = new PendingKey(tenant, approval.id(), approver);
                var decided = pending.get(key);
                if (decided == null) {
                    continue;
                }
                if (approval.isDecidedBy(approver)) {
                    pending.remove(key);
                } else {
                    decisions.add(decided);
                }
            }
        }
        return new Approval(
                approval.index(),
                approval.stage(),
                approval.event(),
                approval.asked(),
                approval.proved(),
                decisions,
                approval.uses(),
                approval.altered(),
                approval.now());
    }

    /** Two requests of one person are not both taken, though neither is in the log yet. */
    private boolean begin(PendingKey key, Approval.Decided decided) {
        synchronized (pending) {
            if (pending.size() >= PENDING_MAX) {
                pending.remove(pending.keySet().iterator().next());
            }
            return pending.putIfAbsent(key, decided) == null;
        }
    }

    private void forget(PendingKey key) {
        synchronized (pending) {
            pending.remove(key);
        }
    }
}
