package dev.sallyport.schema.event;

import dev.sallyport.schema.id.CallId;
import dev.sallyport.schema.id.DatabaseName;
import dev.sallyport.schema.seal.Sealed;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The command: a gateway authorized this call and executors may run it. Signed by the gateway.
 *
 * @param statementClass what the statement does, as far as its text tells; it decides nothing where
 *     the call runs
 * @param access what the transaction may do; null in commands of gateways before this member, and
 *     where it is a word that is not known here: executors refuse both
 * @param approval the approval that the call uses up; absent where it needed none
 * @param effectDigest the only effect that may be committed, as a rehearsal told its digest; given
 *     with {@link Access#COMMIT_IF} and with no other access, which executors check
 * @param scopes what the call needed and its caller had
 * @param fingerprint the statement with its literals replaced; absent for tools that take no SQL
 * @param deadline when nobody waits for the answer any more; a call not started by then is not run
 * @param registryVersion the {@code Registry} that the gate decided by
 * @param arguments the {@link Instruction}, sealed; the field name for sealing is {@code arguments}
 */
public record CallAuthorized(
        CallId call,
        Principal principal,
        String tool,
        DatabaseName database,
        StatementClass statementClass,
        @Nullable Access access,
        @Nullable String approval,
        @Nullable String effectDigest,
        List<String> tables,
        List<String> columns,
        List<String> scopes,
        @Nullable String fingerprint,
        LiteralFeatures literals,
        Limits limits,
        Instant deadline,
        long registryVersion,
        ReplyAddress reply,
        Sealed arguments)
        implements Payload {
    public CallAuthorized {
        tables = List.copyOf(tables);
        columns = List.copyOf(columns);
        scopes = List.copyOf(scopes);
    }
}
