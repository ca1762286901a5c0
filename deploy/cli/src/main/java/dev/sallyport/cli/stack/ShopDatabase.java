package dev.sallyport.cli.stack;

import dev.sallyport.embedded.EmbeddedPostgres;
import dev.sallyport.executor.engine.Finding;
import dev.sallyport.executor.engine.postgresql.Enrolment;
import dev.sallyport.executor.engine.postgresql.SealKey;
import dev.sallyport.schema.id.TenantId;
import dev.sallyport.schema.secret.Secret;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.Map;

/**
 * The demonstration's database: two tenants' rows in the same tables, kept apart by the sealed
 * context.
 */
final class ShopDatabase {
    static final String NAME = "shop";
    private static final List<String> TABLES =
            List.of("customers", "orders", "payments", "employees");

    private ShopDatabase() {}

    static String login(TenantId tenant) {
        return tenant.value().replace('-', '_') + "_agent";
    }

    /**
     * Makes the database where it is not there yet, and enrols every tenant's login; may be
     * repeated.
     *
     * @throws SQLException if PostgreSQL says no
     * @throws IllegalStateException if the doctor finds that something would leak
     */
    static void prepare(EmbeddedPostgres postgres, Map<TenantId, Secret> passwords, SealKey sealKey)
            throws SQLException {
        if (!exists(postgres, NAME)) {
            postgres.createDatabase(NAME);
        }
        try (Connection connection = postgres.connect(NAME)) {
            for (Map.Entry<TenantId, Secret> entry : passwords.entrySet()) {
                String role = login(entry.getKey());
                putLogin(connection, role, entry.getValue());
                Enrolment.enrol(connection, role, entry.getKey(), sealKey);
            }
            if (!hasTables(connection)) {
                fill(connection);
            }
            for (Map.Entry<TenantId, Secret> entry : passwords.entrySet()) {
                String role = login(entry.getKey());
                grant(connection, role);
                List<Finding> findings = Enrolment.doctor(connection, role);
                if (findings.stream().anyMatch(f -> f.severity() != Finding.Severity.ADVICE)) {
                    throw new IllegalStateException("the database would leak: " + findings);
                }
            }
        }
    }

    static String passwordName(TenantId tenant) {
        return "shop-" + tenant + "-password";
    }

    static boolean exists(EmbeddedPostgres postgres, String database) throws SQLException {
        try (Connection connection = postgres.connect("postgres");
                PreparedStatement statement =
                        connection.prepareStatement("select from pg_database where datname = ?")) {
            statement.setString(1, database);
            try (ResultSet rows = statement.executeQuery()) {
                return rows.next();
            }
        }
    }

    private static boolean hasTables(Connection connection) throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet rows =
                        statement.executeQuery(
                                "select to_regclass('public.employees') is not null")) {
            return rows.next() && rows.getBoolean(1);
        }
    }

    /** All or nothing: a start that was cut off leaves no half-filled table. */
    private static void fill(Connection connection) throws SQLException {
        connection.setAutoCommit(false);
        try (Statement statement = connection.createStatement()) {
            statement.execute(script());
            connection.commit();
        } catch (SQLException e) {
            connection.rollback();
            throw e;
        } finally {
            connection.setAutoCommit(true);
        }
        for (String table : TABLES) {
            Enrolment.protect(connection, "public", table, "tenant_id");
        }
    }

    /**
     * The login's name is made of a tenant id, which holds no quote; the password goes through
     * format().
     */
    private static void putLogin(Connection connection, String role, Secret password)
            throws SQLException {
        String verb;
        try (PreparedStatement statement =
                connection.prepareStatement("select from pg_roles where rolname = ?")) {
            statement.setString(1, role);
            try (ResultSet rows = statement.executeQuery()) {
                verb = rows.next() ? "alter" : "create";
            }
        }
        try (PreparedStatement format =
                connection.prepareStatement(
                        "select format('%s role %I login nosuperuser nobypassrls noinherit"
                                + " nocreatedb nocreaterole noreplication password %L', ?, ?, ?)")) {
            format.setString(1, verb);
            format.setString(2, role);
            format.setString(3, password.value());
            execute(connection, format);
        }
    }

    private static void grant(Connection connection, String role) throws SQLException {
        try (PreparedStatement format =
                connection.prepareStatement(
                        "select format('grant select, insert, update, delete on all"
                                + " tables in schema public to %1$I', ?)")) {
            format.setString(1, role);
            execute(connection, format);
        }
    }

    private static void execute(Connection connection, PreparedStatement format)
            throws SQLException {
        try (ResultSet rows = format.executeQuery();
                Statement statement = connection.createStatement()) {
            rows.next();
            statement.execute(rows.getString(1));
        }
    }

    private static String script() {
        try (InputStream in = ShopDatabase.class.getResourceAsStream("shop.sql")) {
            if (in == null) {
                throw new IllegalStateException("the jar lacks shop.sql");
            }
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new IllegalStateException("shop.sql cannot be read", e);
        }
    }
}
