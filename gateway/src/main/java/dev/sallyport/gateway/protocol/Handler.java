package dev.sallyport.gateway.protocol;

/** Answers the requests of one method. Expected failures are outcomes; only defects are thrown. */
@FunctionalInterface
public interface Handler {

    Outcome answer(Request request);
}
