package dev.sallyport.schema;

import org.jspecify.annotations.Nullable;

/**
 * Something that breaks the contract that services share: an event, a registry entry, a sealed
 * field, a signature.
 */
public final class SchemaException extends SallyportException {
    public SchemaException(String code, String message) {
        this(code, message, null);
    }

    public SchemaException(String code, String message, @Nullable Throwable cause) {
        super(code, message, cause);
    }
}
