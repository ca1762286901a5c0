package dev.sallyport.schema.event;

import org.jspecify.annotations.Nullable;

/** A data key was destroyed: what it sealed can never be read again. */
public record KeyErased(String dataKey, @Nullable String subject, String reason, String by)
        implements Payload {}
