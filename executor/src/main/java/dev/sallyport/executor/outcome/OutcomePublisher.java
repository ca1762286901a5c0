package dev.sallyport.executor.outcome;

/** Where outcomes go. */
public interface OutcomePublisher extends AutoCloseable {
    /**
     * Writes the outcome to the log and, when the log has acknowledged it, sends the reply. Waits
     * for the acknowledgement, and tries again for as long as it is not given.
     *
     * @return false when the publisher was closed before: then no reply was sent, and the call must
     *     count as unsettled
     * @throws InterruptedException as false
     */
    boolean publish(Outcome outcome) throws InterruptedException;

    @Override
    void close();
}
