package dev.sallyport.schema.registry;

import com.fasterxml.jackson.annotation.JsonIgnore;
import dev.sallyport.schema.id.CellId;
import dev.sallyport.schema.id.TenantId;
import java.util.List;

/**
 * A tenant.
 *
 * @param cell where its calls are executed
 * @param issuers whose tokens lead to this tenant
 * @param readOnly whether nobody may write in any of its databases
 */
public record Tenant(TenantId id, String name, CellId cell, List<Issuer> issuers, boolean readOnly)
        implements RegistryEntry {
    public Tenant {
        if (id.equals(TenantId.PLATFORM)) {
            throw new IllegalArgumentException(
                    "tenant id platform is taken by the platform itself");
        }
        issuers = List.copyOf(issuers);
        if (issuers.stream().map(Issuer::uri).distinct().count() > 1) {
            // a subject is unique within its issuer only, and grants and suspensions name subjects
            throw new IllegalArgumentException("a tenant's tokens must all come from one issuer");
        }
    }

    @Override
    @JsonIgnore
    public String key() {
        return key(id);
    }

    public static String key(TenantId id) {
        return "tenant/" + id;
    }
}
