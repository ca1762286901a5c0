package dev.sallyport.gateway.admission;

import dev.sallyport.gateway.limit.Standing;
import dev.sallyport.schema.id.CellId;
import dev.sallyport.schema.share.Shares;
import dev.sallyport.schema.token.Caller;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The bounds of what is worked on at once. A request has a place from before its body is read until
 * it is answered; within that it may hold memory, and wait for the executors of one cell. Of all
 * three everybody has a share that others cannot take ({@link Shares}): of places and memory each
 * tenant, and within it each principal; of those who wait for executors each cell.
 *
 * <p>Nobody waits for a place: what has none is turned away at once, and has cost the reading of
 * its header and the check of its token. But it may be what gives a place back, a cancellation: so
 * a small message is still looked at ({@link Hearing}), of which everybody has a share too.
 */
public final class Admission {

    /**
     * Heap that a byte of a body may take while it is worked on. Measured: 48 for arrays in arrays
     * as deep as they may nest, of which each costs two bytes and takes 96.
     */
    public static final int HEAP_PER_BODY_BYTE = 50;

    /**
     * The same of a result: itself, and twice each the buffer and the answer made of it, whose text
     * escapes every quote.
     */
    static final int HEAP_PER_RESULT_BYTE = 5;

    /** A result of up to so many bytes is kept in any case: the places bound them. */
    static final int SMALL_RESULT_BYTES = 8_192;

    /** The largest message that is looked at without a place; a cancellation has some 150 bytes. */
    public static final int HEARD_BYTES_MAX = 2_048;

    private static final int PLACES_PER_HEARING = 10;
    private static final int HEARINGS_MIN = 8;

    final Shares<Holder> places;
    final Shares<Holder> memory;
    final Shares<CellId> waiting;
    final Shares<Holder> hearings;
    private final Pace pace;

    /** As the other one, where nobody's calls are counted. */
    public Admission(int requestsMax, long memoryBytesMax) {
        this(requestsMax, memoryBytesMax, Pace.UNCOUNTED);
    }

    /**
     * Nothing is worked on yet.
     *
     * @param requestsMax requests that are worked on at once
     * @param memoryBytesMax heap that bodies and results may take
     * @param pace how fast clients have called
     */
    public Admission(int requestsMax, long memoryBytesMax, Pace pace) {
        this.pace = pace;
        this.places = new Shares<>(requestsMax);
        this.memory = new Shares<>(memoryBytesMax);
        this.waiting = new Shares<>(requestsMax);
        this.hearings = new Shares<>(Math.max(HEARINGS_MIN, requestsMax / PLACES_PER_HEARING));
    }

    /** How fast the client has called; null where that is not counted. */
    public @Nullable Standing standing(Caller caller, String remoteAddress) {
        return pace.of(caller, remoteAddress);
    }

    /** Who holds something: a tenant, or a principal, whose subject then is not empty. */
    record Holder(String tenant, String subject) {
        static List<Holder> of(Caller caller) {
            String tenant = caller.tenant().value();
            return List.of(new Holder(tenant, ""), new Holder(tenant, caller.subject()));
        }
    }

    /** What became of a request that wanted to enter. */
    public sealed interface Entry permits Place, Entry.Full, Entry.ShareTaken {
        /** No request has a place now. */
        record Full() implements Entry {}

        /** The caller's tenant, or the caller within it, has as much under way as it may. */
        record ShareTaken() implements Entry {}
    }

    /**
     * Lets a message of at most {@link #HEARD_BYTES_MAX} be looked at, whose caller has no place.
     * Empty where as many are looked at as may be.
     */
    public Optional<Hearing> hear(Caller caller) {
        List<Holder> holders = Holder.of(caller);
        return hearings.take(holders, 1) == Shares.Answer.GRANTED
                ? Optional.of(new Hearing(this, holders))
                : Optional.empty();
    }

    /**
     * Gives a request its place.
     *
     * @param bodyBytes how large its body is, or may become
     */
    public Entry enter(Caller caller, int bodyBytes) {
        List<Holder> holders = Holder.of(caller);
        return switch (places.take(holders, 1)) {
            case EXHAUSTED -> new Entry.Full();
            case ABOVE_SHARE -> new Entry.ShareTaken();
            case GRANTED -> {
                long heap = (long) bodyBytes * HEAP_PER_BODY_BYTE;
                Shares.Answer remembered = memory.take(holders, heap);
                if (remembered == Shares.Answer.GRANTED) {
                    yield new Place(this, holders, heap);
                }
                places.giveBack(holders, 1);
                yield remembered == Shares.Answer.EXHAUSTED
                        ? new Entry.Full()
                        : new Entry.ShareTaken();
            }
        };
    }
}
