package dev.sallyport.cli.service;

import java.io.IOException;
import java.util.concurrent.CountDownLatch;

/** Runs one service until the process is told to end. */
public final class ServiceProcess {
    private ServiceProcess() {}

    /**
     * Waits until SIGINT or SIGTERM, then closes the service and returns.
     *
     * @param withParent whether to end too when standard input ends: that is how a service notices that
     *     the process which started it was killed
     */
    public static void run(AutoCloseable service, boolean withParent) throws Exception {
        CountDownLatch ending = new CountDownLatch(1);
        CountDownLatch closed = new CountDownLatch(1);
        Thread hook =
                Thread.ofPlatform()
                        .unstarted(
                                () -> {
                                    ending.countDown();
                                    awaitQuietly(closed);
                                });
        Runtime.getRuntime().addShutdownHook(hook);
        if (withParent) {
            Thread.ofPlatform().daemon().name("parent").start(() -> awaitEndOfInput(ending));
        }
        ending.await();
        try {
            service.close();
        } finally {
            closed.countDown();
        }
    }

    private static void awaitQuietly(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private static void awaitEndOfInput(CountDownLatch ending) {
        try {
            while (System.in.read() >= 0) {
                // only the end is of interest
            }
        } catch (IOException e) {
            // an input that cannot be read any more has ended
        } finally {
            ending.countDown();
        }
    }
}
