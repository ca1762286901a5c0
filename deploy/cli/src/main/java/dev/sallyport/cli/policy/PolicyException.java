package dev.sallyport.cli.policy;

import dev.sallyport.schema.SallyportException;
import org.jspecify.annotations.Nullable;

/** A policy file, or what was asked for with one, is wrong; nothing was changed. */
public final class PolicyException extends SallyportException {
    public PolicyException(String code, String message, @Nullable Throwable cause) {
        super(code, message, cause);
    }

    public PolicyException(String code, String message) {
        this(code, message, null);
    }
}
