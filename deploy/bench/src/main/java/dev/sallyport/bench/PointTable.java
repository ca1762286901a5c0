package dev.sallyport.bench;

import dev.sallyport.embedded.EmbeddedPostgres;
import dev.sallyport.executor.engine.postgresql.Enrolment;
import dev.sallyport.schema.registry.Database;
import java.security.SecureRandom;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.Base64;

/**
 * The tables that are read from and written to, in the same database for all. Sallyport works
 * through its tenant's policy; the peers and plain JDBC know no tenants, so they get a login that
 * row security does not apply to and an index that fits a search by key alone.
 *
 * <p>What is written is a table of its own, so that its dead rows do not slow the reads down.
 */
final class PointTable {
    static final String PEER_LOGIN = "bench_peer";

    /** What stands in the answer to {@link #byKey} of {@code @KEY@}. */
    static final String ROW = "row-@KEY@-end";

    /** A ledger like that of the enrolment, for who has none. */
    static final String PLAIN_LEDGER =
            "INSERT INTO bench.ledger (call_id, tenant, subject, settled_at, rows_affected) VALUES (?, 'acme', 'bench', clock_timestamp(), 1)";

    private PointTable() {}

    /** The statement; {@code row-KEY-end} is the name that belongs to a key. */
    static String byKey(String key) {
        return "SELECT id, name, amount FROM points WHERE id = " + key;
    }

    /** The write: it changes the one row of the key. */
    static String change(String key) {
        return "UPDATE tallies SET amount = amount + 1 WHERE id = " + key;
    }

    /**
     * Makes the tables where they are missing.
     *
     * @return the password of the peers' login, new at each start
     */
    static String prepare(EmbeddedPostgres postgres, Database database, long rows) {
        String name = database.jdbcUrl().replaceFirst("^.*/([^/?]+)(\\?.*)?$", "$1");
        String password = password();
        try (Connection connection = postgres.connect(name);
                var statement = connection.createStatement()) {
            if (!filled(connection, "points", rows)) {
                statement.execute("DROP TABLE IF EXISTS public.points");
                statement.execute(
                        """
                        CREATE TABLE public.points (
                            tenant_id text NOT NULL, id bigint NOT NULL, name text NOT NULL, amount integer NOT NULL,
                            PRIMARY KEY (tenant_id, id))\
                        """);
                // before there are rows: a start that was cut off must not leave a table without a
                // policy
                Enrolment.protect(connection, "public", "points", "tenant_id");
                statement.execute(
                        "INSERT INTO public.points SELECT '%s', n, 'row-' || n || '-end', (n * 7919) %% 100000 FROM generate_series(1::bigint, %d) n"
                                .formatted(database.tenant().value(), rows));
                statement.execute("CREATE INDEX points_by_id ON public.points (id)");
                statement.execute("VACUUM (ANALYZE, FREEZE) public.points");
            }
            if (!filled(connection, "tallies", rows)) {
                statement.execute("DROP TABLE IF EXISTS public.tallies");
                // half of a page stays free, so that a new version of a row fits beside the old one
                statement.execute(
                        """
                        CREATE TABLE public.tallies (
                            tenant_id text NOT NULL, id bigint NOT NULL, amount bigint NOT NULL,
                            PRIMARY KEY (tenant_id, id)) WITH (fillfactor = 50)\
                        """);
                Enrolment.protect(connection, "public", "tallies", "tenant_id");
                statement.execute(
                        "INSERT INTO public.tallies SELECT '%s', n, 0 FROM generate_series(1::bigint, %d) n"
                                .formatted(database.tenant().value(), rows));
                statement.execute("CREATE INDEX tallies_by_id ON public.tallies (id)");
                statement.execute("VACUUM (ANALYZE, FREEZE) public.tallies");
            }
            statement.execute("CREATE SCHEMA IF NOT EXISTS bench");
            // not in public, where the local stack grants every table to the agents' logins
            statement.execute("DROP TABLE IF EXISTS public.bench_ledger, bench.ledger");
            statement.execute(
                    """
                    CREATE TABLE bench.ledger (
                        call_id uuid PRIMARY KEY, tenant text NOT NULL, subject text NOT NULL,
                        entered_at timestamptz NOT NULL DEFAULT transaction_timestamp(),
                        settled_at timestamptz, rows_affected bigint)\
                    """);
            statement.execute("CREATE INDEX ON bench.ledger USING brin (entered_at)");
            statement.execute("GRANT SELECT ON public.points TO \"" + database.user() + '"');
            statement.execute(
                    "GRANT SELECT, UPDATE ON public.tallies TO \"" + database.user() + '"');
            statement.execute(
                    "DO $$ BEGIN IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '%1$s') THEN CREATE ROLE %1$s; END IF; END $$"
                            .formatted(PEER_LOGIN));
            statement.execute(
                    "ALTER ROLE %s LOGIN BYPASSRLS PASSWORD '%s'".formatted(PEER_LOGIN, password));
            statement.execute("GRANT SELECT ON public.points TO " + PEER_LOGIN);
            statement.execute("GRANT SELECT, UPDATE ON public.tallies TO " + PEER_LOGIN);
            statement.execute("GRANT USAGE ON SCHEMA bench TO " + PEER_LOGIN);
            statement.execute("GRANT INSERT ON bench.ledger TO " + PEER_LOGIN);
            return password;
        } catch (SQLException e) {
            throw new BenchException(
                    "bench_failed",
                    "PostgreSQL refused to prepare the table: " + e.getMessage(),
                    e);
        }
    }

    private static boolean filled(Connection connection, String name, long rows)
            throws SQLException {
        try (var statement = connection.createStatement();
                var table =
                        statement.executeQuery(
                                "SELECT to_regclass('public." + name + "') IS NOT NULL")) {
            if (!table.next() || !table.getBoolean(1)) {
                return false;
            }
        }
        try (var statement = connection.createStatement();
                var last = statement.executeQuery("SELECT max(id) FROM public." + name)) {
            return last.next() && last.getLong(1) == rows;
        }
    }

    private static String password() {
        byte[] bytes = new byte[18];
        new SecureRandom().nextBytes(bytes);
        return Base64.getUrlEncoder().withoutPadding().encodeToString(bytes);
    }
}
