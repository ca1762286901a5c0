package dev.sallyport.executor.intake;

/** A command as the log delivered it. */
public interface Delivery {
    /** The record's key: the tenant. */
    String key();

    /** The event's bytes. */
    byte[] value();

    /** Partition and offset, for logs. */
    String place();

    /**
     * Tells that nothing is left to do for it; without this it is delivered again after a crash.
     */
    void settled();
}
