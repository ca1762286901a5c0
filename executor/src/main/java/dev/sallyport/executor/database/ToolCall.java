package dev.sallyport.executor.database;

import dev.sallyport.executor.session.Access;
import dev.sallyport.schema.event.Limits;
import dev.sallyport.schema.event.StatementClass;
import dev.sallyport.schema.event.TraceContext;
import dev.sallyport.schema.id.CallId;
import dev.sallyport.schema.id.TenantId;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * A call that was found in order and is to run now.
 *
 * @param arguments the tool's arguments as JSON, unsealed
 * @param deadline when it is stopped, whatever it is doing
 */
@SuppressWarnings("ArrayRecordComponent") // never compared
public record ToolCall(
        CallId call,
        TenantId tenant,
        String subject,
        String tool,
        StatementClass statementClass,
        Limits limits,
        Instant deadline,
        @Nullable TraceContext trace,
        byte[] arguments) {
    /** The tool whose statement may write; every other one reads. */
    private static final String WRITING_TOOL = "db_execute";

    /** What the call's transaction may do. */
    public Access access() {
        return accessOf(tool, statementClass);
    }

    /** What the transaction of such a call may do. */
    public static Access accessOf(String tool, StatementClass statementClass) {
        return tool.equals(WRITING_TOOL) && statementClass != StatementClass.READ
                ? Access.WRITE
                : Access.READ;
    }

    /** The comment that joins the database's own log with the audit log. */
    String comment() {
        return trace == null
                ? "/* sallyport call=" + call + " */ "
                : "/* sallyport call=" + call + " traceparent=" + trace.traceparent() + " */ ";
    }

    @Override
    public String toString() {
        return "ToolCall[" + call + " " + tool + "]"; // arguments are not for logs
    }
}
