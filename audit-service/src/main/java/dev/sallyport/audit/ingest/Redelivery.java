package dev.sallyport.audit.ingest;

import dev.sallyport.schema.SchemaException;
import dev.sallyport.schema.event.EventCodec;

/**
 * Tells whether a second event of an id was only published again. Executors that are delivered a
 * call once more tell its outcome again, at another time.
 */
final class Redelivery {
    private Redelivery() {}

    /** Whether the event says nothing that the first one did not. */
    static boolean repeats(byte[] event, byte[] first) {
        try {
            return EventCodec.decode(event).repeats(EventCodec.decode(first));
        } catch (SchemaException e) {
            // such as records that are kept because they cannot be read
            return false;
        }
    }
}
