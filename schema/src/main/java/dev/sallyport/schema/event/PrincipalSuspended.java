package dev.sallyport.schema.event;

import org.jspecify.annotations.Nullable;

/** From now on gateways refuse the subject. */
public record PrincipalSuspended(String subject, String reason, @Nullable String alert, String by)
        implements Payload {}
