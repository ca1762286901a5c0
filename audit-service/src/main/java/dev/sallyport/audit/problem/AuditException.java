package dev.sallyport.audit.problem;

import dev.sallyport.schema.SallyportException;
import org.jspecify.annotations.Nullable;

/**
 * A failure of the audit service; its message is safe to be shown to callers and says what would be
 * right.
 */
public final class AuditException extends SallyportException {
    private static final long serialVersionUID = 1L;

    private final AuditProblem problem;

    public AuditException(AuditProblem problem, String message) {
        this(problem, message, null);
    }

    public AuditException(AuditProblem problem, String message, @Nullable Throwable cause) {
        super(problem.code(), message, cause);
        this.problem = problem;
    }

    /** Which one it is. */
    public AuditProblem problem() {
        return problem;
    }
}
