package dev.sallyport.executor.intake;

/** A command as the log delivered it. */
public interface Delivery {
    /** The record's key: the tenant. */
    String key();

    /** The event's bytes. */
    byte[] value();

    /** What other executors may have done with it. */
    Past past();

    /** Partition and offset, for logs. */
    String place();

    /**
     * Whether another executor is delivered it too: this one lost its partition before it was
     * settled. What was not done here is left to the other.
     */
    boolean isLost();

    /**
     * Asks the broker whether the command's partition is this executor's still, and does not wait.
     * No write is committed without: whoever has the partition later then knows that all writes
     * that this executor may have committed stood in the log by that time.
     */
    Confirmation confirm();

    /**
     * Notes in the group's offsets, before anybody is told, that the command was not done and never
     * will be. Whoever is delivered it later does not run it. Waits for the broker, for as long as
     * it takes.
     *
     * @return false where it is lost: then nothing may be told, since the other executor may do it
     */
    boolean noteDecided() throws InterruptedException;

    /**
     * Tells that nothing is left to do for it; without this it is delivered again after a crash.
     */
    void settled();

    /** Leaves it to the executor that has its partition now. */
    void abandoned();
}
