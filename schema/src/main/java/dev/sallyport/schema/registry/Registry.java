package dev.sallyport.schema.registry;

import dev.sallyport.schema.id.DatabaseName;
import dev.sallyport.schema.id.GatewayId;
import dev.sallyport.schema.id.TenantId;
import dev.sallyport.schema.seal.WrappedDataKey;
import java.net.URI;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Stream;

/**
 * The registry at one moment; immutable. What it does not name does not exist, and what it does not
 * grant is not allowed.
 */
public final class Registry {
    /** A registry in which nothing exists. */
    public static final Registry EMPTY = new Registry(0, Map.of());

    private final long version;
    private final Map<String, RegistryEntry> entries;
    private final Map<URI, List<Tenant>> tenantsByIssuer;
    private final Map<TenantId, List<Database>> databases;
    private final Map<TenantId, List<Grant>> grants;
    private final Map<TenantId, List<WrappedDataKey>> dataKeys;
    private final Map<TenantId, List<Suspension>> suspensions;

    private Registry(long version, Map<String, RegistryEntry> entries) {
        this.version = version;
        this.entries = Map.copyOf(entries);
        Map<URI, List<Tenant>> byIssuer = new HashMap<>();
        Map<TenantId, List<Database>> byTenant = new HashMap<>();
        Map<TenantId, List<Grant>> grantsOf = new HashMap<>();
        Map<TenantId, List<WrappedDataKey>> keysOf = new HashMap<>();
        Map<TenantId, List<Suspension>> suspensionsOf = new HashMap<>();
        for (RegistryEntry entry : new TreeMap<>(entries).values()) {
            switch (entry) {
                case Tenant tenant ->
                        tenant.issuers().stream()
                                .map(Issuer::uri)
                                .distinct()
                                .forEach(issuer -> add(byIssuer, issuer, tenant));
                case Database database -> add(byTenant, database.tenant(), database);
                case Grant grant -> add(grantsOf, grant.tenant(), grant);
                case DataKeyEntry key -> add(keysOf, key.dataKey().tenant(), key.dataKey());
                case Suspension suspension -> add(suspensionsOf, suspension.tenant(), suspension);
                case GatewayKey _ -> {}
            }
        }
        this.tenantsByIssuer = byIssuer;
        this.databases = byTenant;
        this.grants = grantsOf;
        this.dataKeys = keysOf;
        this.suspensions = suspensionsOf;
    }

    private static <K, V> void add(Map<K, List<V>> lists, K key, V value) {
        lists.computeIfAbsent(key, _ -> new ArrayList<>()).add(value);
    }

    /** A registry of just these entries; mostly for tests. */
    public static Registry of(long version, List<? extends RegistryEntry> entries) {
        Map<String, RegistryEntry> byKey = new TreeMap<>();
        entries.forEach(entry -> byKey.put(entry.key(), entry));
        return new Registry(version, byKey);
    }

    static Registry ofKeys(long version, Map<String, RegistryEntry> entries) {
        return new Registry(version, entries);
    }

    /** The offset after the last record that this registry includes; it only grows. */
    public long version() {
        return version;
    }

    /** Whether the entry stands in the registry just so. */
    public boolean contains(RegistryEntry entry) {
        return entry.equals(entries.get(entry.key()));
    }

    public Optional<Tenant> tenant(TenantId id) {
        return find(Tenant.class, Tenant.key(id));
    }

    /** The tenants that trust the issuer. */
    public List<Tenant> tenantsOf(URI issuer) {
        return List.copyOf(tenantsByIssuer.getOrDefault(issuer, List.of()));
    }

    public Stream<Tenant> tenants() {
        return entries.values().stream()
                .filter(Tenant.class::isInstance)
                .map(Tenant.class::cast)
                .sorted(Comparator.comparing(Tenant::id));
    }

    public Optional<Database> database(TenantId tenant, DatabaseName name) {
        return find(Database.class, Database.key(tenant, name));
    }

    /** The tenant's databases, by name. */
    public List<Database> databases(TenantId tenant) {
        return List.copyOf(databases.getOrDefault(tenant, List.of()));
    }

    /**
     * All that the tenant's grants allow the subject in the database; empty where none covers it.
     */
    public Set<Scope> granted(TenantId tenant, String subject, DatabaseName database) {
        Set<Scope> scopes = EnumSet.noneOf(Scope.class);
        for (Grant grant : grants.getOrDefault(tenant, List.of())) {
            if (grant.covers(subject, database)) {
                scopes.addAll(grant.scopes());
            }
        }
        return scopes;
    }

    public Optional<GatewayKey> gatewayKey(GatewayId gateway) {
        return find(GatewayKey.class, GatewayKey.key(gateway));
    }

    /** The data key to seal with: the tenant's newest. */
    public Optional<WrappedDataKey> newestDataKey(TenantId tenant) {
        return dataKeys.getOrDefault(tenant, List.of()).stream()
                .max(Comparator.comparing(WrappedDataKey::id));
    }

    /** The tenant's data key of that id; empty where it was erased. */
    public Optional<WrappedDataKey> dataKey(TenantId tenant, String id) {
        return dataKeys.getOrDefault(tenant, List.of()).stream()
                .filter(key -> key.id().equals(id))
                .findFirst();
    }

    public Optional<Suspension> suspension(TenantId tenant, String subject) {
        return find(Suspension.class, Suspension.key(tenant, subject));
    }

    /** The tenant's suspended principals. */
    public List<Suspension> suspensions(TenantId tenant) {
        return List.copyOf(suspensions.getOrDefault(tenant, List.of()));
    }

    private <E extends RegistryEntry> Optional<E> find(Class<E> kind, String key) {
        RegistryEntry entry = entries.get(key);
        return kind.isInstance(entry) ? Optional.of(kind.cast(entry)) : Optional.empty();
    }
}
