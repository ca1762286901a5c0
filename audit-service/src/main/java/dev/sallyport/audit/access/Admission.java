package dev.sallyport.audit.access;

import dev.sallyport.audit.problem.AuditProblem;
import dev.sallyport.schema.token.Caller;

/** Whether somebody may read, as far as the token tells. */
public sealed interface Admission {
    /** Somebody who may read the log of one tenant. */
    record Admitted(Caller caller) implements Admission {}

    /**
     * Somebody who may not.
     *
     * @param status the HTTP status
     * @param code the stable code
     * @param message what would be right
     * @param challenge the value of {@code WWW-Authenticate} (RFC 6750)
     */
    record Denied(int status, String code, String message, String challenge) implements Admission {
        static final int TEMPORARY = 503;

        /** Whether the same token is good for something else here. */
        public boolean isOfScope() {
            return code.equals(AuditProblem.INSUFFICIENT_SCOPE.code());
        }

        /** Whether the same token may be good a moment later. */
        public boolean isTemporary() {
            return status == TEMPORARY;
        }
    }
}
