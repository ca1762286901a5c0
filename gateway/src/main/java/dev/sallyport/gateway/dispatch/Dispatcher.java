package dev.sallyport.gateway.dispatch;

import dev.sallyport.gateway.dispatch.Dispatched.Answered;
import dev.sallyport.gateway.dispatch.Dispatched.CellBusy;
import dev.sallyport.gateway.dispatch.Dispatched.CellDeserted;
import dev.sallyport.gateway.dispatch.Dispatched.DeadlineExceeded;
import dev.sallyport.gateway.dispatch.Dispatched.LogUnavailable;
import dev.sallyport.gateway.dispatch.Dispatched.ResultDropped;
import dev.sallyport.gateway.dispatch.Dispatched.TooLarge;
import dev.sallyport.gateway.dispatch.Dispatched.Withdrawn;
import dev.sallyport.gateway.gate.Decision.Allowed;
import dev.sallyport.gateway.reply.Replies;
import dev.sallyport.gateway.reply.Waiting;
import dev.sallyport.gateway.statement.Statement;
import dev.sallyport.gateway.tool.Call;
import dev.sallyport.schema.SchemaException;
import dev.sallyport.schema.event.CallAuthorized;
import dev.sallyport.schema.event.CallWithdrawn;
import dev.sallyport.schema.event.Event;
import dev.sallyport.schema.event.EventCodec;
import dev.sallyport.schema.event.LiteralFeatures;
import dev.sallyport.schema.event.Payload;
import dev.sallyport.schema.id.CellId;
import dev.sallyport.schema.id.EventId;
import dev.sallyport.schema.registry.Keyring;
import dev.sallyport.schema.registry.Registry;
import dev.sallyport.schema.registry.Scope;
import dev.sallyport.schema.reply.Reply;
import dev.sallyport.schema.seal.DataKey;
import dev.sallyport.schema.sign.EventSignature;
import dev.sallyport.schema.sign.SigningKey;
import dev.sallyport.schema.topic.Topics;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
import org.apache.kafka.common.KafkaException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Publishes commands and awaits their replies. A command that the log did not acknowledge is not
 * awaited, and one that may still reach the log afterwards carries the deadline after which no
 * executor starts it.
 */
public final class Dispatcher {

    private static final Logger LOG = LoggerFactory.getLogger(Dispatcher.class);

    private final EventLog log;
    private final Replies replies;
    private final Cells cells;
    private final Keyring keyring;
    private final SigningKey signingKey;
    private final InstantSource clock;
    private final Duration answerWithin;

    public Dispatcher(
            EventLog log,
            Replies replies,
            Cells cells,
            Keyring keyring,
            SigningKey signingKey,
            InstantSource clock,
            Duration answerWithin) {
        this.log = log;
        this.replies = replies;
        this.cells = cells;
        this.keyring = keyring;
        this.signingKey = signingKey;
        this.clock = clock;
        this.answerWithin = answerWithin;
    }

    /**
     * Runs the call on an executor of the cell, and waits for its reply as long as is left of the
     * call's time, of which the request has had a part.
     *
     * @param order what is done with its transaction
     * @param registry what the gate decided by
     * @param late told of a reply that comes when nobody waits for it any more, once at the most
     * @throws SchemaException {@code data_key_missing} if the tenant has no data key to seal with
     */
    public Dispatched dispatch(
            Call call,
            Allowed allowed,
            Order order,
            CellId cell,
            Registry registry,
            Consumer<Reply> late) {
        if (cells.isDeserted(cell)) {
            return new CellDeserted();
        }
        if (!call.inbound().place().waitsFor(cell)) {
            return new CellBusy();
        }
        DataKey key = keyring.newest(registry, call.tenant());
        Duration within = answerWithin.minus(call.inbound().place().since());
        byte[] signed;
        try {
            signed = signed(call, allowed, order, registry.version(), key, within);
        } catch (SchemaException e) {
            if (e.code().equals("event_too_large")) {
                return new TooLarge();
            }
            throw e;
        }
        try (Waiting waiting = replies.expect(call.id(), key, call.inbound().place(), late)) {
            log.command(
                    Topics.commands(cell),
                    call.tenant(),
                    signed,
                    (_, failure) -> {
                        if (failure != null) {
                            waiting.notPublished(failure);
                        }
                    });
            return switch (waiting.await(within, call.inbound().presence())) {
                case Waiting.Arrived.Whole(var reply) -> new Answered(reply);
                case Waiting.Arrived.Dropped(var bytes) -> new ResultDropped(bytes);
                case Waiting.Arrived.Unwanted(var reason) -> {
                    withdraw(call, cell, reason);
                    yield new Withdrawn();
                }
            };
        } catch (ExecutionException | KafkaException e) {
            LOG.atWarn()
                    .addKeyValue("callId", call.id())
                    .setCause(e)
                    .log("the log took no command");
            return new LogUnavailable();
        } catch (TimeoutException e) {
            LOG.atInfo().addKeyValue("callId", call.id()).log("no reply by the deadline");
            return new DeadlineExceeded();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return new DeadlineExceeded();
        }
    }

    /** Tells the executor, and does not wait for the log: what is not told runs to its deadline. */
    private void withdraw(Call call, CellId cell, CallWithdrawn.Reason reason) {
        LOG.atInfo()
                .addKeyValue("callId", call.id())
                .addKeyValue("reason", reason.wire())
                .log("nobody waits for a call: it is withdrawn");
        byte[] signed =
                signed(
                        call,
                        EventId.withdrawnOf(call.id()),
                        clock.instant(),
                        new CallWithdrawn(call.id(), call.principal(), reason));
        log.command(
                Topics.commands(cell),
                call.tenant(),
                signed,
                (_, failure) -> {
                    if (failure != null) {
                        LOG.atWarn()
                                .addKeyValue("callId", call.id())
                                .setCause(failure)
                                .log("a call was not withdrawn: the log did not take it");
                    }
                });
    }

    private byte[] signed(
            Call call,
            Allowed allowed,
            Order order,
            long registryVersion,
            DataKey key,
            Duration within) {
        Instant now = clock.instant();
        EventId id = EventId.commandOf(call.id());
        Statement statement = call.statement();
        byte[] arguments = call.tool().instruction(call.arguments()).encode();
        var data =
                new CallAuthorized(
                        call.id(),
                        call.principal(),
                        call.tool().name(),
                        allowed.database().name(),
                        allowed.statementClass(),
                        order.access(),
                        order.approval(),
                        order.effectDigest(),
                        statement == null ? List.of() : statement.tables(),
                        statement == null ? List.of() : statement.columns(),
                        allowed.scopes().stream().map(Scope::wire).sorted().toList(),
                        statement == null ? null : statement.fingerprint(),
                        statement == null ? LiteralFeatures.NONE : statement.literals(),
                        allowed.limits(),
                        now.plus(within),
                        registryVersion,
                        replies.address(),
                        key.seal(arguments, id, "arguments"));
        return signed(call, id, now, data);
    }

    private byte[] signed(Call call, EventId id, Instant now, Payload data) {
        var event =
                new Event<>(
                        id,
                        log.signals().source(),
                        now,
                        call.tenant(),
                        call.trace(),
                        log.gateway(),
                        data);
        return EventSignature.sign(EventCodec.encode(event), signingKey);
    }
}
