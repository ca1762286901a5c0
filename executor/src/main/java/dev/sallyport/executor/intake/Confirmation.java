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
    private final Runnable hurry;

    /**
     * An answer to come.
     *
     * @param told false where the partition is lost
     * @param heldUp whether the question cannot be sent just now
     * @param hurry is run when somebody begins to wait
     */
    public Confirmation(CompletableFuture<Boolean> told, boolean heldUp, Runnable hurry) {
        this.told = told;
        this.heldUp = heldUp;
        this.hurry = hurry;
    }

    /** One that was given. */
    public static Confirmation given() {
        return new Confirmation(CompletableFuture.completedFuture(true), false, () -> {});
    }

    /** Whether it may take long, as while the group's members change. */
    public boolean isHeldUp() {
        return heldUp && !told.isDone();
    }

    private void hurry() {
        if (!told.isDone()) {
            hurry.run();
        }
    }

    /** Waits for as long as it takes; false where the partition is lost. */
    public boolean await() throws InterruptedException {
        hurry();
        try {
            return told.get();
        } catch (ExecutionException e) {
            throw new IllegalStateException("a confirmation never fails", e);
        }
    }

    /** Waits for so long; false where the partition is lost or nothing was told. */
    public boolean within(Duration time) throws InterruptedException {
        hurry();
        try {
            return told.get(time.toNanos(), TimeUnit.NANOSECONDS);
        } catch (TimeoutException e) {
            return false;
        } catch (ExecutionException e) {
            throw new IllegalStateException("a confirmation never fails", e);
        }
    }
}
