package dev.sallyport.executor.engine;

import dev.sallyport.schema.id.CallId;
import dev.sallyport.schema.id.TenantId;

/**
 * On whose behalf a call runs: what the database is told, and what the ledger keeps.
 *
 * @param subject the principal's name as its token gave it; no control characters
 */
public record Caller(TenantId tenant, String subject, CallId call) {
    public Caller {
        if (subject.isEmpty() || subject.chars().anyMatch(Character::isISOControl)) {
            throw new IllegalArgumentException(
                    "a subject needs at least one character, and no control characters");
        }
    }
}
