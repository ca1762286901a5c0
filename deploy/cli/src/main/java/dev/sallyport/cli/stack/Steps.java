package dev.sallyport.cli.stack;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;

/**
 * The steps of a start: each on a thread of its own, as soon as the steps that it needs are done.
 */
final class Steps {
    private final LocalStack.Progress progress;
    private final List<CompletableFuture<Void>> begun = new ArrayList<>();
    private final CompletableFuture<Void> failed = new CompletableFuture<>();

    Steps(LocalStack.Progress progress) {
        this.progress = progress;
    }

    /** Does the step after those that it needs; where one of them fails, this one fails undone. */
    CompletableFuture<Void> begin(String name, Runnable step, CompletableFuture<?>... needed) {
        CompletableFuture<Void> done =
                CompletableFuture.allOf(needed)
                        .thenRunAsync(
                                () -> timed(name, step),
                                work -> Thread.ofPlatform().name("start-" + name).start(work));
        begun.add(done);
        return done;
    }

    /**
     * Returns when every step is done, or one failed.
     *
     * @throws RuntimeException what the first step that failed threw
     */
    void await() {
        join(
                CompletableFuture.anyOf(
                        CompletableFuture.allOf(begun.toArray(CompletableFuture[]::new)), failed));
    }

    /** Returns when no step runs any more, whatever became of it. */
    void awaitEnd() {
        begun.forEach(step -> step.exceptionally(_ -> null).join());
    }

    private void timed(String name, Runnable step) {
        long began = System.nanoTime();
        try {
            step.run();
        } catch (RuntimeException e) {
            failed.completeExceptionally(e);
            throw e;
        }
        Duration took = Duration.ofNanos(System.nanoTime() - began);
        synchronized (progress) {
            progress.done(name, took);
        }
    }

    private static void join(CompletableFuture<?> future) {
        try {
            future.get();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new StackException("start_interrupted", "interrupted while the stack starts", e);
        } catch (java.util.concurrent.ExecutionException e) {
            Throwable cause = e.getCause();
            while (cause instanceof CompletionException && cause.getCause() != null) {
                cause = cause.getCause();
            }
            if (cause instanceof RuntimeException ours) {
                throw ours;
            }
            throw new StackException("start_failed", "the stack did not start: " + cause, e);
        }
    }
}
