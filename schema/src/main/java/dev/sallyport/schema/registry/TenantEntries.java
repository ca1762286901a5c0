package dev.sallyport.schema.registry;

import dev.sallyport.schema.id.DatabaseName;
import dev.sallyport.schema.seal.WrappedDataKey;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * Everything that the registry names under one tenant, and the index of it. The contents never
 * change; a version of the registry shares them with the one before where nothing of the tenant
 * changed.
 */
final class TenantEntries {
    static final TenantEntries NONE = new TenantEntries(Map.of());

    private final Map<String, RegistryEntry> byKey;
    private final @Nullable Tenant tenant;
    private final Map<DatabaseName, Database> databases = new HashMap<>();
    private final Map<String, List<Grant>> grants = new HashMap<>();
    private final Map<String, WrappedDataKey> dataKeys = new HashMap<>();
    private final Map<String, Suspension> suspensions = new HashMap<>();
    private final @Nullable WrappedDataKey newestDataKey;
    private final Rights everyone;
    private final TenantRules rules;

    /** Worked out when first asked for; as many at the most as subjects that grants name. */
    private final Map<String, Rights> rights = new ConcurrentHashMap<>();

    private TenantEntries(Map<String, RegistryEntry> byKey) {
        this.byKey = byKey;
        Tenant self = null;
        WrappedDataKey newest = null;
        List<Rule> ruling = new ArrayList<>();
        for (RegistryEntry entry : byKey.values()) {
            switch (entry) {
                case Tenant found -> self = found;
                case Database database -> databases.put(database.name(), database);
                case Grant grant ->
                        grant.subjects()
                                .forEach(subject ->
                                        grants.computeIfAbsent(subject, _ -> new ArrayList<>())
                                                .add(grant));
                case DataKeyEntry(var key) -> {
                    dataKeys.put(key.id(), key);
                    newest = newest == null || newest.id().compareTo(key.id()) < 0 ? key : newest;
                }
                case Rule rule -> ruling.add(rule);
                case Suspension suspension -> suspensions.put(suspension.subject(), suspension);
                case GatewayKey _ -> {}
            }
        }
        this.tenant = self;
        this.newestDataKey = newest;
        this.rules = TenantRules.of(ruling);
        this.everyone = Rights.of(grants.getOrDefault(Grant.EVERYONE, List.of()), databases);
    }

    /** These with the changes made: entries by key, absent ones removed. */
    TenantEntries with(Map<String, Optional<RegistryEntry>> changes) {
        Map<String, RegistryEntry> changed = new HashMap<>(byKey);
        changes.forEach((key, entry) ->
                entry.ifPresentOrElse(there -> changed.put(key, there), () -> changed.remove(key)));
        return changed.isEmpty() ? NONE : new TenantEntries(changed);
    }

    SortedMap<String, RegistryEntry> byKey() {
        return Collections.unmodifiableSortedMap(new TreeMap<>(byKey));
    }

    boolean contains(RegistryEntry entry) {
        return entry.equals(byKey.get(entry.key()));
    }

    @Nullable Tenant tenant() {
        return tenant;
    }

    @Nullable Database database(DatabaseName name) {
        return databases.get(name);
    }

    List<Database> databases() {
        return databases.values().stream().sorted(Rights.BY_NAME).toList();
    }

    Rights rights(String subject) {
        Rights known = rights.get(subject);
        if (known != null) {
            return known;
        }
        List<Grant> own = grants.get(subject);
        return own == null || subject.equals(Grant.EVERYONE)
                ? everyone
                : rights.computeIfAbsent(subject, _ -> sum(own));
    }

    private Rights sum(List<Grant> own) {
        List<Grant> all = new ArrayList<>(own);
        all.addAll(grants.getOrDefault(Grant.EVERYONE, List.of()));
        return Rights.of(all, databases);
    }

    TenantRules rules() {
        return rules;
    }

    @Nullable WrappedDataKey newestDataKey() {
        return newestDataKey;
    }

    @Nullable WrappedDataKey dataKey(String id) {
        return dataKeys.get(id);
    }

    @Nullable Suspension suspension(String subject) {
        return suspensions.get(subject);
    }

    List<Suspension> suspensions() {
        return suspensions.values().stream()
                .sorted(Comparator.comparing(Suspension::subject))
                .toList();
    }
}
