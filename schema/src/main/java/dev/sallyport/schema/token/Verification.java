package dev.sallyport.schema.token;

import org.jspecify.annotations.Nullable;

/** What became of a bearer token. */
public sealed interface Verification {
    /** The token is good. */
    record Verified(Caller caller) implements Verification {}

    /**
     * The token is not accepted.
     *
     * @param message what would be right, safe to tell anyone
     * @param proved whom it names, where the signature was verified and only something else was
     *     wrong
     */
    record Rejected(TokenProblem problem, String message, @Nullable Caller proved)
            implements Verification {}
}
