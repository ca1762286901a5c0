package dev.sallyport.executor.engine.postgresql;

import dev.sallyport.executor.engine.Finding;
import dev.sallyport.executor.failure.ExecutorException;
import dev.sallyport.schema.id.TenantId;
import dev.sallyport.schema.registry.Masking;
import dev.sallyport.schema.secret.Secret;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.sql.Timestamp;
import java.sql.Types;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Prepares a tenant's PostgreSQL database (14 or newer) for an executor: schema {@code sallyport}
 * with the sealed context and the ledger, and the login that agents' statements run under. Every
 * step may be repeated. The connection is an administrator's: it may create roles and schemas, and
 * it is given back with auto-commit as it was.
 */
public final class Enrolment {
    /** The version of the enrolment script. */
    public static final int VERSION = 2;

    private static final String SCRIPT = "enrolment-v" + VERSION + ".sql";
    private static final int SERVER_VERSION_MIN = 14;

    private Enrolment() {}

    /**
     * A connection for the steps below, encrypted as an executor's are.
     *
     * @param jdbcUrl in the form that the registry takes
     * @param user an administrator of the database
     * @throws ExecutorException {@code database_url_refused}; {@code database_unreachable}
     */
    public static Connection connect(String jdbcUrl, String user, Secret password) {
        try {
            return DriverManager.getConnection(
                    DatabaseUrl.checked(jdbcUrl, false), user, password.value());
        } catch (SQLException e) {
            throw new ExecutorException(
                    "database_unreachable",
                    "the database cannot be entered as "
                            + user
                            + " (SQLSTATE "
                            + e.getSQLState()
                            + "): "
                            + e.getMessage(),
                    e);
        }
    }

    /**
     * Enrols the database and one login.
     *
     * @param role the login's role; it exists, and is an ordinary one
     * @param tenant the one tenant that may be entered through this login, or null when several
     *     tenants share it
     * @param key shared with the executor; another key than before replaces it, and the one before
     *     stays valid for an hour; each login has its own
     * @throws ExecutorException {@code enrolment_refused} when the role stands above row-level
     *     security or the database is not fit; {@code enrolment_failed} when the database says no
     */
    public static void enrol(
            Connection administrator, String role, @Nullable TenantId tenant, SealKey key) {
        enrol(administrator, role, tenant, key, List.of());
    }

    /**
     * Enrols the database and one login, and leaves what the hardening takes to the roles that go
     * on needing it, so that they lack it at no time.
     *
     * @param keepers as of {@link #harden}
     * @see #enrol(Connection, String, TenantId, SealKey)
     */
    public static void enrol(
            Connection administrator,
            String role,
            @Nullable TenantId tenant,
            SealKey key,
            List<String> keepers) {
        inTransaction(
                administrator,
                () -> {
                    refuseUnfitDatabase(administrator);
                    refuseUnfitRole(administrator, role);
                    try (Statement statement = administrator.createStatement()) {
                        statement.execute(script());
                    }
                    putLogin(administrator, role, tenant, key);
                    hideActivity(administrator, role);
                    Hardening.harden(administrator, keepers);
                });
    }

    /**
     * Takes from PUBLIC what lets callers see or disturb each other beside the rows, as {@link
     * #enrol} does, and gives it to the roles that go on needing it. What the administrator may not
     * take stays; the doctor names it.
     *
     * @param keepers roles of the owner's own applications, none of them an agent's login; the
     *     database's owner, pg_monitor and pg_signal_backend keep theirs unasked
     * @return the SQL that did it, for whoever reviews it; empty when nothing was left to do
     * @throws ExecutorException {@code enrolment_refused} for a keeper that is an agent's login;
     *     {@code enrolment_failed} when the database says no or is not enrolled
     */
    public static List<String> harden(Connection administrator, List<String> keepers) {
        List<String> statements = new ArrayList<>();
        inTransaction(
                administrator, () -> statements.addAll(Hardening.harden(administrator, keepers)));
        return List.copyOf(statements);
    }

    /** The SQL that {@link #soften} would run; nothing is changed. */
    public static List<String> softening(Connection administrator) {
        try {
            return Hardening.plannedUndoing(administrator);
        } catch (SQLException e) {
            throw failed(e);
        }
    }

    /**
     * Undoes all that the hardening did. Agents' logins then see and disturb what PostgreSQL lets
     * everybody see and disturb; enrolling again hardens again.
     *
     * @return the SQL that did it
     * @throws ExecutorException {@code enrolment_failed} when the database says no
     */
    public static List<String> soften(Connection administrator) {
        List<String> statements = new ArrayList<>();
        inTransaction(administrator, () -> statements.addAll(Hardening.soften(administrator)));
        return List.copyOf(statements);
    }

    /**
     * The SQL that {@link #harden} would run, for an administrator to run by hand in one
     * transaction; nothing is changed. It also notes what undoes it, for {@link #soften}.
     */
    public static List<String> hardening(Connection administrator, List<String> keepers) {
        try {
            return Hardening.planned(administrator, keepers);
        } catch (SQLException e) {
            throw failed(e);
        }
    }

