package dev.sallyport.executor.failure;

import dev.sallyport.schema.SallyportException;
import org.jspecify.annotations.Nullable;

/** A failure of the executor or of an enrolment, with a stable code. */
public final class ExecutorException extends SallyportException {
    public ExecutorException(String code, String message) {
        this(code, message, null);
    }

    public ExecutorException(String code, String message, @Nullable Throwable cause) {
        super(code, message, cause);
    }
}
