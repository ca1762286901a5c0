package dev.sallyport.executor.engine;

import dev.sallyport.schema.event.Limits;
import dev.sallyport.schema.event.TraceContext;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * A call that was found in order and is to run now.
 *
 * @param arguments the tool's arguments as JSON, unsealed
 * @param deadline when it is stopped, whatever it is doing
 */
@SuppressWarnings("ArrayRecordComponent") // never compared
public record Call(
        Caller caller,
        String tool,
        Limits limits,
        Instant deadline,
        @Nullable TraceContext trace,
        byte[] arguments) {
    /** The comment that joins the database's own log with the audit log. */
    public String comment() {
        return trace == null
                ? "/* sallyport call=" + caller.call() + " */ "
                : "/* sallyport call="
                        + caller.call()
                        + " traceparent="
                        + trace.traceparent()
                        + " */ ";
    }

    @Override
    public String toString() {
        return "Call[" + caller.call() + " " + tool + "]"; // arguments are not for logs
    }
}
