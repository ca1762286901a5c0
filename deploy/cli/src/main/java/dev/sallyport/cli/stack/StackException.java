package dev.sallyport.cli.stack;

import dev.sallyport.schema.SallyportException;
import org.jspecify.annotations.Nullable;

/** The local stack cannot do what it was asked to. */
public final class StackException extends SallyportException {
    public StackException(String code, String message, @Nullable Throwable cause) {
        super(code, message, cause);
    }

    public StackException(String code, String message) {
        this(code, message, null);
    }
}
