package dev.sallyport.executor.intake;

import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/**
 * Calls that wait until the broker takes a commit of offsets that is sent after they asked: before
 * a write is committed, and before it is told that one was not done. Calls wait on their own
 * threads; the intake's thread takes all that wait, sends one commit for them, and polls meanwhile.
 */
final class Confirmations {
    private final Queue<Awaited> waiting = new ConcurrentLinkedQueue<>();

    /** Whether the intake's thread polls, and could send a commit if it were woken. */
    private final AtomicBoolean wakeable = new AtomicBoolean();

    private final Runnable wake;
    private volatile boolean closed;
    private volatile boolean heldUp;

    // what follows is used by the intake's thread alone
    private boolean polling;
    private @Nullable List<Awaited> underWay;

    /**
     * One call that waits.
     *
     * @param decided whether it is noted with the commit that the call was not done
     * @param confirmed false where the call's partition was lost before
     */
    record Awaited(
            Offsets offsets, long offset, boolean decided, CompletableFuture<Boolean> confirmed) {}

    /**
     * None that wait yet.
     *
     * @param wake makes the intake's thread return from its poll
     */
    Confirmations(Runnable wake) {
        this.wake = wake;
    }

    /** Asks for it, and does not wait. */
    Confirmation ask(Offsets offsets, long offset, boolean decided) {
        Awaited call = new Awaited(offsets, offset, decided, new CompletableFuture<>());
        waiting.add(call);
        if (wakeable.compareAndSet(true, false)) {
            wake.run();
        }
        if (closed) {
            refuseWaiting();
        }
        return new Confirmation(call.confirmed(), heldUp);
    }

    /** No commit can be sent just now: what is asked until one is taken may wait long. */
    void holdUp() {
        heldUp = true;
    }

    /**
     * The intake's thread polls from now on, and is woken when a commit is to be sent. False where
     * one is already.
     */
    boolean beginPoll() {
        polling = true;
        return isUnderWay() || !isAwaited();
    }

    /** It does something that must not be interrupted; it may have been woken before. */
    void endPoll() {
        polling = false;
        wakeable.set(false);
    }

    /** Whether a call waits; where none does, the first that comes wakes the intake's thread. */
    private boolean isAwaited() {
        wakeable.set(true);
        return !waiting.isEmpty() && wakeable.compareAndSet(true, false);
    }

    /** Whether a commit was sent and is not answered. */
    boolean isUnderWay() {
        return underWay != null;
    }

    /** A commit was sent for these. */
    void sent(List<Awaited> calls) {
        underWay = calls;
    }

    /** The broker took the commit; who came meanwhile needs another one. */
    void taken() {
        heldUp = false;
        for (Awaited call : answered()) {
            call.confirmed().complete(!call.offsets().isLost());
        }
        if (polling && isAwaited()) {
            wake.run();
        }
    }

    /** It did not: they wait again, until this poll ends. */
    void notTaken() {
        heldUp = true;
        waiting.addAll(answered());
    }

    private List<Awaited> answered() {
        List<Awaited> calls = underWay == null ? List.of() : underWay;
        underWay = null;
        return calls;
    }

    /** Takes all that wait for partitions that are still here; the others are told that not. */
    List<Awaited> take() {
        List<Awaited> taken = new ArrayList<>();
        for (Awaited next = waiting.poll(); next != null; next = waiting.poll()) {
            if (next.offsets().isLost()) {
                next.confirmed().complete(false);
            } else {
                taken.add(next);
            }
        }
        return taken;
    }

    /** Nothing will be confirmed any more: what waits, and what comes, is lost. */
    void close() {
        waiting.addAll(answered());
        closed = true;
        refuseWaiting();
    }

    private void refuseWaiting() {
        for (Awaited next = waiting.poll(); next != null; next = waiting.poll()) {
            next.confirmed().complete(false);
        }
    }
}
