package dev.sallyport.schema.registry;

import com.fasterxml.jackson.annotation.JsonIgnore;
import dev.sallyport.schema.event.Limits;
import dev.sallyport.schema.id.DatabaseName;
import dev.sallyport.schema.id.TenantId;
import dev.sallyport.schema.secret.SecretReference;
import org.jspecify.annotations.Nullable;

/**
 * A tenant's database. It names its secrets and holds none.
 *
 * @param description for the agent that lists the databases
 * @param jdbcUrl without user and password
 * @param user the login that agents' statements run as
 * @param password where the login's password is
 * @param sealKey where the key is that seals the context; the database has the same key
 * @param connectionsMax connections that one executor opens at the most
 * @param readOnly whether nobody may write in it
 * @param limits the most that one call may take
 * @param statements what its owner allows to statements; null is {@link StatementRules#NONE}
 * @param masking the columns whose values callers do not see; null where there are none
 */
public record Database(
        TenantId tenant,
        DatabaseName name,
        @Nullable String description,
        DatabaseKind kind,
        String jdbcUrl,
        String user,
        SecretReference password,
        SecretReference sealKey,
        int connectionsMax,
        boolean readOnly,
        Limits limits,
        @Nullable StatementRules statements,
        @Nullable Masking masking)
        implements RegistryEntry {
    public Database {
        if (!jdbcUrl.startsWith("jdbc:" + kind.wire() + "://")) {
            // the URL is not repeated: somebody may have put a password into it
            throw new IllegalArgumentException(
                    "jdbcUrl must start with jdbc:" + kind.wire() + "://");
        }
        if (jdbcUrl.contains("password=") || jdbcUrl.contains("@")) {
            throw new IllegalArgumentException(
                    "jdbcUrl must not hold credentials: name them with user and password");
        }
        if (connectionsMax < 1) {
            throw new IllegalArgumentException(
                    "connectionsMax must be positive: " + connectionsMax);
        }
    }

    /** A database without masked columns. */
    public Database(
            TenantId tenant,
            DatabaseName name,
            @Nullable String description,
            DatabaseKind kind,
            String jdbcUrl,
            String user,
            SecretReference password,
            SecretReference sealKey,
            int connectionsMax,
            boolean readOnly,
            Limits limits,
            @Nullable StatementRules statements) {
        this(
                tenant,
                name,
                description,
                kind,
                jdbcUrl,
                user,
                password,
                sealKey,
                connectionsMax,
                readOnly,
                limits,
                statements,
                null);
    }

    /** What statements may do here beyond what is allowed everywhere. */
    @JsonIgnore
    public StatementRules rules() {
        return statements == null ? StatementRules.NONE : statements;
    }

    @Override
    @JsonIgnore
    public String key() {
        return key(tenant, name);
    }

    public static String key(TenantId tenant, DatabaseName name) {
        return "database/" + tenant + "/" + name;
    }
}
