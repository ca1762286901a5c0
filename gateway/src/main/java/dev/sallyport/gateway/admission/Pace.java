package dev.sallyport.gateway.admission;

import dev.sallyport.gateway.limit.Standing;
import dev.sallyport.schema.token.Caller;
import org.jspecify.annotations.Nullable;

/** Tells how fast a client has called. */
@FunctionalInterface
public interface Pace {

    /** Of clients whose calls are not counted. */
    Pace UNCOUNTED = (_, _) -> null;

    /**
     * How the client's rate stands; null where it has none.
     *
     * @param remoteAddress the address that its calls are counted under
     */
    @Nullable Standing of(Caller caller, String remoteAddress);
}
