package dev.sallyport.schema.token;

import java.util.Locale;

/** Why a bearer token is not accepted. */
public enum TokenProblem {
    TOKEN_MISSING,
    TOKEN_MALFORMED,
    TOKEN_ALGORITHM_REFUSED,
    TOKEN_ISSUER_UNKNOWN,
    TOKEN_KEY_UNKNOWN,
    TOKEN_SIGNATURE_INVALID,
    TOKEN_EXPIRED,
    TOKEN_NOT_YET_VALID,
    TOKEN_AUDIENCE_WRONG,
    TOKEN_CLAIM_MISSING,
    TOKEN_TENANT_UNCLEAR,
    /**
     * It is good only together with a proof that its bearer holds a key, which is not asked for.
     */
    TOKEN_BOUND,
    /** The issuer's keys cannot be had just now: ours to mend, not the caller's. */
    ISSUER_UNREACHABLE;

    /** The stable code, such as {@code token_expired}. */
    public String code() {
        return name().toLowerCase(Locale.ROOT);
    }
}
