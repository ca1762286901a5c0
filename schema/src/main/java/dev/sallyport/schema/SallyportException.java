package dev.sallyport.schema;

import org.jspecify.annotations.Nullable;

/**
 * A failure with a stable code: callers and operators match on the code, people read the message.
 * Each module throws its own subtype.
 */
public abstract class SallyportException extends RuntimeException {
    private final String code;

    protected SallyportException(String code, String message, @Nullable Throwable cause) {
        super(message, cause);
        this.code = code;
    }

    /** The stable code in lower snake case, such as {@code event_too_large}. */
    public final String code() {
        return code;
    }
}
