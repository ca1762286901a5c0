package dev.sallyport.executor.engine.postgresql;

import dev.sallyport.embedded.TestServers;
import dev.sallyport.executor.engine.Call;
import dev.sallyport.executor.engine.Caller;
import dev.sallyport.executor.engine.Cancellation;
import dev.sallyport.executor.engine.Ending;
import dev.sallyport.executor.engine.Engine;
import dev.sallyport.executor.engine.Engines;
import dev.sallyport.executor.engine.Stopwatch;
import dev.sallyport.schema.event.Access;
import dev.sallyport.schema.event.Instruction;
import dev.sallyport.schema.event.Limits;
import dev.sallyport.schema.id.CallId;
import dev.sallyport.schema.id.DatabaseName;
import dev.sallyport.schema.id.TenantId;
import dev.sallyport.schema.registry.Database;
import dev.sallyport.schema.registry.DatabaseKind;
import dev.sallyport.schema.registry.Masking;
import dev.sallyport.schema.secret.SecretReference;
import dev.sallyport.schema.secret.Secrets;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import tools.jackson.databind.JsonNode;

/**
 * A fresh database that the tenants acme and globex share, enrolled, with a login for each. Table
 * customers has three rows of each tenant, and each tenant's rows say whose secret they are.
 */
public final class SharedDatabase implements AutoCloseable {
    public static final TenantId ACME = new TenantId("acme");
    public static final TenantId GLOBEX = new TenantId("globex");
    public static final String PASSWORD = "a password of tests";
    public static final SealKey KEY = SealKey.of("0123456789abcdef0123456789abcdef");

    /** The environment that the databases' secret references name. */
    public static final Map<String, String> ENVIRONMENT =
            Map.of("AGENT_PASSWORD", PASSWORD, "SEAL_KEY", "0123456789abcdef0123456789abcdef");

    static final Duration TIMEOUT = Duration.ofSeconds(10);

    private final String name;
    private final Engines engines;
    private final Connection administrator;

    public SharedDatabase() throws SQLException {
        name = TestServers.freshDatabase("shared");
        administrator = administrator();
        engines = new Engines(new Secrets(ENVIRONMENT), InstantSource.system(), false);
        for (TenantId tenant : List.of(ACME, GLOBEX)) {
            createLogin(administrator, login(tenant));
            Enrolment.enrol(administrator, login(tenant), tenant, KEY);
        }
        try (Statement statement = administrator.createStatement()) {
            statement.execute(
                    """
                    create table customers (
                        id integer primary key,
                        tenant_id text not null,
                        name text not null unique check (name <> ''),
                        balance numeric(12, 2) not null default 0);
                    insert into customers
                    select 10 * t + n, tenant, 'secret of ' || tenant || ' ' || n, n * 10.5
                    from (values (1, 'acme'), (2, 'globex')) as v (t, tenant),
                        generate_series(1, 3) as n;
                    """);
            for (TenantId tenant : List.of(ACME, GLOBEX)) {
                statement.execute(
                        "grant select, insert, update, delete on customers to " + login(tenant));
            }
        }
        Enrolment.protect(administrator, "public", "customers", "tenant_id");
    }

    public static void createLogin(Connection administrator, String role) throws SQLException {
        try (Statement statement = administrator.createStatement()) {
            statement.execute(
                    "create role "
                            + role
                            + " login noinherit nocreaterole nocreatedb password '"
                            + PASSWORD
                            + "'");
        }
    }

    public Connection administrator() throws SQLException {
        return TestServers.postgres().connect(name);
    }

    String databaseName() {
        return name;
    }

    /** Roles are the server's, so they are named after the database. */
    public String login(TenantId tenant) {
        return tenant + "_of_" + name;
    }

    public Database database(TenantId tenant) {
        return database(tenant, 1);
    }

    public Database database(TenantId tenant, int connectionsMax) {
        return database(tenant, connectionsMax, TestServers.postgres().jdbcUrl(name));
    }

    /** The tenant's database as it is reached at a port of this machine. */
    Database reachedAt(TenantId tenant, int port) {
        return database(tenant, 1, "jdbc:postgresql://127.0.0.1:" + port + "/" + name);
    }

    /** The tenant's database at an address where nobody listens. */
    public Database unreachable(TenantId tenant) {
        return database(tenant, 1, "jdbc:postgresql://127.0.0.1:1/nothing");
    }

    private Database database(TenantId tenant, int connectionsMax, String url) {
        return new Database(
                tenant,
                new DatabaseName("main"),
                null,
                DatabaseKind.POSTGRESQL,
                url,
                login(tenant),
                new SecretReference("env:AGENT_PASSWORD"),
                new SecretReference("env:SEAL_KEY"),
                connectionsMax,
                false,
                new Limits(1_000, 1_000_000, 10_000),
                null);
    }

    /** An engine of the tenant's database, which its user closes. */
    Engine engine(TenantId tenant, int connectionsMax) {
        return PostgresEngine.open(
                database(tenant, connectionsMax),
                new Secrets(ENVIRONMENT),
                InstantSource.system(),
                false);
    }

