package dev.sallyport.gateway;

import dev.sallyport.gateway.dispatch.Dispatched;
import dev.sallyport.gateway.dispatch.Dispatched.Answered;
import dev.sallyport.gateway.dispatch.Dispatched.CellBusy;
import dev.sallyport.gateway.dispatch.Dispatched.CellDeserted;
import dev.sallyport.gateway.dispatch.Dispatched.DeadlineExceeded;
import dev.sallyport.gateway.dispatch.Dispatched.LogUnavailable;
import dev.sallyport.gateway.dispatch.Dispatched.ResultDropped;
import dev.sallyport.gateway.dispatch.Dispatched.TooLarge;
import dev.sallyport.gateway.dispatch.Dispatched.Withdrawn;
import dev.sallyport.gateway.dispatch.Dispatcher;
import dev.sallyport.gateway.gate.Decision.Allowed;
import dev.sallyport.gateway.gate.Decision.AllowedHere;
import dev.sallyport.gateway.gate.Decision.Refused;
import dev.sallyport.gateway.gate.Gate;
import dev.sallyport.gateway.limit.Reservation;
import dev.sallyport.gateway.limit.Reserved;
import dev.sallyport.gateway.protocol.Busy;
import dev.sallyport.gateway.protocol.ErrorCode;
import dev.sallyport.gateway.protocol.Limited;
import dev.sallyport.gateway.protocol.Outcome;
import dev.sallyport.gateway.protocol.Refusal;
import dev.sallyport.gateway.protocol.Request;
import dev.sallyport.gateway.protocol.ToolResult;
import dev.sallyport.gateway.statement.Dialects;
import dev.sallyport.gateway.tool.Arguments;
import dev.sallyport.gateway.tool.Call;
import dev.sallyport.gateway.tool.Tool;
import dev.sallyport.gateway.tool.Tools;
import dev.sallyport.schema.SchemaException;
import dev.sallyport.schema.event.Ended;
import dev.sallyport.schema.event.Limits;
import dev.sallyport.schema.id.CellId;
import dev.sallyport.schema.id.DatabaseName;
import dev.sallyport.schema.registry.Database;
import dev.sallyport.schema.registry.Registry;
import dev.sallyport.schema.registry.Rights.Opened;
import dev.sallyport.schema.registry.Tenant;
import dev.sallyport.schema.reply.Reply;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/**
 * Tools from call to answer: check the arguments, look the database up, read the statement as it
 * does, ask the gate, and either answer with a refusal that the log has taken, or send the command
 * and pass on its result.
 */
final class ToolCalls {

    private static final Logger LOG = LoggerFactory.getLogger(ToolCalls.class);
    private static final ObjectNode NONE = JsonNodeFactory.instance.objectNode();
    private static final Limits NOTHING_OF_A_DATABASE = new Limits(1, 1, 1);
    private static final byte[] NO_RESULT = "{}".getBytes(StandardCharsets.US_ASCII);
    private static final String ARGUMENTS_INVALID = "arguments_invalid";
    private static final String CALL_TOO_LARGE = "call_too_large";
    private static final String LOG_UNAVAILABLE =
            "The audit log did not acknowledge the call, and nothing runs unlogged. Look the call up under this id before"
                    + " you repeat a write: where only the acknowledgement was lost, it may run";
    private static final String DEADLINE_EXCEEDED =
            "There was no answer by the deadline; how the call ends stands in the audit log under this id";
    private static final String RESULT_DROPPED = "result_dropped";
    private static final String TOO_LARGE =
            "The statement and its parameters are too large for one event of the log: split the work";

    private final Gate gate;
    private final Tools tools;
    private final Dialects dialects;
    private final Supplier<Registry> registry;
    private final Dispatcher dispatcher;
    private final DatabaseList databases;
    private final CallLimits limits;
    private final RefusedCalls refused;

    ToolCalls(
            Gate gate,
            Tools tools,
            Dialects dialects,
            Supplier<Registry> registry,
            Dispatcher dispatcher,
            DatabaseList databases,
            CallLimits limits,
            RefusedCalls refused) {
        this.gate = gate;
        this.tools = tools;
        this.dialects = dialects;
        this.registry = registry;
        this.dispatcher = dispatcher;
        this.databases = databases;
        this.limits = limits;
        this.refused = refused;
    }

