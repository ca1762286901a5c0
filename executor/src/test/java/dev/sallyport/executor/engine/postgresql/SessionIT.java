package dev.sallyport.executor.engine.postgresql;

import static dev.sallyport.executor.engine.postgresql.SharedDatabase.ACME;
import static dev.sallyport.executor.engine.postgresql.SharedDatabase.GLOBEX;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.sallyport.executor.engine.Caller;
import dev.sallyport.schema.event.Access;
import dev.sallyport.schema.id.CallId;
import dev.sallyport.schema.registry.Database;
import java.net.URI;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

final class SessionIT {
    private static final String NAMES = "select name from customers order by id limit 1";

    private final AtomicReference<SealKey> secret = new AtomicReference<>(SharedDatabase.KEY);

    @SuppressWarnings("NullAway.Init")
    private SharedDatabase shared;

    @SuppressWarnings("NullAway.Init")
    private Session session;

    @BeforeEach
    void open() throws SQLException {
        shared = new SharedDatabase();
        Database database = shared.database(ACME);
        Backends backends =
                new Backends(
                        "test",
                        2,
                        within ->
                                Backend.open(
                                        database.jdbcUrl(),
                                        database.user(),
                                        SharedDatabase.PASSWORD,
                                        Duration.ofSeconds(10),
                                        within,
                                        InstantSource.system()));
        session = new Session(backends, new SealKeys(secret::get), InstantSource.system());
    }

    @AfterEach
    void close() throws SQLException {
        session.close(Duration.ofSeconds(1));
        shared.close();
    }

    private Transaction<List<String>> read(Caller caller, String sql) {
        return SharedDatabase.run(session, caller, Access.READ, sql);
    }

    private Transaction<List<String>> read(String sql) {
        return read(SharedDatabase.caller(ACME), sql);
    }

    private void rotate(SealKey key) throws SQLException {
        try (Connection administrator = shared.administrator()) {
            Enrolment.enrol(administrator, shared.login(ACME), ACME, key);
        }
    }

    @Test
    void aKeyThatWasReplacedIsReadAgainAndTheCallRuns() throws Exception {
        assertThat(read(NAMES)).isInstanceOf(Transaction.Done.class);
        SealKey third = SealKey.of("third third third third third third");
        rotate(SealKey.of("second second second second second"));
        rotate(third); // the first is no longer good for anything

        assertThat(read(NAMES))
                .isInstanceOfSatisfying(
                        Transaction.Failed.class,
                        failed -> assertThat(failed.cause().getSQLState()).isEqualTo("SP002"));
        secret.set(third);

        assertThat(read(NAMES)).isInstanceOf(Transaction.Done.class);
    }

    @Test
    void whereTenantsShareALoginEachSeesItsOwnRowsAndIsAttested() throws Exception {
        shared.administer(
                "update sallyport.login set tenant = null where role = '"
                        + shared.login(ACME)
                        + "'");

        Transaction<List<String>> globex = read(SharedDatabase.caller(GLOBEX), NAMES);
        Transaction<List<String>> acme = read(NAMES);

        assertThat(globex)
                .isInstanceOfSatisfying(
                        Transaction.Done.class,
                        done -> {
                            assertThat(done.value()).isEqualTo(List.of("secret of globex 1"));
                            assertThat(done.attested().tenant()).isEqualTo("globex");
                        });
        assertThat(acme)
                .isInstanceOfSatisfying(
                        Transaction.Done.class,
                        done -> {
                            assertThat(done.value()).isEqualTo(List.of("secret of acme 1"));
                            assertThat(done.attested().tenant()).isEqualTo("acme");
                        });
    }

    @Test
    void aRecallOutlastsTheTransactionThatItAsksFor() throws Exception {
        Caller caller = new Caller(ACME, "alice", CallId.next());
        try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            Future<Transaction<List<String>>> write =
                    threads.submit(() ->
                            SharedDatabase.run(
                                    session,
                                    caller,
                                    Access.WRITE,
                                    "with w as (update customers set balance = 7"
                                            + " where id = 11 returning id)"
                                            + " select pg_sleep(2) from w"));
            await().until(() ->
                    shared.truth(
                                    "select count(*) from pg_stat_activity"
                                            + " where wait_event = 'PgSleep'"
                                            + " and datname = current_database()")
                            .equals(List.of("1")));

            Transaction<List<String>> told = session.recall(caller, Duration.ofSeconds(8));

            assertThat(told).isInstanceOf(Transaction.DoneBefore.class);
            assertThat(write.get()).isInstanceOf(Transaction.Done.class);
        }
    }

    @Test
    void aConnectionBackToTheDatabaseCarriesNoContext() throws Exception {
        shared.administer("create extension dblink");
        Database database = shared.database(ACME);
        URI address = URI.create(database.jdbcUrl().substring("jdbc:".length()));
        String connection =
                "host=127.0.0.1 port=%d dbname=%s user=%s password=%s"
                        .formatted(
                                address.getPort(),
                                address.getPath().substring(1),
                                database.user(),
                                "''" + SharedDatabase.PASSWORD + "''");
        String rows = "select * from dblink('" + connection + "', %s) as t (name text)";

        // without the prefix there is no context; with this call's it is another process's
        assertThat(read(rows.formatted("'select name from customers'")))
                .isInstanceOfSatisfying(
                        Transaction.Done.class,
                        done -> assertThat(done.value()).isEqualTo(List.of()));
        assertThat(
                        read(
                                rows.formatted(
                                        "split_part(current_query(), '*/', 1)"
                                                + " || '*/ select name from customers'")))
                .isInstanceOfSatisfying(
                        Transaction.Failed.class,
                        failed -> assertThat(failed.cause().getSQLState()).isEqualTo("SP002"));
    }
}
