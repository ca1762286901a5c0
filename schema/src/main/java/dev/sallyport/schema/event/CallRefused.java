package dev.sallyport.schema.event;

import dev.sallyport.schema.id.CallId;
import dev.sallyport.schema.id.DatabaseName;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The gate said no. Floods of the same refusal are folded into one event.
 *
 * @param call the first call that this event speaks of
 * @param code why, as a stable code
 * @param scopes the scopes that would have been needed, where that was the reason
 * @param count how many calls this event speaks of
 * @param first when the first of them was refused
 * @param last when the last of them was refused
 */
public record CallRefused(
        CallId call,
        Principal principal,
        String tool,
        @Nullable DatabaseName database,
        StatementClass statementClass,
        @Nullable String fingerprint,
        String code,
        List<String> scopes,
        int count,
        Instant first,
        Instant last)
        implements Payload {
    public CallRefused {
        scopes = List.copyOf(scopes);
        if (count < 1) {
            throw new IllegalArgumentException("count must be positive: " + count);
        }
    }
}
