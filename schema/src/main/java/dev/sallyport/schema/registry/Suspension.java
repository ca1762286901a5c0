package dev.sallyport.schema.registry;

import com.fasterxml.jackson.annotation.JsonIgnore;
import dev.sallyport.schema.id.TenantId;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * A principal that gateways refuse until a human removes this entry.
 *
 * @param alert the alert that led to it; absent where a human did
 */
public record Suspension(
        TenantId tenant, String subject, String reason, @Nullable String alert, Instant since)
        implements RegistryEntry {
    @Override
    @JsonIgnore
    public String key() {
        return key(tenant, subject);
    }

    public static String key(TenantId tenant, String subject) {
        return "suspension/" + tenant + "/" + subject;
    }
}
