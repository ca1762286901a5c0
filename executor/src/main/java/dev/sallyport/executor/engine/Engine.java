package dev.sallyport.executor.engine;

import java.sql.Connection;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/**
 * The port behind which a tenant's database stands. An engine is safe for use by many threads and
 * runs as many calls at once as the database's registry entry has connections.
 */
public interface Engine {
    /**
     * Runs the call in one transaction under its caller's context and tells what became of it;
     * every failure is an answer. A call with ending {@link Ending.Commit} or {@link
     * Ending.CommitIf} is committed at the most once, however often it is run.
     *
     * @param cancellation stops the call from another thread
     * @param watch laps connection, execution and fetch
     */
    Answer run(Call call, Ending ending, Cancellation cancellation, Stopwatch watch);

    /**
     * What became of a call that writes and that may have run when it was delivered before; it is
     * not run now. Empty where it did not run, and then it never will.
     *
     * @param within how long to wait for a transaction of the same call that has not ended
     */
    Optional<Answer> recall(Caller caller, Duration within);

    /**
     * Prepares the database for this engine. May be repeated.
     *
     * @param administrator may create roles and schemas
     * @throws dev.sallyport.executor.failure.ExecutorException {@code enrolment_refused}, {@code
     *     enrolment_failed}
     */
    void enroll(Connection administrator);

    /**
     * What callers could reach beside their context; empty when the database is clean.
     *
     * @throws dev.sallyport.executor.failure.ExecutorException {@code enrolment_failed}
     */
    List<Finding> doctor(Connection administrator);

    /** Takes no more calls and lets go of the database, waiting so long for calls under way. */
    void close(Duration callsEndWithin);
}
