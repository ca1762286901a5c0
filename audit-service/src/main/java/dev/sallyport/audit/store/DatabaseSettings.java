package dev.sallyport.audit.store;

import dev.sallyport.schema.config.Default;
import dev.sallyport.schema.config.Example;
import dev.sallyport.schema.secret.SecretReference;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * How to reach the audit log's PostgreSQL database.
 *
 * @param jdbcUrl where it is
 * @param user the runtime role: it may insert and select, and nothing else
 * @param password the runtime role's password
 * @param owner the role that owns the tables and runs the migrations; absent where they are run
 *     elsewhere
 * @param ownerPassword the owner's password
 * @param connectionsMax the most connections that the service opens
 */
public record DatabaseSettings(
        @Example("jdbc:postgresql://localhost:5432/sallyport_audit") String jdbcUrl,
        @Default("sallyport_audit") String user,
        @Example("file:/run/secrets/audit-db") SecretReference password,
        @Example("sallyport_audit_owner") @Nullable String owner,
        @Example("file:/run/secrets/audit-db-owner") @Nullable SecretReference ownerPassword,
        @Default("8") int connectionsMax) {
    private static final Pattern ROLE = Pattern.compile("[a-z_][a-z0-9_]{0,62}");

    public DatabaseSettings {
        if (!jdbcUrl.startsWith("jdbc:postgresql:")) {
            throw new IllegalArgumentException("jdbcUrl must begin with jdbc:postgresql:");
        }
        requireRole("user", user);
        if (owner != null) {
            requireRole("owner", owner);
            if (ownerPassword == null) {
                throw new IllegalArgumentException(
                        "ownerPassword must be given where owner is: " + owner);
            }
            if (owner.equals(user)) {
                throw new IllegalArgumentException(
                        "user and owner must be two roles, or the log could be altered: " + user);
            }
        }
        if (connectionsMax < 2) {
            throw new IllegalArgumentException(
                    "connectionsMax must be at least 2: " + connectionsMax);
        }
    }

    static void requireRole(String what, String role) {
        if (!ROLE.matcher(role).matches()) {
            throw new IllegalArgumentException(
                    what + " must be a role's name of a-z, 0-9 and _: " + role);
        }
    }
}