    Outcome call(Request request) {
        JsonNode name = request.params().get("name");
        Optional<Tools.Ready> tool =
                name != null && name.isString() ? tools.find(name.stringValue()) : Optional.empty();
        Tool called = tool.map(Tools.Ready::tool).orElse(Tool.UNKNOWN);
        Optional<Refusal> tooFast = limits.pace(request, called);
        if (tooFast.isPresent()) {
            return refused.answer(Call.of(request, called, NONE), tooFast.get());
        }
        if (name == null || !name.isString()) {
            return Outcome.refused(
                    ErrorCode.PARAMS_INVALID, "Method tools/call needs params.name, a string");
        }
        JsonNode given = request.params().get("arguments");
        if (tool.isEmpty() || !gate.knows(called, request.caller(), registry.get())) {
            return refused.answer(Call.of(request, called, NONE), Gate.NO_SUCH_TOOL);
        }
        if (given != null && !given.isNull() && !given.isObject()) {
            return Outcome.refused(
                    ErrorCode.PARAMS_INVALID,
                    given.isString()
                            ? "params.arguments must be an object and came as text: send the object itself"
                            : "params.arguments must be an object");
        }
        Arguments arguments =
                tool.get().arguments(given instanceof ObjectNode object ? object : NONE);
        Optional<String> problem = tool.get().problem(arguments);
        Outcome outcome =
                problem.isPresent()
                        ? refused(
                                Call.of(request, tool.get().tool(), NONE),
                                ARGUMENTS_INVALID,
                                tool.get().tool().name() + ": " + problem.get())
                        : decided(Call.of(request, tool.get().tool(), arguments.taken()));
        return arguments.ignored().isEmpty()
                ? outcome
                : outcome.noted(
                        "arguments without meaning here were ignored: "
                                + String.join(", ", arguments.ignored()));
    }

    private Outcome decided(Call asked) {
        Registry now = registry.get();
        Call call = lookedUp(asked, now);
        try {
            return switch (gate.decide(call, now)) {
                case AllowedHere(var reachable) -> listed(call, reachable, now);
                case Allowed allowed -> run(call, allowed, now);
                case Refused(var refusal) -> refused.answer(call, refusal);
            };
        } catch (SchemaException e) {
            // The tenant's keys are not in order: nothing was published.
            LOG.atError()
                    .addKeyValue("callId", call.id())
                    .addKeyValue("tenant", call.tenant())
                    .setCause(e)
                    .log("a call could not be written down");
            return refused(
                    call,
                    e.code(),
                    "The tenant's keys are not in order: its administrator can mend it");
        }
    }

    /** The call in its database, whose dialect says what the statement is. */
    private Call lookedUp(Call call, Registry now) {
        DatabaseName name = call.named();
        Optional<Opened> opened =
                name == null
                        ? Optional.empty()
                        : now.rights(call.tenant(), call.caller().subject()).in(name);
        if (opened.isEmpty()) {
            return call;
        }
        String sql = call.tool().sql(call.arguments());
        return call.in(opened.get(), sql == null ? null : dialects.read(sql, opened.get()));
    }

    /** Listing databases takes a call of a budget, and nothing of a database. */
    private Outcome listed(Call call, List<Database> reachable, Registry registryThen) {
        Reserved reserved = limits.reserve(call, NOTHING_OF_A_DATABASE);
        Optional<Refusal> refusal = CallLimits.refusal(reserved);
        if (refusal.isPresent() || !(reserved instanceof Reserved.Held held)) {
            return refused.answer(call, refusal.orElseGet(Limited::unavailable));
        }
        held.reservation().settle(0, 0);
        return databases.answer(call, reachable, registryThen);
    }

