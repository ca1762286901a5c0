package dev.sallyport.audit.store;

import java.sql.Connection;
import java.sql.SQLException;

/**
 * Makes the two roles of the audit log in a new database: what an administrator does once, by hand
 * or with this.
 *
 * @param owner the role that will own the tables
 * @param ownerPassword its password
 * @param user the runtime role
 * @param password its password
 */
public record AuditRoles(String owner, String ownerPassword, String user, String password) {
    public AuditRoles {
        DatabaseSettings.requireRole("owner", owner);
        DatabaseSettings.requireRole("user", user);
    }

    /**
     * Creates the roles where they are missing, sets their passwords, and lets the owner create the
     * schema.
     *
     * @param administrator a connection to the audit log's database with the right to create roles
     */
    public void enrol(Connection administrator) throws SQLException {
        role(administrator, owner, ownerPassword);
        role(administrator, user, password);
        try (var statement = administrator.createStatement()) {
            statement.execute(
                    "GRANT CREATE, CONNECT ON DATABASE "
                            + quoted(administrator.getCatalog())
                            + " TO "
                            + quoted(owner));
            statement.execute(
                    "GRANT CONNECT ON DATABASE "
                            + quoted(administrator.getCatalog())
                            + " TO "
                            + quoted(user));
        }
    }

    private static void role(Connection administrator, String role, String password)
            throws SQLException {
        boolean present;
        try (var query = administrator.prepareStatement("SELECT FROM pg_roles WHERE rolname = ?")) {
            query.setString(1, role);
            try (var rows = query.executeQuery()) {
                present = rows.next();
            }
        }
        try (var statement = administrator.createStatement()) {
            // CREATE ROLE takes no parameters
            statement.execute(
                    (present ? "ALTER ROLE " : "CREATE ROLE ")
                            + quoted(role)
                            + " LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOBYPASSRLS PASSWORD '"
                            + password.replace("'", "''")
                            + "'");
        }
    }

    private static String quoted(String identifier) {
        return '"' + identifier.replace("\"", "\"\"") + '"';
    }
}
