package dev.sallyport.service;

import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/** How a process that serves is told to end, and ends in good order. */
public final class ServiceProcess {
    /** The line on standard output that says that the service is ready. */
    public static final String READY = "ready";

    /** How long a stop may take before the process ends without it. */
    private static final Duration STOP_WITHIN = Duration.ofSeconds(30);

    private ServiceProcess() {}

    /**
     * Runs a service until SIGINT or SIGTERM, then closes it.
     *
     * @param withParent whether to end too when standard input ends: that is how a service notices
     *     that the process which started it was killed
     */
    public static void run(Starting service, boolean withParent) throws Exception {
        try (Ending ending = onSignal();
                AutoCloseable _ = service.start();
                AutoCloseable _ = ending::stopping) {
            System.out.println(READY);
            if (withParent) {
                Thread.ofPlatform().daemon().name("parent").start(() -> awaitEndOfInput(ending));
            }
            ending.await();
        }
    }

    /** Starts a service. */
    public interface Starting {
        /** The running service. */
        AutoCloseable start() throws Exception;
    }

    /**
     * From now on SIGINT and SIGTERM interrupt this thread and wait until the answer is closed, so
     * that everything stops in good order.
     */
    public static Ending onSignal() {
        Ending ending = new Ending(Thread.currentThread());
        Runtime.getRuntime().addShutdownHook(ending.hook);
        return ending;
    }

    /** The end of a process: asked for by a signal, reached when this is closed. */
    public static final class Ending implements AutoCloseable {
        private final Thread worker;
        private final CountDownLatch asked = new CountDownLatch(1);
        private final CountDownLatch reached = new CountDownLatch(1);
        private final Thread hook = Thread.ofPlatform().name("stop").unstarted(this::onShutdown);
        private boolean interrupts = true;

        private Ending(Thread worker) {
            this.worker = worker;
        }

        /** Returns when the process was asked to end. */
        public void await() {
            try {
                asked.await();
            } catch (InterruptedException e) {
                // the interrupt is the question
                Thread.currentThread().interrupt();
            }
        }

        /** The worker stops now by itself: from here on it is not interrupted any more. */
        public synchronized void stopping() {
            interrupts = false;
            boolean _ = Thread.interrupted();
        }

        synchronized void ask() {
            asked.countDown();
            if (interrupts) {
                worker.interrupt();
            }
        }

        private void onShutdown() {
            ask();
            try {
                if (!reached.await(STOP_WITHIN.toSeconds(), TimeUnit.SECONDS)) {
                    System.err.println(
                            "sallyport: did not stop within " + STOP_WITHIN.toSeconds() + " s");
                }
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }

        @Override
        public void close() {
            reached.countDown();
        }
    }

    private static void awaitEndOfInput(Ending ending) {
        try {
            while (System.in.read() >= 0) {
                // only the end is of interest
            }
        } catch (IOException e) {
            // an input that cannot be read any more has ended
        } finally {
            ending.ask();
        }
    }
}
