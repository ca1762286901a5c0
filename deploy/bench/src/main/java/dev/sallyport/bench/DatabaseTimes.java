package dev.sallyport.bench;

import dev.sallyport.embedded.EmbeddedPostgres;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.HashMap;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Function;

/**
 * CPU time of PostgreSQL by whom it works for: each connection has a process of its own, and {@code
 * pg_stat_activity} knows whose connection it is. What the server does by itself, and connections
 * that end before a round does, count as {@value #OTHER}.
 */
final class DatabaseTimes implements AutoCloseable {
    static final String TENANT = "tenant statements";
    static final String AUDIT = "audit service";
    static final String OTHER = "other";

    private static final String AUDIT_APPLICATION = "sallyport-audit";

    private final Contender.Worker postmaster;
    private final String tenantLogin;
    private final Connection connection;

    /**
     * @param postmaster with all its descendants
     * @param tenantLogin the login that a tenant's statements run as
     */
    DatabaseTimes(EmbeddedPostgres postgres, Contender.Worker postmaster, String tenantLogin) {
        this.postmaster = postmaster;
        this.tenantLogin = tenantLogin;
        try {
            this.connection = postgres.connect("postgres");
        } catch (SQLException e) {
            throw refused(e);
        }
    }

    /**
     * A connection's process.
     *
     * @param started when, because the system gives a process's id again
     */
    record Backend(long pid, String started, String login, String application) {}

    /**
     * All processes at one moment.
     *
     * @param total microseconds of all of them, and of those that have ended
     * @param backends microseconds of each connection's process
     */
    record Snapshot(long total, Map<Backend, Long> backends) {
        /** What was used since the other snapshot, by owner. */
        Map<String, Long> since(Snapshot before, Function<Backend, String> owner) {
            Map<String, Long> split = new TreeMap<>();
            backends.forEach((backend, micros) ->
                    split.merge(
                            owner.apply(backend),
                            micros - before.backends.getOrDefault(backend, 0L),
                            Long::sum));
            long known = split.values().stream().mapToLong(Long::longValue).sum();
            // the two are read one after the other, so the rest may be a tick below nothing
            split.merge(OTHER, Math.max(0, total - before.total - known), Long::sum);
            return split;
        }
    }

    Snapshot now() {
        Map<Backend, Long> backends = new HashMap<>();
        try (var statement = connection.createStatement();
                var rows =
                        statement.executeQuery(
                                """
                                SELECT pid, backend_start::text, usename, application_name
                                FROM pg_stat_activity
                                WHERE backend_type = 'client backend' AND usename IS NOT NULL\
                                """)) {
            Map<Long, Long> micros = ProcessTimes.all();
            while (rows.next()) {
                Long spent = micros.get(rows.getLong(1));
                if (spent != null) {
                    backends.put(
                            new Backend(
                                    rows.getLong(1),
                                    rows.getString(2),
                                    rows.getString(3),
                                    rows.getString(4)),
                            spent);
                }
            }
        } catch (SQLException e) {
            throw refused(e);
        }
        return new Snapshot(ProcessTimes.micros(postmaster), backends);
    }

    /** What was used since that moment, by whom it was used for. */
    Map<String, Long> since(Snapshot before) {
        return now().since(before, backend -> owner(backend, tenantLogin));
    }

    static String owner(Backend backend, String tenantLogin) {
        if (backend.application.equals(AUDIT_APPLICATION)) {
            return AUDIT;
        }
        return backend.login.equals(tenantLogin) ? TENANT : OTHER;
    }

    private static BenchException refused(SQLException e) {
        return new BenchException(
                "bench_failed", "PostgreSQL does not tell its connections: " + e.getMessage(), e);
    }

    @Override
    public void close() {
        try {
            connection.close();
        } catch (SQLException e) {
            throw refused(e);
        }
    }
}
