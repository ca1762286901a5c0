package dev.sallyport.gateway.identity;

import dev.sallyport.schema.token.Caller;

/** What came of looking at a token. */
public sealed interface Authentication {

    record Authenticated(Caller caller) implements Authentication {}

    /** There is no token; the caller may come back with one. */
    record Missing(String message) implements Authentication {}

    /**
     * The token is not accepted; the caller may come back with another.
     *
     * @param code the stable code of what is wrong with it
     */
    record Rejected(String code, String message) implements Authentication {}

    /** The issuer's keys cannot be had: this says nothing about the token. */
    record Undecided(String message) implements Authentication {}

    /** The registry cannot be followed, so a suspension may be missing: nobody is served. */
    record Outdated(String message) implements Authentication {}

    /** The token is good and its principal is not to be served. */
    record Suspended(String message) implements Authentication {}

    /**
     * The log could not take the event that a refusal is, so nothing may be answered for certain.
     */
    record Unlogged(String message) implements Authentication {}
}
