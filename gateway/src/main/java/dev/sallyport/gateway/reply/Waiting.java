package dev.sallyport.gateway.reply;

import dev.sallyport.gateway.admission.Place;
import dev.sallyport.gateway.protocol.Presence;
import dev.sallyport.schema.SchemaException;
import dev.sallyport.schema.event.CallWithdrawn;
import dev.sallyport.schema.id.CallId;
import dev.sallyport.schema.reply.Reply;
import dev.sallyport.schema.seal.DataKey;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Somebody who waits for the reply to one call. What arrives is opened by the thread that waits, so
 * that the one thread that reads replies for all calls decrypts none.
 */
public final class Waiting implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Waiting.class);

    /** Arrivals that were not looked at yet; executors send one, anything more is a forgery. */
    private static final int ARRIVALS_MAX = 8;

    /** How often it is asked whether somebody waits; calls that take less are never asked of. */
    private static final long LOOK_EVERY_NANOS = Duration.ofMillis(250).toNanos();

    private final Replies replies;
    private final CallId call;
    private final DataKey key;
    private final Place place;
    private final Consumer<Reply> unheard;
    private boolean answered;
    private final BlockingQueue<Arrival> arrivals = new ArrayBlockingQueue<>(ARRIVALS_MAX);

    private sealed interface Arrival {
        @SuppressWarnings("ArrayRecordComponent") // never compared
        record Came(byte[] sealed, long offset) implements Arrival {}

        record NoRoom(int bytes) implements Arrival {}

        record NotPublished(Exception cause) implements Arrival {}
    }

    /** The executor's reply, or what is known of one. */
    public sealed interface Arrived {
        record Whole(Reply reply) implements Arrived {}

        /** Others hold so many results that there was no room for this one. */
        record Dropped(int bytes) implements Arrived {}

        /** There is none yet, and nobody waits for it any more. */
        record Unwanted(CallWithdrawn.Reason reason) implements Arrived {}
    }

    Waiting(Replies replies, CallId call, DataKey key, Place place, Consumer<Reply> unheard) {
        this.replies = replies;
        this.call = call;
        this.key = key;
        this.place = place;
        this.unheard = unheard;
    }

    /** The reader of replies found this for the call. */
    void came(byte[] sealed, long offset) {
        Arrival arrival =
                place.hasRoomFor(sealed.length)
                        ? new Arrival.Came(sealed, offset)
                        : new Arrival.NoRoom(sealed.length);
        if (!arrivals.offer(arrival)) {
            LOG.atError()
                    .addKeyValue("callId", call)
                    .addKeyValue("offset", offset)
                    .log("too many replies to one call: skipped");
        }
    }

    /** Ends the waiting: the log did not take the command. */
    public void notPublished(Exception cause) {
        var _ = arrivals.offer(new Arrival.NotPublished(cause));
    }

    /**
     * The executor's reply. One that was not sealed for this call is skipped and logged: no
     * executor wrote it. One for which there is no room is not looked at, so that a forged one of
     * that size can at most keep the result from its caller.
     *
     * @param presence asked now and then whether somebody waits
     * @throws TimeoutException if there was none in that time
     * @throws ExecutionException if the command was not published
     */
    public Arrived await(Duration within, Presence presence)
            throws InterruptedException, TimeoutException, ExecutionException {
        long until = System.nanoTime() + within.toNanos();
        while (true) {
            long left = until - System.nanoTime();
            switch (arrivals.poll(Math.min(left, LOOK_EVERY_NANOS), TimeUnit.NANOSECONDS)) {
                case null -> {
                    Optional<CallWithdrawn.Reason> ended = presence.ended();
                    if (ended.isPresent()) {
                        return new Arrived.Unwanted(ended.get());
                    }
                    if (left <= LOOK_EVERY_NANOS) {
                        throw new TimeoutException("no reply");
                    }
                }
                case Arrival.NotPublished(var cause) -> throw new ExecutionException(cause);
                case Arrival.NoRoom(var bytes) -> {
                    answered = true;
                    return new Arrived.Dropped(bytes);
                }
                case Arrival.Came(var sealed, var offset) -> {
                    try {
                        Reply reply = Reply.open(sealed, key, call);
                        answered = true;
                        return new Arrived.Whole(reply);
                    } catch (SchemaException e) {
                        LOG.atError()
                                .addKeyValue("callId", call)
                                .addKeyValue("offset", offset)
                                .addKeyValue("code", e.code())
                                .log("a reply that was not sealed for its call was skipped");
                    }
                }
            }
        }
    }

    /** Nobody waits any more. */
    @Override
    public void close() {
        if (answered) {
            replies.forget(call);
            return;
        }
        replies.awaitLate(call, key, unheard);
        // what came between the last look and now is late too
        for (Arrival arrival = arrivals.poll(); arrival != null; arrival = arrivals.poll()) {
            if (arrival instanceof Arrival.Came(var sealed, _)) {
                replies.cameLate(call, sealed);
            }
        }
    }
}