    /** An engine of the tenant's database with these columns tagged, which its user closes. */
    Engine engine(TenantId tenant, Masking masking) {
        Database plain = database(tenant);
        return PostgresEngine.open(
                new Database(
                        plain.tenant(),
                        plain.name(),
                        plain.description(),
                        plain.kind(),
                        plain.jdbcUrl(),
                        plain.user(),
                        plain.password(),
                        plain.sealKey(),
                        plain.connectionsMax(),
                        plain.readOnly(),
                        plain.limits(),
                        plain.statements(),
                        masking),
                new Secrets(ENVIRONMENT),
                InstantSource.system(),
                false);
    }

    /** A call of the statement, which has as long as its limits say. */
    static Call call(TenantId tenant, Limits limits, String sql, List<JsonNode> values) {
        return new Call(
                caller(tenant),
                limits,
                Instant.now().plusMillis(limits.timeoutMillis()),
                null,
                new Instruction.Statement(sql, values));
    }

    Session session(TenantId tenant) {
        return ((PostgresEngine) engines.of(database(tenant))).session();
    }

    static Caller caller(TenantId tenant) {
        return new Caller(tenant, "alice@" + tenant, CallId.next());
    }

    /** Runs one statement as the tenant and gives all its values, row after row. */
    Transaction<List<String>> run(TenantId tenant, Access access, String sql) {
        return run(caller(tenant), access, sql);
    }

    Transaction<List<String>> run(Caller caller, Access access, String sql) {
        return run(session(caller.tenant()), caller, access, sql);
    }

    static Transaction<List<String>> run(
            Session session, Caller caller, Access access, String sql) {
        return run(
                session,
                caller,
                Ending.of(
                        access,
                        access == Access.COMMIT_IF ? "no effect's" : null,
                        Ending.Confirmation.GIVEN),
                sql);
    }

    static Transaction<List<String>> run(
            Session session, Caller caller, Ending ending, String sql) {
        return session.as(
                caller,
                ending,
                TIMEOUT,
                new Cancellation(),
                new Stopwatch(),
                new Work<>(
                        "",
                        sql,
                        List.of(),
                        0,
                        new Texts(),
                        new EffectCursor(
                                0,
                                new Pace(
                                        new Cancellation(),
                                        System.nanoTime() + TIMEOUT.toNanos()))));
    }

    /** All values as texts. */
    private static final class Texts implements Work.Taking<List<String>> {
        private final Backend.Texts texts = new Backend.Texts();

        @Override
        public void columns(String[] names, int[] types) {
            texts.columns(names, types);
        }

        @Override
        public boolean wants(int bytes) {
            return true;
        }

        @Override
        public void row(byte[] bytes, int columns) {
            texts.row(bytes, columns);
        }

        @Override
        public List<String> made(long affected) {
            return texts.values.stream().map(String::valueOf).toList();
        }
    }

    /** The values of a statement that must succeed. */
    List<String> values(TenantId tenant, Access access, String sql) {
        return switch (run(tenant, access, sql)) {
            case Transaction.Done<List<String>> done -> done.value();
            case Transaction.DoneBefore<List<String>> _ -> throw new AssertionError("done before");
            case Transaction.Changed<List<String>> _ -> throw new AssertionError("changed");
            case Transaction.Failed<List<String>> failed ->
                    throw new AssertionError("failed: " + failed.stage(), failed.cause());
            case Transaction.Unknown<List<String>> unknown ->
                    throw new AssertionError("unknown", unknown.cause());
        };
    }

    /** What the administrator, who stands above policies, reads: the first column. */
    public List<String> truth(String sql) throws SQLException {
        List<String> values = new ArrayList<>();
        try (Statement statement = administrator.createStatement();
                ResultSet rows = statement.executeQuery(sql)) {
            while (rows.next()) {
                values.add(rows.getString(1));
            }
        }
        return values;
    }

    /** Lets the tenants' agents read and change these tables, each under its tenant's policy. */
    void protect(List<String> tables, TenantId... tenants) throws SQLException {
        for (String table : tables) {
            for (TenantId tenant : tenants) {
                administer(
                        "grant select, insert, update, delete on "
                                + table
                                + " to "
                                + login(tenant));
            }
            try (Connection administrator = administrator()) {
                Enrolment.protect(administrator, "public", table, "tenant_id");
            }
        }
    }

    /** Keeps everybody else out of the table until it is closed. */
    public Connection lock(String table) throws SQLException {
        Connection holder = administrator();
        holder.setAutoCommit(false);
        try (Statement statement = holder.createStatement()) {
            statement.execute("lock table " + table + " in access exclusive mode");
        }
        return holder;
    }

    public void administer(String sql) throws SQLException {
        try (Statement statement = administrator.createStatement()) {
            statement.execute(sql);
        }
    }

    @Override
    public void close() throws SQLException {
        engines.close();
        administrator.close();
    }
}
