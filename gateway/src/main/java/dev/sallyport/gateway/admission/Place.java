package dev.sallyport.gateway.admission;

import dev.sallyport.gateway.admission.Admission.Holder;
import dev.sallyport.gateway.limit.Standing;
import dev.sallyport.schema.id.CellId;
import dev.sallyport.schema.share.Shares;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** One request's right to be worked on, until it is closed, and what it holds meanwhile. */
public final class Place implements Admission.Entry, AutoCloseable {

    private final Admission admission;
    private final List<Holder> holders;
    private final long begun = System.nanoTime();
    private long heap; // guarded by this, and all below
    private @Nullable CellId cell;
    private boolean left;
    private @Nullable Standing standing;

    Place(Admission admission, List<Holder> holders, long heap) {
        this.admission = admission;
        this.holders = holders;
        this.heap = heap;
    }

    /** How long the request has had its place: it counts against its call's time. */
    public Duration since() {
        return Duration.ofNanos(System.nanoTime() - begun);
    }

    /**
     * How the rates stand that the request was counted in; of several the one of which least is
     * left.
     */
    public synchronized void stands(Standing now) {
        Standing before = standing;
        if (before == null || now.remaining() < before.remaining()) {
            standing = now;
        }
    }

    /** As it was told; null where the request was counted in none. */
    public synchronized @Nullable Standing standing() {
        return standing;
    }

    /** The body came and is smaller than it could have become. */
    public synchronized void bodyCame(int bytes) {
        long needed = (long) bytes * Admission.HEAP_PER_BODY_BYTE;
        if (!left && needed < heap) {
            admission.memory.giveBack(holders, heap - needed);
            heap = needed;
        }
    }

    /**
     * Whether the request may wait for executors of this cell, which it does from then on, for one
     * call after the other. False where those who do already have the cell's share: its executors
     * do not keep up, or there are none.
     */
    public synchronized boolean waitsFor(CellId of) {
        if (left || (cell != null && !cell.equals(of))) {
            throw new IllegalStateException("a request waits for one cell, while it has its place");
        }
        if (cell != null) {
            return true;
        }
        boolean granted = admission.waiting.take(List.of(of), 1) == Shares.Answer.GRANTED;
        cell = granted ? of : null;
        return granted;
    }

    /** Whether there is room for a result of that size, which is kept from then on. */
    public synchronized boolean hasRoomFor(int resultBytes) {
        if (resultBytes <= Admission.SMALL_RESULT_BYTES) {
            return true;
        }
        long needed = (long) resultBytes * Admission.HEAP_PER_RESULT_BYTE;
        if (left || admission.memory.take(holders, needed) != Shares.Answer.GRANTED) {
            return false;
        }
        heap += needed;
        return true;
    }

    @Override
    public synchronized void close() {
        if (left) {
            return;
        }
        left = true;
        admission.memory.giveBack(holders, heap);
        if (cell != null) {
            admission.waiting.giveBack(List.of(cell), 1);
        }
        admission.places.giveBack(holders, 1);
    }
}
