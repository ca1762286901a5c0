package dev.sallyport.executor.outcome;

import dev.sallyport.schema.event.CallAuthorized;
import dev.sallyport.schema.event.CallSettled;
import dev.sallyport.schema.event.Event;
import org.jspecify.annotations.Nullable;

/**
 * What is told of a call: to the log first, then to the gateway that waits.
 *
 * @param command the call
 * @param settled how it ended
 * @param message for the caller, what went wrong; absent where it succeeded
 * @param result the result's bytes; empty where it did not succeed
 */
@SuppressWarnings("ArrayRecordComponent") // the bytes are handed on and never compared
public record Outcome(
        Event<CallAuthorized> command,
        Event<CallSettled> settled,
        @Nullable String message,
        byte[] result) {
    @Override
    public String toString() {
        return "Outcome[" + settled.data().call() + " " + settled.data().ended() + "]";
    }
}
