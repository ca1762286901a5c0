package dev.sallyport.gateway.identity;

import dev.sallyport.gateway.protocol.Refusal;
import dev.sallyport.schema.token.Caller;

/** What came of looking at a token. */
public sealed interface Authentication {

    record Authenticated(Caller caller) implements Authentication {}

    /**
     * The request is not served.
     *
     * @param refusal its code says what the caller can do: {@code token_missing} and {@code
     *     token_rejected} (whose {@code reason} is the stable code of what is wrong with it) ask
     *     for another token; {@code issuer_unreachable} and {@code registry_outdated} say nothing
     *     about the token; {@code principal_suspended}; {@code log_unavailable} where the log could
     *     not take the event that a refusal is
     */
    record Refused(Refusal refusal) implements Authentication {}
}
