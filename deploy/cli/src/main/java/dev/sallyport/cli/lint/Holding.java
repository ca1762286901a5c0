package dev.sallyport.cli.lint;

import dev.sallyport.schema.id.DatabaseName;
import dev.sallyport.schema.id.TenantId;
import dev.sallyport.schema.registry.Database;
import dev.sallyport.schema.registry.Grant;
import dev.sallyport.schema.registry.RegistryEntry;
import dev.sallyport.schema.registry.RegistrySnapshot;
import dev.sallyport.schema.registry.Rule;
import dev.sallyport.schema.registry.Scope;
import dev.sallyport.schema.registry.Suspension;
import dev.sallyport.schema.registry.Tenant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.EnumSet;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * All that the registry names under one tenant.
 *
 * @param tenant null where the registry does not name the tenant itself
 * @param suspended subjects
 */
record Holding(
        @Nullable Tenant tenant,
        Map<DatabaseName, Database> databases,
        List<Grant> grants,
        List<Rule> rules,
        Set<String> suspended) {
    /** What lets somebody change something. */
    static final Set<Scope> CHANGING = Set.of(Scope.WRITE, Scope.DELETE, Scope.SQL);

    /** The tenants' holdings, by their ids. */
    static Map<String, Holding> all(Collection<? extends RegistryEntry> entries) {
        Map<String, List<RegistryEntry>> byTenant = new TreeMap<>();
        for (RegistryEntry entry : entries) {
            TenantId tenant = RegistrySnapshot.tenantOf(entry.key());
            if (!tenant.equals(TenantId.PLATFORM)) {
                byTenant.computeIfAbsent(tenant.value(), _ -> new ArrayList<>()).add(entry);
            }
        }
        Map<String, Holding> all = new TreeMap<>();
        byTenant.forEach((tenant, its) -> all.put(tenant, of(its)));
        return all;
    }

    private static Holding of(List<RegistryEntry> entries) {
        Tenant tenant = null;
        Map<DatabaseName, Database> databases =
                new TreeMap<>(Comparator.comparing(DatabaseName::value));
        List<Grant> grants = new ArrayList<>();
        List<Rule> rules = new ArrayList<>();
        Set<String> suspended = new HashSet<>();
        for (RegistryEntry entry : entries) {
            if (entry instanceof Tenant own) {
                tenant = own;
            } else if (entry instanceof Database database) {
                databases.put(database.name(), database);
            } else if (entry instanceof Grant grant) {
                grants.add(grant);
            } else if (entry instanceof Rule rule) {
                rules.add(rule);
            } else if (entry instanceof Suspension suspension) {
                suspended.add(suspension.subject());
            }
        }
        return new Holding(tenant, databases, grants, rules, suspended);
    }

    boolean isReadOnly(Database database) {
        return database.readOnly() || (tenant != null && tenant.readOnly());
    }

    /** All that the subject may do in the database; of {@code *}, what everybody may. */
    Set<Scope> scopes(String subject, DatabaseName database) {
        Set<Scope> scopes = EnumSet.noneOf(Scope.class);
        for (Grant grant : grants) {
            if (grant.databases().contains(database) && concerns(grant, subject)) {
                scopes.addAll(grant.scopes());
            }
        }
        return scopes;
    }

    static boolean concerns(Grant grant, String subject) {
        return grant.subjects().contains(Grant.EVERYONE) || grant.subjects().contains(subject);
    }

    /** Every subject that a grant names, {@code *} too. */
    Set<String> subjects() {
        Set<String> subjects = new HashSet<>();
        grants.forEach(grant -> subjects.addAll(grant.subjects()));
        return subjects;
    }
}
