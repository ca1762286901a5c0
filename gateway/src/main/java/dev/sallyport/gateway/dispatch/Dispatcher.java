package dev.sallyport.gateway.dispatch;

import dev.sallyport.gateway.dispatch.Dispatched.Answered;
import dev.sallyport.gateway.dispatch.Dispatched.DeadlineExceeded;
import dev.sallyport.gateway.dispatch.Dispatched.LogUnavailable;
import dev.sallyport.gateway.dispatch.Dispatched.Overloaded;
import dev.sallyport.gateway.dispatch.Dispatched.TooLarge;
import dev.sallyport.gateway.reply.Replies;
import dev.sallyport.gateway.reply.Waiting;
import dev.sallyport.gateway.statement.Statement;
import dev.sallyport.schema.SchemaException;
import dev.sallyport.schema.event.CallAuthorized;
import dev.sallyport.schema.event.Event;
import dev.sallyport.schema.event.EventCodec;
import dev.sallyport.schema.event.LiteralFeatures;
import dev.sallyport.schema.id.CellId;
import dev.sallyport.schema.id.EventId;
import dev.sallyport.schema.json.Json;
import dev.sallyport.schema.registry.Keyring;
import dev.sallyport.schema.registry.Registry;
import dev.sallyport.schema.registry.Scope;
import dev.sallyport.schema.seal.DataKey;
import dev.sallyport.schema.sign.EventSignature;
import dev.sallyport.schema.sign.SigningKey;
import dev.sallyport.schema.topic.Topics;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeoutException;
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
    private final Keyring keyring;
    private final SigningKey signingKey;
    private final InstantSource clock;
    private final Duration answerWithin;
    private final Semaphore places;

    public Dispatcher(
            EventLog log,
            Replies replies,
            Keyring keyring,
            SigningKey signingKey,
            InstantSource clock,
            Duration answerWithin,
            int callsInFlightMax) {
        this.log = log;
        this.replies = replies;
        this.keyring = keyring;
        this.signingKey = signingKey;
        this.clock = clock;
        this.answerWithin = answerWithin;
        this.places = new Semaphore(callsInFlightMax);
    }

    /**
     * Runs the command on an executor of the cell.
     *
     * @throws SchemaException {@code data_key_missing} if the tenant has no data key to seal with
     */
    public Dispatched dispatch(Command command, CellId cell, Registry registry) {
        if (!places.tryAcquire()) {
            return new Overloaded();
        }
        try {
            return publishAndAwait(command, cell, registry);
        } finally {
            places.release();
        }
    }

    private Dispatched publishAndAwait(Command command, CellId cell, Registry registry) {
        DataKey key = keyring.newest(registry, command.tenant());
        byte[] signed;
        try {
            signed = signed(command, key);
        } catch (SchemaException e) {
            if (e.code().equals("event_too_large")) {
                return new TooLarge();
            }
            throw e;
        }
        try (Waiting waiting = replies.expect(command.call(), key)) {
            log.command(
                    Topics.commands(cell),
                    command.tenant(),
                    signed,
                    (_, failure) -> {
                        if (failure != null) {
                            waiting.notPublished(failure);
                        }
                    });
            return new Answered(waiting.await(answerWithin));
        } catch (ExecutionException | KafkaException e) {
            LOG.atWarn()
                    .addKeyValue("callId", command.call())
                    .setCause(e)
                    .log("the log took no command");
            return new LogUnavailable();
        } catch (TimeoutException e) {
            LOG.atInfo().addKeyValue("callId", command.call()).log("no reply by the deadline");
            return new DeadlineExceeded();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return new DeadlineExceeded();
        }
    }

    private byte[] signed(Command command, DataKey key) {
        Instant now = clock.instant();
        EventId id = EventId.commandOf(command.call());
        Statement statement = command.statement();
        byte[] arguments = Json.mapper().writeValueAsBytes(command.arguments());
        var data =
                new CallAuthorized(
                        command.call(),
                        command.principal(),
                        command.tool(),
                        command.allowed().database().name(),
                        command.allowed().statementClass(),
                        statement == null ? List.of() : statement.tables(),
                        statement == null ? List.of() : statement.columns(),
                        command.allowed().scopes().stream().map(Scope::wire).sorted().toList(),
                        statement == null ? null : statement.fingerprint(),
                        statement == null ? LiteralFeatures.NONE : statement.literals(),
                        command.allowed().limits(),
                        now.plus(answerWithin),
                        command.registryVersion(),
                        replies.address(),
                        key.seal(arguments, id, "arguments"));
        var event =
                new Event<>(
                        id,
                        log.signals().source(),
                        now,
                        command.tenant(),
                        command.trace(),
                        log.gateway(),
                        data);
        return EventSignature.sign(EventCodec.encode(event), signingKey);
    }
}
