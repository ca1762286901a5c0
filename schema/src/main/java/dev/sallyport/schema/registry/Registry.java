package dev.sallyport.schema.registry;

import dev.sallyport.schema.id.DatabaseName;
import dev.sallyport.schema.id.GatewayId;
import dev.sallyport.schema.id.TenantId;
import dev.sallyport.schema.registry.IssuerTrust.Trusted;
import dev.sallyport.schema.seal.WrappedDataKey;
import java.net.URI;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The registry at one moment; immutable. What it does not name does not exist, and what it does not
 * grant is not allowed.
 *
 * <p>A new version shares with the one before all that did not change: only the tenants that
 * changes name, and the issuers that those trust, are indexed again. Every question about a tenant,
 * a subject or an issuer is a look-up, however many of them there are.
 */
public final class Registry {
    /** A registry in which nothing exists. */
    public static final Registry EMPTY = new Registry(0, Map.of(), Map.of(), Map.of());

    private final long version;
    private final Map<TenantId, TenantEntries> tenants;
    private final Map<URI, IssuerTrust> issuers;
    private final Map<GatewayId, GatewayKey> gatewayKeys;

    private Registry(
            long version,
            Map<TenantId, TenantEntries> tenants,
            Map<URI, IssuerTrust> issuers,
            Map<GatewayId, GatewayKey> gatewayKeys) {
        this.version = version;
        this.tenants = tenants;
        this.issuers = issuers;
        this.gatewayKeys = gatewayKeys;
    }

    /** A registry of just these entries; mostly for tests. */
    public static Registry of(long version, Collection<? extends RegistryEntry> entries) {
        Map<String, Optional<RegistryEntry>> changes = new LinkedHashMap<>();
        entries.forEach(entry -> changes.put(entry.key(), Optional.of(entry)));
        return EMPTY.with(version, changes);
    }

    /**
     * The next version: this one with all the changes made.
     *
     * @param changes entries by key; where the entry is absent, the key is removed
     */
    Registry with(long newVersion, Map<String, Optional<RegistryEntry>> changes) {
        Map<TenantId, Map<String, Optional<RegistryEntry>>> byTenant = new HashMap<>();
        Map<GatewayId, GatewayKey> keys = new HashMap<>(gatewayKeys);
        changes.forEach((key, entry) -> {
            switch (RegistryKey.of(key)) {
                case RegistryKey.OfGateway(var gateway) -> {
                    keys.remove(gateway);
                    entry.map(GatewayKey.class::cast).ifPresent(there -> keys.put(gateway, there));
                }
                case RegistryKey.OfTenant(var tenant) ->
                        byTenant.computeIfAbsent(tenant, _ -> new HashMap<>()).put(key, entry);
                case RegistryKey.OfNobody() -> {}
            }
        });
        Map<TenantId, TenantEntries> next = new HashMap<>(tenants);
        Set<URI> touched = new HashSet<>();
        byTenant.forEach((id, changed) -> {
            TenantEntries before = entries(id);
            TenantEntries after = before.with(changed);
            if (after == TenantEntries.NONE) {
                next.remove(id);
            } else {
                next.put(id, after);
            }
            if (!Objects.equals(before.tenant(), after.tenant())) {
                touched.addAll(issuersOf(before.tenant()));
                touched.addAll(issuersOf(after.tenant()));
            }
        });
        return new Registry(newVersion, next, trust(touched, byTenant.keySet(), next), keys);
    }

    private static Set<URI> issuersOf(@Nullable Tenant tenant) {
        Set<URI> uris = new HashSet<>();
        if (tenant != null) {
            tenant.issuers().forEach(issuer -> uris.add(issuer.uri()));
        }
        return uris;
    }

    private Map<URI, IssuerTrust> trust(
            Set<URI> touched, Set<TenantId> changed, Map<TenantId, TenantEntries> next) {
        if (touched.isEmpty()) {
            return issuers;
        }
        Map<URI, List<Trusted>> trusting = new HashMap<>();
        for (URI uri : touched) {
            List<Trusted> same = trusting.computeIfAbsent(uri, _ -> new ArrayList<>());
            issuers.getOrDefault(uri, IssuerTrust.NONE).tenants().stream()
                    .filter(tenant -> !changed.contains(tenant.id()))
                    .forEach(tenant -> addTrust(same, tenant, uri));
        }
        for (TenantId id : changed) {
            Tenant tenant = next.getOrDefault(id, TenantEntries.NONE).tenant();
            if (tenant != null) {
                issuersOf(tenant).stream()
                        .filter(touched::contains)
                        .forEach(uri -> addTrust(trusting.get(uri), tenant, uri));
            }
        }
        Map<URI, IssuerTrust> all = new HashMap<>(issuers);
        trusting.forEach((uri, trusted) -> {
            if (trusted.isEmpty()) {
                all.remove(uri);
            } else {
                all.put(uri, new IssuerTrust(trusted));
            }
        });
        return all;
    }

