package dev.sallyport.embedded;

import java.io.IOException;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BooleanSupplier;

/**
 * Starts of child processes, and questions that must not fall into one. From its fork until it runs
 * its own program, a child holds every socket that is open in this JVM: a port that is asked for
 * just then stays taken for a moment after the question.
 */
final class Forking {
    private static final ReentrantLock TURN = new ReentrantLock();

    private Forking() {}

    /** Starts the child; when this returns, it runs its own program and holds nothing of ours. */
    static Process start(ProcessBuilder child) throws IOException {
        TURN.lock();
        try {
            return child.start();
        } finally {
            TURN.unlock();
        }
    }

    /** Asks while no child is being started. */
    static boolean apart(BooleanSupplier question) {
        TURN.lock();
        try {
            return question.getAsBoolean();
        } finally {
            TURN.unlock();
        }
    }
}
