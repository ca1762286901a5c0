package dev.sallyport.schema.registry;

import com.fasterxml.jackson.annotation.JsonIgnore;
import dev.sallyport.schema.id.CellId;
import dev.sallyport.schema.id.TenantId;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A tenant.
 *
 * @param cell where its calls are executed
 * @param issuers whose tokens lead to this tenant
 * @param readOnly whether nobody may write in any of its databases
 * @param limits how fast its callers may call and how much they may take; null is {@link
 *     TenantLimits#DEFAULT}
 */
public record Tenant(
        TenantId id,
        String name,
        CellId cell,
        List<Issuer> issuers,
        boolean readOnly,
        @Nullable TenantLimits limits)
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

    /** A tenant with the limits that hold where none are named. */
    public Tenant(TenantId id, String name, CellId cell, List<Issuer> issuers, boolean readOnly) {
        this(id, name, cell, issuers, readOnly, null);
    }

    /** The limits that hold. */
    @JsonIgnore
    public TenantLimits limitsInForce() {
        return limits == null ? TenantLimits.DEFAULT : limits;
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
