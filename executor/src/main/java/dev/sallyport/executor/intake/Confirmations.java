package dev.sallyport.executor.intake;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/**
 * What calls ask the broker to confirm by a commit of offsets that is sent after they asked: before
 * a write is committed, and before it is told that one was not done. Calls ask and wait on their
 * own threads; the intake's thread takes all that was asked, sends one commit for it, and polls
 * meanwhile.
 *
 * <p>A commit costs CPU of broker and client. So what is asked is sent when somebody waits for it,
 * or a little later: by then more has been asked.
 */
final class Confirmations {
    /** What nobody waits for is sent this long after it was asked, at the first turn. */
    private static final long LINGER_NANOS = Duration.ofMillis(5).toNanos();

    private final Queue<Asked> asked = new ConcurrentLinkedQueue<>();

    /** Whether somebody waits for something that was not sent. */
    private volatile boolean hurry;

    /** Whether the intake's thread polls, and could send a commit if it were woken. */
    private final AtomicBoolean wakeable = new AtomicBoolean();

    private final Runnable wake;
    private volatile boolean closed;
    private volatile boolean heldUp;

    // what follows is used by the intake's thread alone
    private boolean polling;
    private @Nullable List<Asked> underWay;

    /** What one call asked; the answer is false where the call's partition was lost before. */
    final class Asked {
        private final Offsets offsets;
        private final long offset;
        private final boolean decided;
        private final long at = System.nanoTime();
        private final CompletableFuture<Boolean> told = new CompletableFuture<>();
        private volatile boolean sent;

        /**
         * A question that was not sent.
         *
         * @param decided whether it is noted with the commit that the call was not done
         */
        private Asked(Offsets offsets, long offset, boolean decided) {
            this.offsets = offsets;
            this.offset = offset;
            this.decided = decided;
        }

        Offsets offsets() {
            return offsets;
        }

        long offset() {
            return offset;
        }

        boolean decided() {
            return decided;
        }

        /** Somebody waits for the answer. */
        private void hurry() {
            if (!sent) {
                Confirmations.this.hurry();
            }
        }
    }

    /**
     * Nothing was asked yet.
     *
     * @param wake makes the intake's thread return from its poll
     */
    Confirmations(Runnable wake) {
        this.wake = wake;
    }

    /**
     * Asks for it, and does not wait.
     *
     * @param alone whether no other call could share the commit
     */
    Confirmation ask(Offsets offsets, long offset, boolean decided, boolean alone) {
        Asked call = new Asked(offsets, offset, decided);
        asked.add(call);
        if (alone) {
            hurry();
        }
        if (closed) {
            refuseAll();
        }
        return new Confirmation(call.told, heldUp, call::hurry);
    }

    private void hurry() {
        hurry = true;
        if (wakeable.compareAndSet(true, false)) {
            wake.run();
        }
    }

    /** No commit can be sent just now: what is asked until one is taken may wait long. */
    void holdUp() {
        heldUp = true;
    }

    /** Whether a commit should be sent now. */
    boolean isDue() {
        Asked oldest = asked.peek();
        return oldest != null && (hurry || System.nanoTime() - oldest.at >= LINGER_NANOS);
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

    /** Whether somebody waits; where nobody does, the first who will wakes the intake's thread. */
    private boolean isAwaited() {
        wakeable.set(true);
        return hurry && !asked.isEmpty() && wakeable.compareAndSet(true, false);
    }

    /** Whether a commit was sent and is not answered. */
    boolean isUnderWay() {
        return underWay != null;
    }

    /** A commit was sent for these. */
    void sent(List<Asked> calls) {
        underWay = calls;
    }

    /** The broker took the commit; what was asked meanwhile needs another one. */
    void taken() {
        heldUp = false;
        for (Asked call : answered()) {
            call.told.complete(!call.offsets.isLost());
        }
        if (polling && isAwaited()) {
            wake.run();
        }
    }

    /** It did not: all of it is asked again, when this poll ends. */
    void notTaken() {
        heldUp = true;
        List<Asked> again = answered();
        again.forEach(call -> call.sent = false);
        asked.addAll(again);
        hurry |= !again.isEmpty();
    }

    private List<Asked> answered() {
        List<Asked> calls = underWay == null ? List.of() : underWay;
        underWay = null;
        return calls;
    }

    /** Takes all that is asked of partitions that are still here; the others are told that not. */
    List<Asked> take() {
        hurry = false;
        List<Asked> taken = new ArrayList<>();
        for (Asked next = asked.poll(); next != null; next = asked.poll()) {
            if (next.offsets.isLost()) {
                next.told.complete(false);
            } else {
                next.sent = true;
                taken.add(next);
            }
        }
        return taken;
    }

    /** Nothing will be confirmed any more: what is asked is lost. */
    void close() {
        asked.addAll(answered());
        closed = true;
        refuseAll();
    }

    private void refuseAll() {
        for (Asked next = asked.poll(); next != null; next = asked.poll()) {
            next.told.complete(false);
        }
    }
}
