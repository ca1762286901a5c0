package dev.sallyport.executor.intake;

import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** The broker's answer, which is under way, to whether a partition is this executor's still. */
public final class Confirmation {
    private final CompletableFuture<Boolean> told;
    private final boolean heldUp;

    /**
     * An answer to come.
     *
     * @param told false where the partition is lost
     * @param heldUp whether the question cannot be asked just now
     */
    public Confirmation(CompletableFuture<Boolean> told, boolean heldUp) {
        this.told = told;
        this.heldUp = heldUp;
    }

    /** One that was given. */
    public static Confirmation given() {
        return new Confirmation(CompletableFuture.completedFuture(true), false);
    }

    /** Whether it may take long, as while the group's members change. */
    public boolean isHeldUp() {
        return heldUp && !told.isDone();
    }

    /** Waits for as long as it takes; false where the partition is lost. */
    public boolean await() throws InterruptedException {
        try {
            return told.get();
        } catch (ExecutionException e) {
            throw new IllegalStateException("a confirmation never fails", e);
        }
    }

    /** Waits for so long; false where the partition is lost or nothing was told. */
    public boolean within(Duration time) throws InterruptedException {
        try {
            return told.get(time.toNanos(), TimeUnit.NANOSECONDS);
        } catch (TimeoutException e) {
            return false;
        } catch (ExecutionException e) {
            throw new IllegalStateException("a confirmation never fails", e);
        }
    }
}
