package dev.sallyport.gateway.identity;

import org.jspecify.annotations.Nullable;

/** Tells who sent a request from its {@code Authorization} field alone. */
@FunctionalInterface
public interface Authenticator {

    /**
     * Who the request is from.
     *
     * @param authorization the header field as it came, or null when there was none
     * @param remoteAddress where the connection came from
     */
    Authentication authenticate(@Nullable String authorization, String remoteAddress);
}
