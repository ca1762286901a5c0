package dev.sallyport.gateway.protocol;

import dev.sallyport.schema.event.CallWithdrawn.Reason;
import java.util.Optional;
import java.util.function.BooleanSupplier;

/** Whether the caller still waits for the answer to its request. */
public final class Presence {

    private final BooleanSupplier connectionClosed;
    private volatile boolean cancelled;

    /**
     * The caller waits as long as its connection is open, unless it says something else.
     *
     * @param connectionClosed asked by the thread of the request alone
     */
    public Presence(BooleanSupplier connectionClosed) {
        this.connectionClosed = connectionClosed;
    }

    /** How it is known that nobody waits; empty while somebody may. */
    public Optional<Reason> ended() {
        if (cancelled) {
            return Optional.of(Reason.CANCELLED);
        }
        return connectionClosed.getAsBoolean()
                ? Optional.of(Reason.CONNECTION_CLOSED)
                : Optional.empty();
    }

    /** The caller said that it does not wait. */
    void cancel() {
        cancelled = true;
    }
}
