package dev.sallyport.executor.call;

import dev.sallyport.executor.engine.Answer;
import dev.sallyport.executor.intake.Delivery;
import dev.sallyport.executor.outcome.Outcome;
import dev.sallyport.executor.outcome.OutcomePublisher;
import dev.sallyport.executor.result.CardNumbers;
import dev.sallyport.schema.SchemaException;
import dev.sallyport.schema.event.CallAuthorized;
import dev.sallyport.schema.event.CallSettled;
import dev.sallyport.schema.event.Event;
import dev.sallyport.schema.event.Timings;
import dev.sallyport.schema.id.EventId;
import dev.sallyport.schema.reply.Reply;
import dev.sallyport.schema.seal.DataKey;
import java.time.InstantSource;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Tells how calls ended. A delivery counts as settled when the log has acknowledged its outcome,
 * and in no other way: an error here loses the digest or the reply, never the outcome.
 */
final class Settlement {
    private static final Logger LOG = LoggerFactory.getLogger(Settlement.class);

    private final String executor;
    private final Keys keys;
    private final OutcomePublisher outcomes;
    private final InstantSource clock;

    /** The key that sealed a command's arguments. */
    interface Keys {
        /**
         * That key.
         *
         * @throws SchemaException {@code data_key_missing}
         */
        DataKey of(Event<CallAuthorized> command);
    }

    Settlement(String executor, Keys keys, OutcomePublisher outcomes, InstantSource clock) {
        this.executor = executor;
        this.keys = keys;
        this.outcomes = outcomes;
        this.clock = clock;
    }

    /**
     * Publishes the outcome, and does not wait until it is acknowledged. That a call was not done
     * is told only where no other executor may do it: of a write it is noted first ({@link
     * Delivery#noteDecided}), and a call that is lost is left to whoever has it now.
     *
     * @param acknowledged is run once the delivery is settled or left
     */
    void settle(
            Delivery delivery,
            Event<CallAuthorized> command,
            Answer answer,
            Timings timings,
            Runnable acknowledged)
            throws InterruptedException {
        if (answer instanceof Answer.Stopped && !mayBeTold(delivery, command)) {
            LOG.atInfo()
                    .addKeyValue("callId", command.data().call())
                    .log("a call is left to the executor that has its partition now");
            delivery.abandoned();
            acknowledged.run();
            return;
        }
        publish(delivery, command, answer, timings, acknowledged);
    }

    private static boolean mayBeTold(Delivery delivery, Event<CallAuthorized> command)
            throws InterruptedException {
        return Recall.writes(command.data()) ? delivery.noteDecided() : !delivery.isLost();
    }

    private void publish(
            Delivery delivery,
            Event<CallAuthorized> command,
            Answer answer,
            Timings timings,
            Runnable acknowledged) {
        Runnable settled =
                () -> {
                    delivery.settled();
                    acknowledged.run();
                };
        try {
            outcomes.publish(outcome(command, answer, timings, replyKey(command)), settled);
        } catch (RuntimeException e) {
            LOG.atError()
                    .addKeyValue("callId", command.data().call())
                    .setCause(e)
                    .log("an outcome could not be published whole, its bare form is");
            outcomes.publish(outcome(command, answer, timings, null), settled);
        }
    }

    private Outcome outcome(
            Event<CallAuthorized> command, Answer answer, Timings timings, @Nullable DataKey key) {
        return switch (answer) {
            case Answer.Succeeded done ->
                    new Outcome(
                            command,
                            event(command, succeeded(command, done, key, timings)),
                            Reply.succeeded(done.result(), done.rows()),
                            key);
            case Answer.Stopped stopped ->
                    new Outcome(
                            command,
                            event(
                                    command,
                                    CallSettled.stopped(
                                            CallSettled.Asked.by(command.data()),
                                            stopped.ended(),
                                            stopped.code(),
                                            stopped.sqlState(),
                                            timings,
                                            executor)),
                            Reply.failed(
                                    stopped.ended(),
                                    stopped.code(),
                                    new CardNumbers(false).in(stopped.message())),
                            key);
        };
    }

    private CallSettled succeeded(
            Event<CallAuthorized> command,
            Answer.Succeeded done,
            @Nullable DataKey key,
            Timings timings) {
        return CallSettled.succeeded(
                CallSettled.Asked.by(command.data()),
                new CallSettled.Result(
                        done.rows(),
                        done.rowsAffected(),
                        done.result().length,
                        done.truncated(),
                        done.cardNumbersCut(),
                        // keyed, so that nobody can guess a result from its digest
                        key == null ? null : key.digest(done.result()),
                        done.attested()),
                timings,
                executor,
                done.repeated() ? 2 : 1);
    }

    /** Null where the key was erased. */
    private @Nullable DataKey replyKey(Event<CallAuthorized> command) {
        try {
            return keys.of(command);
        } catch (SchemaException e) {
            LOG.atWarn()
                    .addKeyValue("callId", command.data().call())
                    .addKeyValue("code", e.code())
                    .log("an outcome has no digest and no reply");
            return null;
        }
    }

    private Event<CallSettled> event(Event<CallAuthorized> command, CallSettled settled) {
        return Event.of(
                EventId.settledOf(settled.call()),
                "/executor/" + executor,
                clock.instant(),
                command.tenant(),
                command.trace(),
                settled);
    }
}
