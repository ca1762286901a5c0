package dev.sallyport.gateway.config;

import dev.sallyport.schema.SallyportException;
import org.jspecify.annotations.Nullable;

/**
 * Something that keeps a gateway from serving. What one caller did wrong is an outcome, not an
 * exception.
 */
public final class GatewayException extends SallyportException {

    public GatewayException(String code, String message) {
        this(code, message, null);
    }

    public GatewayException(String code, String message, @Nullable Throwable cause) {
        super(code, message, cause);
    }
}
