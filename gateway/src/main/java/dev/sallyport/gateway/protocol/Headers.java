package dev.sallyport.gateway.protocol;

import org.jspecify.annotations.Nullable;

/** The header fields of one request, looked up by name without regard to case. */
@FunctionalInterface
public interface Headers {

    /** The value of the field, or null when the request does not have it. */
    @Nullable String get(String name);
}
