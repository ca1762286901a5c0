package dev.sallyport.executor.call;

import dev.sallyport.executor.engine.Answer;
import dev.sallyport.executor.engine.Caller;
import dev.sallyport.executor.engine.Engine;
import dev.sallyport.executor.intake.Delivery;
import dev.sallyport.executor.intake.Past;
import dev.sallyport.schema.event.Access;
import dev.sallyport.schema.event.CallAuthorized;
import dev.sallyport.schema.event.Event;
import dev.sallyport.schema.registry.Database;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.function.Function;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What became of writes that may have run: the ledger knows, whatever speaks against the call now,
 * and calls off what did not run.
 */
final class Recall {
    /**
     * How long after its deadline a call's transaction may still be there: the time to stop it, to
     * close its connection, and to commit.
     */
    private static final Duration ENDS_WITHIN = Duration.ofSeconds(10);

    private static final Logger LOG = LoggerFactory.getLogger(Recall.class);

    private final Function<Database, Engine> engines;
    private final InstantSource clock;

    Recall(Function<Database, Engine> engines, InstantSource clock) {
        this.engines = engines;
        this.clock = clock;
    }

    /**
     * Whether it is a write that another executor may have begun, and may still be about. Before it
     * is told as not done, the ledger is asked, which also keeps the other from committing it.
     */
    static boolean concerns(Delivery delivery, Event<CallAuthorized> event) {
        return delivery.past() != Past.NONE && writes(event.data());
    }

    /**
     * Whether it is a write that may have been told as not done, upon which its caller did
     * something else. It is never begun here.
     */
    static boolean forbidsToRun(Delivery delivery, Event<CallAuthorized> event) {
        return delivery.past() == Past.MAY_HAVE_BEEN_TOLD && writes(event.data());
    }

    /** Whether it may have written: where the command does not say, it may. */
    static boolean writes(CallAuthorized call) {
        return call.access() != Access.READ && call.access() != Access.REHEARSE;
    }

    /** How long a transaction of the call that another executor began may still go on. */
    Duration mayGoOn(CallAuthorized call) {
        Instant now = clock.instant();
        return call.deadline().isAfter(now)
                ? Duration.between(now, call.deadline()).plus(ENDS_WITHIN)
                : ENDS_WITHIN;
    }

    /**
     * What the ledger tells of the write; the caller has a place in the database.
     *
     * @param otherwise the answer where it did not run, and never will
     */
    Answer ask(Event<CallAuthorized> event, Database database, Answer otherwise) {
        try {
            return engines.apply(database)
                    .recall(caller(event), mayGoOn(event.data()))
                    .filter(told -> !isSame(told, otherwise))
                    .orElse(otherwise);
        } catch (RuntimeException e) {
            LOG.atError()
                    .addKeyValue("callId", event.data().call())
                    .setCause(e)
                    .log("a write that may have run cannot be looked up");
            return Answer.untold();
        }
    }

    /** Whether the ledger tells what is known here already, and in more words. */
    private static boolean isSame(Answer told, Answer known) {
        return told instanceof Answer.Stopped(var _, var code, var _, var _)
                && known instanceof Answer.Stopped(var _, var sameCode, var _, var _)
                && code.equals(sameCode);
    }

    static Caller caller(Event<CallAuthorized> event) {
        CallAuthorized call = event.data();
        return new Caller(event.tenant(), call.principal().subject(), call.call());
    }
}