    /**
     * Puts a table under the tenant's policy: row-level security, forced for its owner too, and the
     * one policy {@code sallyport_tenant} for all roles.
     *
     * @param tenantColumn holds the tenant's id; the claim is cast to the column's type, without
     *     its length, which would cut the claim
     */
    public static void protect(
            Connection administrator, String schema, String table, String tenantColumn) {
        String name = quoted(schema) + "." + quoted(table);
        inTransaction(
                administrator,
                () -> {
                    String type = columnType(administrator, name, tenantColumn);
                    String own =
                            quoted(tenantColumn)
                                    + " = (select sallyport.claim('tenant'))"
                                    + ("text".equals(type) ? "" : "::" + type);
                    try (Statement statement = administrator.createStatement()) {
                        statement.execute("alter table " + name + " enable row level security");
                        statement.execute("alter table " + name + " force row level security");
                        statement.execute("drop policy if exists sallyport_tenant on " + name);
                        statement.execute(
                                "create policy sallyport_tenant on "
                                        + name
                                        + " using ("
                                        + own
                                        + ") with check ("
                                        + own
                                        + ")");
                    }
                });
    }

    /**
     * Takes the columns that are tagged from a login and makes the views that show them masked, or
     * brings both up to date; may be repeated. Rights that were granted to the login on the tables
     * since the masks were put are lost: undo the masks first.
     *
     * @param role a login that is enrolled
     * @return the SQL that did it, for whoever reviews it
     * @throws ExecutorException {@code enrolment_refused} where a mask would not hold; {@code
     *     enrolment_failed} when the database says no or its enrolment is older than masks
     */
    public static List<String> mask(Connection administrator, String role, Masking masking) {
        List<String> statements = new ArrayList<>();
        inTransaction(
                administrator, () -> statements.addAll(Masks.put(administrator, role, masking)));
        return List.copyOf(statements);
    }

    /** The SQL that {@link #mask} would run, for an administrator to run in one transaction. */
    public static List<String> masking(Connection administrator, String role, Masking masking) {
        return planned(administrator, () -> Masks.put(administrator, role, masking));
    }

    /**
     * Gives the login back all that {@link #mask} took. Executors then refuse to run anything in
     * the database as long as its registry entry has tags.
     *
     * @return the SQL that did it; empty when nothing was masked
     * @throws ExecutorException {@code enrolment_failed} when the database says no
     */
    public static List<String> unmask(Connection administrator, String role) {
        List<String> statements = new ArrayList<>();
        inTransaction(administrator, () -> statements.addAll(Masks.remove(administrator, role)));
        return List.copyOf(statements);
    }

    /** The SQL that {@link #unmask} would run; nothing is changed. */
    public static List<String> unmasking(Connection administrator, String role) {
        return planned(administrator, () -> Masks.remove(administrator, role));
    }

    private interface Plan {
        List<String> statements() throws SQLException;
    }

    private static List<String> planned(Connection administrator, Plan plan) {
        try {
            boolean autoCommit = administrator.getAutoCommit();
            administrator.setAutoCommit(false);
            try {
                return List.copyOf(plan.statements());
            } finally {
                administrator.rollback();
                administrator.setAutoCommit(autoCommit);
            }
        } catch (SQLException e) {
            throw failed(e);
        }
    }

    /** What the role could reach beside the sealed context; empty when the database is clean. */
    public static List<Finding> doctor(Connection connection, String role) {
        try {
            return Doctor.examine(connection, role);
        } catch (SQLException e) {
            throw failed(e);
        }
    }

    /**
     * Forgets ledger entries of calls that were entered before the instant. A call that is
     * delivered again after that would run again, so keep at least as much as Kafka keeps.
     *
     * @return how many were forgotten
     */
    public static int forget(Connection administrator, Instant before) {
        try (PreparedStatement statement =
                administrator.prepareStatement(
                        "delete from sallyport.ledger where entered_at < ?")) {
            statement.setTimestamp(1, Timestamp.from(before));
            return statement.executeUpdate();
        } catch (SQLException e) {
            throw failed(e);
        }
    }

    private static void refuseUnfitDatabase(Connection administrator) throws SQLException {
        int version = administrator.getMetaData().getDatabaseMajorVersion();
        if (version < SERVER_VERSION_MIN) {
            throw refused(
                    "PostgreSQL "
                            + SERVER_VERSION_MIN
                            + " or newer is needed, the server is "
                            + version);
        }
        String encoding = text(administrator, "show server_encoding");
        if ("SQL_ASCII".equals(encoding)) {
            throw refused("the database needs an encoding, such as UTF8; it has SQL_ASCII");
        }
    }

    private static void refuseUnfitRole(Connection administrator, String role) throws SQLException {
        List<String> faults = RoleFaults.of(administrator, role);
        if (!faults.isEmpty()) {
            throw refused(
                    "role "
                            + role
                            + " cannot be an agent's login: "
                            + String.join(", ", faults)
                            + ". Right would be: create role "
                            + role
                            + " login nosuperuser nobypassrls noinherit nocreaterole nocreatedb"
                            + " noreplication, member of nothing, owner of nothing");
        }
    }

