package dev.sallyport.schema.event;

import java.time.Instant;

/** Somebody took a copy of audit entries away. */
public record ExportMade(
        Principal reader, String format, Instant from, Instant to, long entries, String digest)
        implements Payload {}
