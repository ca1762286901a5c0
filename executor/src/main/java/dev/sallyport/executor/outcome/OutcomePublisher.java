package dev.sallyport.executor.outcome;

/** Where outcomes go. */
public interface OutcomePublisher extends AutoCloseable {
    /**
     * Writes the outcome to the log and, when the log has acknowledged it, sends the reply. Returns
     * at once, and tries again for as long as it is not acknowledged. What was not acknowledged
     * when the publisher is closed gets no reply, and its call must count as unsettled.
     *
     * @param acknowledged is run once, when the log has acknowledged the outcome; it must not wait
     * @throws RuntimeException if the outcome cannot be written as it is, ever
     */
    void publish(Outcome outcome, Runnable acknowledged);

    @Override
    void close();
}
