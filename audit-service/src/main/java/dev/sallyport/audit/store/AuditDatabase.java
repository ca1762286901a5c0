package dev.sallyport.audit.store;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import dev.sallyport.audit.problem.AuditException;
import dev.sallyport.audit.problem.AuditProblem;
import dev.sallyport.schema.secret.SecretReference;
import dev.sallyport.schema.secret.Secrets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.flywaydb.core.Flyway;
import org.flywaydb.core.api.FlywayException;
import org.jdbi.v3.core.Jdbi;
import org.jdbi.v3.core.JdbiException;
import org.jdbi.v3.postgres.PostgresPlugin;

/** The audit log's database, migrated and reached as the runtime role. */
public final class AuditDatabase implements AutoCloseable {
    private static final Duration CONNECT_TIMEOUT = Duration.ofSeconds(10);
    private static final String SCHEMA = "audit";

    private final HikariDataSource pool;
    private final Jdbi jdbi;

    private AuditDatabase(HikariDataSource pool) {
        this.pool = pool;
        this.jdbi = Jdbi.create(pool).installPlugin(new PostgresPlugin());
    }

    /**
     * Migrates the database, where an owner is given, and opens it.
     *
     * @throws AuditException {@code database_unavailable}, or {@code database_unsafe} when the
     *     runtime role could alter the log
     */
    public static AuditDatabase open(DatabaseSettings settings, Secrets secrets) {
        migrate(settings, secrets);
        var database = new AuditDatabase(pool(settings, secrets));
        try {
            database.requireInsertAndSelectOnly();
            return database;
        } catch (AuditException unsafe) {
            database.close();
            throw unsafe;
        }
    }

    /**
     * Opens the database as it is, to be read.
     *
     * @throws AuditException {@code database_unavailable}
     */
    public static AuditDatabase openToRead(DatabaseSettings settings, Secrets secrets) {
        return new AuditDatabase(pool(settings, secrets));
    }

    /**
     * Migrates the database and opens it as the owner of its tables, who can alter everything.
     *
     * @throws AuditException {@code database_unavailable}, {@code database_owner_missing}
     */
    public static AuditDatabase openAsOwner(DatabaseSettings settings, Secrets secrets) {
        String owner = settings.owner();
        SecretReference password = settings.ownerPassword();
        if (owner == null || password == null) {
            throw new AuditException(
                    AuditProblem.DATABASE_OWNER_MISSING,
                    "database.owner and database.ownerPassword must name the role that owns the tables");
        }
        migrate(settings, secrets);
        return new AuditDatabase(pool(settings.jdbcUrl(), owner, password, 1, secrets));
    }

    private static void migrate(DatabaseSettings settings, Secrets secrets) {
        String owner = settings.owner();
        SecretReference password = settings.ownerPassword();
        if (owner == null || password == null) {
            return;
        }
        try {
            var _ =
                    Flyway.configure()
                            .dataSource(
                                    settings.jdbcUrl(), owner, secrets.resolve(password).value())
                            .locations("classpath:dev/sallyport/audit/store/migrations")
                            .schemas(SCHEMA)
                            .placeholders(Map.of("runtimeRole", settings.user()))
                            .load()
                            .migrate();
        } catch (FlywayException failed) {
            throw new AuditException(
                    AuditProblem.DATABASE_UNAVAILABLE,
                    "the audit database cannot be migrated at " + settings.jdbcUrl(),
                    failed);
        }
    }

    private static HikariDataSource pool(DatabaseSettings settings, Secrets secrets) {
        return pool(
                settings.jdbcUrl(),
                settings.user(),
                settings.password(),
                settings.connectionsMax(),
                secrets);
    }

    private static HikariDataSource pool(
            String jdbcUrl,
            String user,
            SecretReference password,
            int connectionsMax,
            Secrets secrets) {
        var config = new HikariConfig();
        config.setPoolName("audit");
        config.setJdbcUrl(jdbcUrl);
        config.setUsername(user);
        config.setPassword(secrets.resolve(password).value());
        config.setMaximumPoolSize(connectionsMax);
        config.setConnectionTimeout(CONNECT_TIMEOUT.toMillis());
        config.setSchema(SCHEMA);
        config.addDataSourceProperty("ApplicationName", "sallyport-audit");
        // thousands of events a second are inserted as statements of many rows
        config.addDataSourceProperty("reWriteBatchedInserts", "true");
        // the detail of a refused insert quotes the row, which must not reach a log
        config.addDataSourceProperty("logServerErrorDetail", "false");
        try {
            return new HikariDataSource(config);
        } catch (RuntimeException refused) {
            throw new AuditException(
                    AuditProblem.DATABASE_UNAVAILABLE,
                    "the audit database cannot be reached at " + jdbcUrl,
                    refused);
        }
    }

    /**
     * A role that can alter the log would make every promise of it void, so the service does not
     * start with one.
     */
    private void requireInsertAndSelectOnly() {
        List<String> alterable;
        try {
            alterable =
                    jdbi.withHandle(handle ->
                            handle.createQuery(
                                            """
                                            SELECT c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
                                            WHERE n.nspname IN ('audit', 'desk') AND c.relkind IN ('r', 'p')
                                              AND (pg_has_role(c.relowner, 'MEMBER')
                                                   OR has_table_privilege(c.oid, 'UPDATE') OR has_table_privilege(c.oid, 'DELETE')
                                                   OR has_table_privilege(c.oid, 'TRUNCATE') OR has_table_privilege(c.oid, 'TRIGGER'))
                                            ORDER BY c.relname
                                            """)
                                    .mapTo(String.class)
                                    .list());
        } catch (JdbiException failed) {
            throw new AuditException(
                    AuditProblem.DATABASE_UNAVAILABLE,
                    "the audit database cannot be asked for its rights",
                    failed);
        }
        if (!alterable.isEmpty()) {
            throw new AuditException(
                    AuditProblem.DATABASE_UNSAFE,
                    "the role of the audit service must be able to insert and select only, and it could alter the tables "
                            + alterable
                            + ": give it a role of its own (database.user) that neither owns them nor is a superuser");
        }
    }

    /** The way to the tables, as the runtime role. */
    public Jdbi jdbi() {
        return jdbi;
    }

    @Override
    public void close() {
        pool.close();
    }
}
