package dev.sallyport.gateway.limit;

import org.jspecify.annotations.Nullable;

/** The store of limits did not answer; it may have done what it was asked to. */
public final class StoreAwayException extends Exception {

    private static final long serialVersionUID = 1L;

    public StoreAwayException(String message, @Nullable Throwable cause) {
        super(message, cause);
    }
}