    private static void addTrust(@Nullable List<Trusted> trusted, Tenant tenant, URI uri) {
        for (Issuer issuer : tenant.issuers()) {
            if (issuer.uri().equals(uri)) {
                Objects.requireNonNull(trusted).add(new Trusted(tenant, issuer));
            }
        }
    }

    private TenantEntries entries(TenantId tenant) {
        return tenants.getOrDefault(tenant, TenantEntries.NONE);
    }

    /** The offset after the last record that this registry includes; it only grows. */
    public long version() {
        return version;
    }

    /**
     * Everything that the registry names under the tenant, by key; gateways' keys are the
     * platform's.
     */
    public SortedMap<String, RegistryEntry> entriesOf(TenantId tenant) {
        if (!tenant.equals(TenantId.PLATFORM)) {
            return entries(tenant).byKey();
        }
        SortedMap<String, RegistryEntry> keys = new TreeMap<>();
        gatewayKeys.values().forEach(key -> keys.put(key.key(), key));
        return Collections.unmodifiableSortedMap(keys);
    }

    /** Whether the entry stands in the registry just so. */
    public boolean contains(RegistryEntry entry) {
        return switch (RegistryKey.of(entry.key())) {
            case RegistryKey.OfGateway(var gateway) -> entry.equals(gatewayKeys.get(gateway));
            case RegistryKey.OfTenant(var tenant) -> entries(tenant).contains(entry);
            case RegistryKey.OfNobody() -> false;
        };
    }

    public Optional<Tenant> tenant(TenantId id) {
        return Optional.ofNullable(entries(id).tenant());
    }

    /**
     * The tenants that trust the issuer. As long as no change concerns the issuer or one of these
     * tenants' own entries, this is the same object in every version.
     */
    public IssuerTrust trust(URI issuer) {
        return issuers.getOrDefault(issuer, IssuerTrust.NONE);
    }

    /** All tenants, by id. */
    public Stream<Tenant> tenants() {
        return tenants.values().stream()
                .map(TenantEntries::tenant)
                .filter(Objects::nonNull)
                .sorted(Comparator.comparing(Tenant::id));
    }

    public Optional<Database> database(TenantId tenant, DatabaseName name) {
        return Optional.ofNullable(entries(tenant).database(name));
    }

    /** The tenant's databases, by name. */
    public List<Database> databases(TenantId tenant) {
        return entries(tenant).databases();
    }

    /** All that the tenant's grants allow the subject, in every database. */
    public Rights rights(TenantId tenant, String subject) {
        return entries(tenant).rights(subject);
    }

    /** The rules that hold calls of the tenant. */
    public TenantRules rules(TenantId tenant) {
        return entries(tenant).rules();
    }

    /** The key of that id, if it is for that purpose: one for another is as good as none. */
    public Optional<GatewayKey> gatewayKey(GatewayId gateway, KeyPurpose purpose) {
        return Optional.ofNullable(gatewayKeys.get(gateway)).filter(key -> key.isFor(purpose));
    }

    /** The data key to seal with: the tenant's newest. */
    public Optional<WrappedDataKey> newestDataKey(TenantId tenant) {
        return Optional.ofNullable(entries(tenant).newestDataKey());
    }

    /** The tenant's data key of that id; empty where it was erased. */
    public Optional<WrappedDataKey> dataKey(TenantId tenant, String id) {
        return Optional.ofNullable(entries(tenant).dataKey(id));
    }

    public Optional<Suspension> suspension(TenantId tenant, String subject) {
        return Optional.ofNullable(entries(tenant).suspension(subject));
    }

    /** The tenant's suspended principals, by subject. */
    public List<Suspension> suspensions(TenantId tenant) {
        return entries(tenant).suspensions();
    }
}
