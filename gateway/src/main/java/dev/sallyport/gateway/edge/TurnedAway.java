package dev.sallyport.gateway.edge;

import dev.sallyport.schema.token.Caller;
import org.jspecify.annotations.Nullable;

/** Is told of requests that were turned away before anything of them was read but their header. */
@FunctionalInterface
public interface TurnedAway {

    /**
     * Tells the log.
     *
     * @param agent what the caller's client calls itself
     * @param code the code that the request is answered with
     * @return false where the log did not take it
     */
    boolean tell(Caller caller, String remoteAddress, @Nullable String agent, String code);
}
