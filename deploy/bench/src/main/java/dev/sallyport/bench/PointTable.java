package dev.sallyport.bench;

import dev.sallyport.embedded.EmbeddedPostgres;
import dev.sallyport.executor.engine.postgresql.Enrolment;
import dev.sallyport.schema.registry.Database;
import java.security.SecureRandom;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.Base64;

/**
 * The table that is read from, in the same database for all. Sallyport reads it through its
 * tenant's policy; the peers know no tenants, so they get a login that row security does not apply
 * to and an index that fits a search by key alone.
 */
final class PointTable {
    static final String PEER_LOGIN = "bench_peer";

    private PointTable() {}

    /** The statement; {@code row-KEY-end} is the name that belongs to a key. */
    static String byKey(String key) {
        return "SELECT id, name, amount FROM points WHERE id = " + key;
    }

    /**
     * Makes the table where it is missing.
     *
     * @return the password of the peers' login, new at each start
     */
    static String prepare(EmbeddedPostgres postgres, Database database, long rows) {
        String name = database.jdbcUrl().replaceFirst("^.*/([^/?]+)(\\?.*)?$", "$1");
        String password = password();
        try (Connection connection = postgres.connect(name);
                var statement = connection.createStatement()) {
            if (!filled(connection, rows)) {
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
            statement.execute("GRANT SELECT ON public.points TO \"" + database.user() + '"');
            statement.execute(
                    "DO $$ BEGIN IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '%1$s') THEN CREATE ROLE %1$s; END IF; END $$"
                            .formatted(PEER_LOGIN));
            statement.execute(
                    "ALTER ROLE %s LOGIN BYPASSRLS PASSWORD '%s'".formatted(PEER_LOGIN, password));
            statement.execute("GRANT SELECT ON public.points TO " + PEER_LOGIN);
            return password;
        } catch (SQLException e) {
            throw new BenchException(
                    "bench_failed",
                    "PostgreSQL refused to prepare the table: " + e.getMessage(),
                    e);
        }
    }

    private static boolean filled(Connection connection, long rows) throws SQLException {
        try (var statement = connection.createStatement();
                var table =
                        statement.executeQuery("SELECT to_regclass('public.points') IS NOT NULL")) {
            if (!table.next() || !table.getBoolean(1)) {
                return false;
            }
        }
        try (var statement = connection.createStatement();
                var last = statement.executeQuery("SELECT max(id) FROM public.points")) {
            return last.next() && last.getLong(1) == rows;
        }
    }

    private static String password() {
        byte[] bytes = new byte[18];
        new SecureRandom().nextBytes(bytes);
        return Base64.getUrlEncoder().withoutPadding().encodeToString(bytes);
    }
}
