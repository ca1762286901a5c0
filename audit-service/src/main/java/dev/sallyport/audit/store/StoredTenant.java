package dev.sallyport.audit.store;

import dev.sallyport.schema.id.TenantId;
import java.util.List;
import java.util.Optional;
import org.jdbi.v3.core.statement.Query;

/**
 * Reads the tenants that rows name. Whoever can insert with the service's role can name anything:
 * what is no tenant's id is nobody's row, and stops nobody.
 */
public final class StoredTenant {
    private StoredTenant() {}

    /** The tenants in the column {@code tenant} of what the query finds. */
    public static List<TenantId> all(Query query) {
        return query.map((row, _) -> of(row.getString("tenant"))).list().stream()
                .flatMap(Optional::stream)
                .toList();
    }

    /** The tenant; empty where none can have that id. */
    public static Optional<TenantId> of(String tenant) {
        try {
            return Optional.of(new TenantId(tenant));
        } catch (IllegalArgumentException nobody) {
            return Optional.empty();
        }
    }
}