    private Outcome run(Call call, Allowed allowed, Registry registryThen) {
        Optional<Tenant> tenant = registryThen.tenant(call.tenant());
        if (tenant.isEmpty()) {
            return refused(call, "tenant_unknown", "The tenant is gone from the registry");
        }
        Optional<Refusal> tooFast = limits.paceDestroying(call);
        if (tooFast.isPresent()) {
            return refused.answer(call, tooFast.get());
        }
        Reserved reserved = limits.reserve(call, allowed.limits());
        Optional<Refusal> refusal = CallLimits.refusal(reserved);
        if (refusal.isPresent() || !(reserved instanceof Reserved.Held held)) {
            return refused.answer(call, refusal.orElseGet(Limited::unavailable));
        }
        try {
            return run(call, allowed, held, tenant.get().cell(), registryThen);
        } catch (SchemaException e) {
            // nothing was published
            held.reservation().giveBack();
            throw e;
        }
    }

    private Outcome run(
            Call call, Allowed allowed, Reserved.Held held, CellId cell, Registry registryThen) {
        Reservation reservation = held.reservation();
        Allowed within =
                new Allowed(
                        allowed.database(),
                        allowed.statementClass(),
                        held.limits(),
                        allowed.scopes());
        if (!reservation.mayRun()) {
            // its lease ended meanwhile, and others may have been given what it had
            reservation.giveBack();
            return refused.answer(call, Limited.unavailable());
        }
        Dispatched dispatched =
                dispatcher.dispatch(
                        call, within, cell, registryThen, late -> settle(reservation, late));
        switch (dispatched) {
            case Answered(var reply) -> settle(reservation, reply);
            case CellBusy _, CellDeserted _, TooLarge _ -> reservation.giveBack();
            // whether and how it ran is not known yet: it keeps what it has until that is told
            case LogUnavailable _, DeadlineExceeded _, Withdrawn _, ResultDropped _ -> {}
        }
        return switch (dispatched) {
            case Answered(var reply) ->
                    answered(
                            call,
                            reply,
                            Stream.concat(
                                            lowered(call, allowed).stream(),
                                            CallLimits.lowered(held).stream())
                                    .toList());
            case LogUnavailable() -> failed(call, ErrorCode.LOG_UNAVAILABLE, LOG_UNAVAILABLE);
            case DeadlineExceeded() -> failed(call, ErrorCode.DEADLINE_EXCEEDED, DEADLINE_EXCEEDED);
            case Withdrawn() -> new Outcome.Unheard();
            case CellBusy() -> refused.answer(call, Busy.cell());
            case CellDeserted() -> refused.answer(call, Busy.noExecutor());
            case ResultDropped(var bytes) ->
                    new Outcome.Refused(
                            Refusal.toModel(
                                    RESULT_DROPPED,
                                    ("The call ran, and how it ended stands in the audit log under this id; there was no room for its result of %d bytes"
                                                    + " beside your organisation's other calls. Do not repeat a write. Repeat a read with fewer rows or columns, or with fewer calls at once")
                                            .formatted(bytes)),
                            call.id());
            case TooLarge() -> refused(call, CALL_TOO_LARGE, TOO_LARGE);
        };
    }

    /** A call whose outcome nobody can tell keeps what it has. */
    private static void settle(Reservation reservation, Reply reply) {
        if (reply.ended() != Ended.UNKNOWN) {
            reservation.settle(reply.rows(), reply.result().length);
        }
    }

    private Outcome refused(Call call, String code, String message) {
        return refused.answer(call, Refusal.toModel(code, message));
    }

    /** What the caller is told where it asked for more rows than anybody gets there. */
    private static List<String> lowered(Call call, Allowed allowed) {
        int most = allowed.limits().rowsMax();
        return call.rowsWanted() > most
                ? List.of(
                        "limit was lowered to %d, the most rows of one call in this database: for more, continue after the last key that you have"
                                .formatted(most))
                : List.of();
    }

    private static Outcome answered(Call call, Reply reply, List<String> notes) {
        if (reply.ended() == Ended.SUCCEEDED) {
            byte[] result = reply.result();
            return ToolResult.data(result.length == 0 ? NO_RESULT : result, call.id(), notes);
        }
        String code = reply.code();
        String message = reply.message();
        return new Outcome.Told(
                new ToolResult.Failed(
                        code == null ? "call_" + reply.ended().wire() : code,
                        message == null ? "The call ended as " + reply.ended().wire() : message),
                call.id(),
                List.of());
    }

    private static Outcome failed(Call call, ErrorCode code, String message) {
        return new Outcome.Refused(
                Refusal.of(code, message).with("call", call.id().toString()), call.id());
    }
}
