package dev.sallyport.embedded;

import java.time.Duration;

/**
 * Is told how the start of a stack goes; one call at a time, from the threads that start the parts.
 */
public interface StackListener {

    /** A listener that does nothing. */
    StackListener SILENT =
            new StackListener() {
                @Override
                public void starting(EmbeddedStack.Part part) {}

                @Override
                public void ready(EmbeddedStack.Part part, Duration took, String address) {}
            };

    /** This part is being started. */
    void starting(EmbeddedStack.Part part);

    /** This part answers at this address, this long after its start began. */
    void ready(EmbeddedStack.Part part, Duration took, String address);
}
