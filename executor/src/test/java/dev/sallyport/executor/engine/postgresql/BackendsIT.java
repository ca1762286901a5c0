package dev.sallyport.executor.engine.postgresql;

import static dev.sallyport.executor.engine.postgresql.SharedDatabase.ACME;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.sallyport.schema.event.Access;
import dev.sallyport.schema.registry.Database;
import java.sql.SQLException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Connections of many databases. Case B11. */
final class BackendsIT {
    private static final int DATABASES = 8;

    @SuppressWarnings("NullAway.Init")
    private SharedDatabase shared;

    private final List<Session> sessions = new ArrayList<>();

    @BeforeEach
    void share() throws SQLException {
        shared = new SharedDatabase();
    }

    @AfterEach
    void close() throws SQLException {
        sessions.forEach(session -> session.close(Duration.ZERO));
        shared.close();
    }

    private Session session(Duration idleMax) {
        Database database = shared.database(ACME);
        Backends backends =
                new Backends(
                        "test",
                        1,
                        idleMax,
                        within ->
                                Backend.open(
                                        database.jdbcUrl(),
                                        database.user(),
                                        SharedDatabase.PASSWORD,
                                        null,
                                        Duration.ofSeconds(10),
                                        within,
                                        InstantSource.system()));
        Session session =
                new Session(
                        backends, new SealKeys(() -> SharedDatabase.KEY), InstantSource.system());
        sessions.add(session);
        return session;
    }

    private String connections() throws SQLException {
        return shared.truth(
                        "select count(*) from pg_stat_activity where usename = '"
                                + shared.login(ACME)
                                + "'")
                .getFirst();
    }

    /** Runs a call and gives the process that ran it. */
    private static String process(Session session) {
        Transaction<List<String>> done =
                SharedDatabase.run(
                        session,
                        SharedDatabase.caller(ACME),
                        Access.READ,
                        "select pg_backend_pid()");
        assertThat(done).isInstanceOf(Transaction.Done.class);
        return ((Transaction.Done<List<String>>) done).value().getFirst();
    }

    @Test
    void connectionsThatNobodyUsesEndDownToNoneAndOpenAgain() throws Exception {
        Set<String> processes = new HashSet<>();
        for (int i = 0; i < DATABASES; i++) {
            processes.add(process(session(Duration.ofMillis(200))));
        }
        assertThat(processes).hasSize(DATABASES);

        await().until(() -> connections().equals("0"));

        assertThat(processes).doesNotContain(process(sessions.getFirst()));
        await().until(() -> connections().equals("0"));
    }

    @Test
    void aConnectionThatIsUsedStays() throws Exception {
        Session used = session(Duration.ofMinutes(5));
        Session left = session(Duration.ofMillis(50));
        String process = process(used);
        process(left);

        await().until(() -> connections().equals("1"));

        assertThat(process(used)).isEqualTo(process);
    }
}
