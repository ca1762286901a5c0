package dev.sallyport.service;

import dev.sallyport.schema.SallyportException;

/** A service could not be started; the code is {@code service_not_ready}. */
public final class ServiceException extends SallyportException {
    private static final long serialVersionUID = 1L;

    ServiceException(String code, String message) {
        super(code, message, null);
    }
}
