package dev.sallyport.cli.stack;

/** A service that was started; closing it stops it in good order. */
public interface RunningService extends AutoCloseable {
    /**
     * Ends it at once, as a crash would, and leaves it so. Only a process of its own can be killed.
     */
    void kill();

    @Override
    void close();
}
