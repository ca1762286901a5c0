package dev.sallyport.schema.share;

import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * An amount of which many take parts and give them back. Who asks gets a part as long as it would
 * then not hold more than what was left for everybody: alone one comes to half of the amount, two
 * to a third each, and each of n to 1/(n + 1) of it, so that however many there are, something is
 * left for the next (the dynamic thresholds of Choudhury and Hahne, "Dynamic Queue Length
 * Thresholds for Shared-Memory Packet Switches", 1998).
 *
 * <p>Holders may be nested, such as a tenant and one of its principals: what the outer one could
 * still take is then what is left for the inner ones.
 *
 * @param <K> what names a holder
 */
public final class Shares<K> {

    private final long amount;
    private final Map<K, Long> held = new HashMap<>(); // guarded by this
    private long taken; // guarded by this

    /** What became of the wish for a part. */
    public enum Answer {
        /** It is held from now on. */
        GRANTED,
        /** There is not that much left for anybody. */
        EXHAUSTED,
        /** There is, but the holder has its share already. */
        ABOVE_SHARE
    }

    /** All of the amount is left. */
    public Shares(long amount) {
        if (amount < 1) {
            throw new IllegalArgumentException("there is nothing to share: " + amount);
        }
        this.amount = amount;
    }

    /**
     * Takes a part.
     *
     * @param holders who will hold it, the outermost first
     */
    public synchronized Answer take(List<K> holders, long part) {
        long room = amount - taken;
        if (part > room) {
            return Answer.EXHAUSTED;
        }
        for (K holder : holders) {
            long holds = held.getOrDefault(holder, 0L);
            if (holds + part > room) {
                return Answer.ABOVE_SHARE;
            }
            room -= holds;
        }
        taken += part;
        holders.forEach(holder -> held.merge(holder, part, Long::sum));
        return Answer.GRANTED;
    }

    /** Gives back what was taken by the same holders, or a part of it. */
    public synchronized void giveBack(List<K> holders, long part) {
        taken -= part;
        for (K holder : holders) {
            held.computeIfPresent(holder, (_, holds) -> holds == part ? null : holds - part);
        }
    }

    /** How much is held by anybody. */
    public synchronized long taken() {
        return taken;
    }

    /** How many hold something; nobody is remembered who does not. */
    public synchronized int holders() {
        return held.size();
    }
}
