package dev.sallyport.schema.registry;

import com.fasterxml.jackson.annotation.JsonIgnore;
import dev.sallyport.schema.id.DatabaseName;
import dev.sallyport.schema.id.TenantId;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * What some of a tenant's people may do in some of its databases. A token's scopes are a ceiling;
 * without a grant there is nothing below it.
 *
 * @param name unique within the tenant
 * @param subjects the tokens' subjects; {@code *} is everyone of the tenant
 * @param databases which databases
 * @param scopes what may be done there
 * @param statistics whether they may see plans, whose estimates come from all rows of a database,
 *     other tenants' rows included
 */
public record Grant(
        TenantId tenant,
        String name,
        Set<String> subjects,
        Set<DatabaseName> databases,
        Set<Scope> scopes,
        boolean statistics)
        implements RegistryEntry {
    /** In {@code subjects}: everyone of the tenant. */
    public static final String EVERYONE = "*";

    private static final Pattern NAME = Pattern.compile("[a-z0-9][a-z0-9_-]{0,62}");

    public Grant {
        if (!NAME.matcher(name).matches()) {
            throw new IllegalArgumentException(
                    "a grant's name must be 1 to 63 of a-z, 0-9, - and _: " + name);
        }
        subjects = Set.copyOf(subjects);
        databases = Set.copyOf(databases);
        scopes = Set.copyOf(scopes);
    }

    /** A grant without statistics. */
    public Grant(
            TenantId tenant,
            String name,
            Set<String> subjects,
            Set<DatabaseName> databases,
            Set<Scope> scopes) {
        this(tenant, name, subjects, databases, scopes, false);
    }

    @Override
    @JsonIgnore
    public String key() {
        return "grant/" + tenant + "/" + name;
    }
}
