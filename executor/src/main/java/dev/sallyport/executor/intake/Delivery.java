package dev.sallyport.executor.intake;

/** A command as the log delivered it. */
public interface Delivery {
    /** The record's key: the tenant. */
    String key();

    /** The event's bytes. */
    byte[] value();

    /**
     * Whether it may have been delivered before, to an executor that did not come to settle it: it
     * stood in the log already when this executor was given the partition.
     */
    boolean mayHaveRun();

    /** Partition and offset, for logs. */
    String place();

    /**
     * Tells that nothing is left to do for it; without this it is delivered again after a crash.
     */
    void settled();
}
