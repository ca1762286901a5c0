package dev.sallyport.executor.engine;

import dev.sallyport.schema.event.Instruction;
import dev.sallyport.schema.event.Limits;
import dev.sallyport.schema.event.TraceContext;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * A call that was found in order and is to run now.
 *
 * @param deadline when it is stopped, whatever it is doing
 */
public record Call(
        Caller caller,
        Limits limits,
        Instant deadline,
        @Nullable TraceContext trace,
        Instruction instruction) {
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
        return "Call[" + caller.call() + "]"; // the instruction is not for logs
    }
}
