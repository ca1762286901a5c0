package dev.sallyport.executor.session;

import dev.sallyport.schema.id.CallId;
import dev.sallyport.schema.id.TenantId;
import java.util.regex.Pattern;

/**
 * On whose behalf a transaction runs: what the database seals into the transaction's context.
 *
 * @param subject the principal's name as its token gave it; no control characters
 */
public record Caller(TenantId tenant, String subject, CallId call, Access access) {
    private static final Pattern CONTROL = Pattern.compile("\\p{Cntrl}");

    public Caller {
        if (subject.isEmpty() || CONTROL.matcher(subject).find()) {
            throw new IllegalArgumentException(
                    "a subject needs at least one character, and no control characters");
        }
    }
}