    private static void putLogin(
            Connection administrator, String role, @Nullable TenantId tenant, SealKey key)
            throws SQLException {
        try (Statement statement = administrator.createStatement()) {
            statement.execute("set local role sallyport");
            String login = quoted(role);
            statement.execute("revoke all on schema sallyport from " + login);
            statement.execute("revoke all on all tables in schema sallyport from " + login);
            statement.execute("revoke all on all functions in schema sallyport from " + login);
            statement.execute(
                    "grant execute on function sallyport.open(integer), sallyport.enter(),"
                            + " sallyport.effect(integer, jsonb, integer), sallyport.start(),"
                            + " sallyport.changes(), sallyport.changes_since(jsonb),"
                            + " sallyport.own_transactions(), sallyport.hindrances(jsonb),"
                            + " sallyport.rows_query(oid), sallyport.rows_now(oid, xid[]),"
                            + " sallyport.rows_held(oid, xid[]), sallyport.unmasked(jsonb),"
                            + " sallyport.settle(bigint), sallyport.enter(bytea, text, text, text,"
                            + " uuid, bigint, integer, integer, integer) to "
                            + login);
        }
        try (PreparedStatement put =
                        administrator.prepareStatement(
                                """
                                insert into sallyport.login as l (role, tenant, inner_block, outer_block)
                                values (?, ?, ?, ?)
                                on conflict (role) do update set tenant = excluded.tenant,
                                    inner_block = excluded.inner_block, outer_block = excluded.outer_block,
                                    inner_block_before = case when l.inner_block = excluded.inner_block
                                        then l.inner_block_before else l.inner_block end,
                                    outer_block_before = case when l.inner_block = excluded.inner_block
                                        then l.outer_block_before else l.outer_block end,
                                    before_until = case when l.inner_block = excluded.inner_block
                                        then l.before_until
                                        else transaction_timestamp() + interval '1 hour' end
                                """);
                Statement statement = administrator.createStatement()) {
            put.setString(1, role);
            if (tenant == null) {
                put.setNull(2, Types.VARCHAR);
            } else {
                put.setString(2, tenant.value());
            }
            put.setBytes(3, key.innerBlock());
            put.setBytes(4, key.outerBlock());
            put.executeUpdate();
            statement.execute("reset role");
        }
    }

    /**
     * A role sees its own sessions' statements: principals, and tenants, that share one must not
     * read each other's.
     */
    private static void hideActivity(Connection administrator, String role) throws SQLException {
        if ("on".equals(text(administrator, "show is_superuser"))) {
            try (Statement statement = administrator.createStatement()) {
                statement.execute("alter role " + quoted(role) + " set track_activities = off");
            }
        }
    }

    private static String columnType(Connection connection, String table, String column)
            throws SQLException {
        try (PreparedStatement statement =
                connection.prepareStatement(
                        """
                        select pg_catalog.format_type(atttypid, -1)
                        from pg_catalog.pg_attribute
                        where attrelid = ?::regclass and attname = ? and not attisdropped
                        """)) {
            statement.setString(1, table);
            statement.setString(2, column);
            try (ResultSet rows = statement.executeQuery()) {
                if (!rows.next()) {
                    throw refused("table " + table + " has no column " + column);
                }
                return rows.getString(1);
            }
        }
    }

    private interface Step {
        void run() throws SQLException;
    }

    private static void inTransaction(Connection connection, Step step) {
        try {
            boolean autoCommit = connection.getAutoCommit();
            connection.setAutoCommit(false);
            try {
                step.run();
                connection.commit();
            } catch (SQLException | RuntimeException e) {
                connection.rollback();
                throw e;
            } finally {
                connection.setAutoCommit(autoCommit);
            }
        } catch (SQLException e) {
            throw failed(e);
        }
    }

    private static String script() {
        try (InputStream script = Enrolment.class.getResourceAsStream(SCRIPT)) {
            if (script == null) {
                throw new IllegalStateException("the jar lacks " + SCRIPT);
            }
            return new String(script.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new IllegalStateException("the jar's " + SCRIPT + " cannot be read", e);
        }
    }

    static String quoted(String identifier) {
        return '"' + identifier.replace("\"", "\"\"") + '"';
    }

    private static String text(Connection connection, String query) throws SQLException {
        List<String> values = new ArrayList<>();
        try (Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery(query)) {
            while (rows.next()) {
                values.add(rows.getString(1));
            }
        }
        return String.join(",", values);
    }

    static ExecutorException refused(String why) {
        return new ExecutorException("enrolment_refused", why);
    }

    private static ExecutorException failed(SQLException e) {
        return new ExecutorException(
                "enrolment_failed",
                "the database refused an enrolment step (SQLSTATE "
                        + e.getSQLState()
                        + "): "
                        + e.getMessage(),
                e);
    }
}
