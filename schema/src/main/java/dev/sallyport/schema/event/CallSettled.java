package dev.sallyport.schema.event;

import dev.sallyport.schema.id.CallId;
import dev.sallyport.schema.id.DatabaseName;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The outcome of a call. It repeats who called what, so that a reader needs no other event.
 *
 * @param database absent for calls that concern none, such as listing the databases
 * @param code the stable code of what went wrong; absent where the call succeeded
 * @param sqlState the database's SQLSTATE, where it gave one
 * @param rows rows returned
 * @param rowsAffected rows that a write added, changed or removed
 * @param bytes bytes of the result
 * @param truncated whether there were more rows than the limits allow
 * @param resultDigest HMAC-SHA256 of the result's bytes under a key of the tenant, base64url;
 *     absent without a result
 * @param executor the name of the executor, or of the gateway that answered by itself
 * @param attempt 1 where the call ran when first delivered
 */
public record CallSettled(
        CallId call,
        Principal principal,
        String tool,
        @Nullable DatabaseName database,
        StatementClass statementClass,
        List<String> tables,
        @Nullable String fingerprint,
        Ended ended,
        @Nullable String code,
        @Nullable String sqlState,
        long rows,
        long rowsAffected,
        long bytes,
        boolean truncated,
        Timings timings,
        @Nullable String resultDigest,
        @Nullable Attested attested,
        String executor,
        int attempt)
        implements Payload {
    public CallSettled {
        tables = List.copyOf(tables);
        if ((ended == Ended.SUCCEEDED) != (code == null)) {
            throw new IllegalArgumentException(
                    "code must be given just where the call did not succeed: "
                            + ended
                            + ", "
                            + code);
        }
        if (attempt < 1) {
            throw new IllegalArgumentException("attempt must be positive: " + attempt);
        }
    }
}
