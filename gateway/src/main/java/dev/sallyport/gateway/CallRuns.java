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
import dev.sallyport.gateway.dispatch.Order;
import dev.sallyport.gateway.gate.Decision.Allowed;
import dev.sallyport.gateway.limit.Reservation;
import dev.sallyport.gateway.limit.Reserved;
import dev.sallyport.gateway.protocol.Busy;
import dev.sallyport.gateway.protocol.ErrorCode;
import dev.sallyport.gateway.protocol.Limited;
import dev.sallyport.gateway.protocol.Outcome;
import dev.sallyport.gateway.protocol.Refusal;
import dev.sallyport.gateway.protocol.ToolResult;
import dev.sallyport.gateway.tool.Call;
import dev.sallyport.schema.SchemaException;
import dev.sallyport.schema.event.Ended;
import dev.sallyport.schema.id.CellId;
import dev.sallyport.schema.registry.Registry;
import dev.sallyport.schema.registry.Tenant;
import dev.sallyport.schema.reply.Reply;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * Runs calls that may run: holds them against what their callers may take, sends the command, and
 * waits for what comes of it.
 */
final class CallRuns {

    private static final byte[] NO_RESULT = "{}".getBytes(StandardCharsets.US_ASCII);
    private static final String CALL_TOO_LARGE = "call_too_large";
    private static final String LOG_UNAVAILABLE =
            "The audit log did not acknowledge the call, and nothing runs unlogged. Look the call up under this id before"
                    + " you repeat a write: where only the acknowledgement was lost, it may run";
    private static final String DEADLINE_EXCEEDED =
            "There was no answer by the deadline; how the call ends stands in the audit log under this id";
    private static final String RESULT_DROPPED = "result_dropped";
    private static final String TOO_LARGE =
            "The statement and its parameters are too large for one event of the log: split the work";

    private final Dispatcher dispatcher;
    private final CallLimits limits;
    private final RefusedCalls refused;

    CallRuns(Dispatcher dispatcher, CallLimits limits, RefusedCalls refused) {
        this.dispatcher = dispatcher;
        this.limits = limits;
        this.refused = refused;
    }

    /** What became of a call. */
    sealed interface Ran {
        /**
         * An executor answered.
         *
         * @param notes what the caller should know of how its request was understood
         */
        record Replied(Reply reply, List<String> notes) implements Ran {
            public Replied {
                notes = List.copyOf(notes);
            }
        }

        /** No executor did; this is what the caller is told. */
        record Unanswered(Outcome outcome) implements Ran {}
    }

    /**
     * Runs the call.
     *
     * @param order what is done with its transaction
     * @param registryThen what the gate decided by
     * @throws SchemaException if the tenant's keys are not in order; nothing was published
     */
    Ran run(Call call, Allowed allowed, Order order, Registry registryThen) {
        Optional<Tenant> tenant = registryThen.tenant(call.tenant());
        if (tenant.isEmpty()) {
            return refused(
                    call,
                    Refusal.toModel("tenant_unknown", "The tenant is gone from the registry"));
        }
        Optional<Refusal> tooFast = limits.paceDestroying(call);
        if (tooFast.isPresent()) {
            return refused(call, tooFast.get());
        }
        Reserved reserved = limits.reserve(call, allowed.limits());
        Optional<Refusal> refusal = CallLimits.refusal(reserved);
        if (refusal.isPresent() || !(reserved instanceof Reserved.Held held)) {
            return refused(call, refusal.orElseGet(Limited::unavailable));
        }
        try {
            return run(call, allowed, order, held, tenant.get().cell(), registryThen);
        } catch (SchemaException e) {
            // nothing was published
            held.reservation().giveBack();
            throw e;
        }
    }

    private Ran run(
            Call call,
            Allowed allowed,
            Order order,
            Reserved.Held held,
            CellId cell,
            Registry registryThen) {
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
            return refused(call, Limited.unavailable());
        }
        Dispatched dispatched =
                dispatcher.dispatch(
                        call, within, order, cell, registryThen, late -> settle(reservation, late));
        switch (dispatched) {
            case Answered(var reply) -> settle(reservation, reply);
            case CellBusy _, CellDeserted _, TooLarge _ -> reservation.giveBack();
            // whether and how it ran is not known yet: it keeps what it has until that is told
            case LogUnavailable _, DeadlineExceeded _, Withdrawn _, ResultDropped _ -> {}
        }
        return switch (dispatched) {
            case Answered(var reply) ->
                    new Ran.Replied(
                            reply,
                            Stream.concat(
                                            lowered(call, allowed).stream(),
                                            CallLimits.lowered(held).stream())
                                    .toList());
            case LogUnavailable() -> failed(call, ErrorCode.LOG_UNAVAILABLE, LOG_UNAVAILABLE);
            case DeadlineExceeded() -> failed(call, ErrorCode.DEADLINE_EXCEEDED, DEADLINE_EXCEEDED);
            case Withdrawn() -> new Ran.Unanswered(new Outcome.Unheard());
            case CellBusy() -> refused(call, Busy.cell());
            case CellDeserted() -> refused(call, Busy.noExecutor());
            case ResultDropped(var bytes) ->
                    new Ran.Unanswered(
                            new Outcome.Refused(
                                    Refusal.toModel(
                                            RESULT_DROPPED,
                                            ("The call ran, and how it ended stands in the audit log under this id; there was no room for its result of %d bytes"
                                                            + " beside your organisation's other calls. Do not repeat a write. Repeat a read with fewer rows or columns, or with fewer calls at once")
                                                    .formatted(bytes)),
                                    call.id()));
            case TooLarge() -> refused(call, Refusal.toModel(CALL_TOO_LARGE, TOO_LARGE));
        };
    }

    /** A call whose outcome nobody can tell keeps what it has. */
    private static void settle(Reservation reservation, Reply reply) {
        if (reply.ended() != Ended.UNKNOWN) {
            reservation.settle(reply.rows(), reply.result().length);
        }
    }

    private Ran refused(Call call, Refusal refusal) {
        return new Ran.Unanswered(refused.answer(call, refusal));
    }

    private static Ran failed(Call call, ErrorCode code, String message) {
        return new Ran.Unanswered(
                new Outcome.Refused(
                        Refusal.of(code, message).with("call", call.id().toString()), call.id()));
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

    /** What the caller is told. */
    static Outcome outcome(Call call, Ran ran) {
        return switch (ran) {
            case Ran.Replied(var reply, var notes) -> answered(call, reply, notes);
            case Ran.Unanswered(var outcome) -> outcome;
        };
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
}
