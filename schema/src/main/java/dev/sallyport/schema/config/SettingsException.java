package dev.sallyport.schema.config;

import dev.sallyport.schema.SallyportException;
import org.jspecify.annotations.Nullable;

/**
 * A configuration that a service cannot start with. Its message names the key and what would be
 * right, and repeats no value.
 */
public final class SettingsException extends SallyportException {
    SettingsException(String message, @Nullable Throwable cause) {
        super("configuration_invalid", message, cause);
    }
}
