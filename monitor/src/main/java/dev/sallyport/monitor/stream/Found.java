package dev.sallyport.monitor.stream;

import dev.sallyport.monitor.detect.Finding;
import dev.sallyport.monitor.stream.Notice.Whose;
import dev.sallyport.schema.event.Principal;
import dev.sallyport.schema.event.Severity;
import dev.sallyport.schema.event.TraceContext;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * A detector has something to say.
 *
 * @param trace of the event that led to it
 * @param at event time of that event
 */
record Found(
        Whose whose,
        Principal principal,
        @Nullable TraceContext trace,
        String detector,
        Severity severity,
        Instant at,
        Finding finding) {}
