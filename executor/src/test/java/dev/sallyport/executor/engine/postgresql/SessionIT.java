package dev.sallyport.executor.engine.postgresql;

import static dev.sallyport.executor.engine.postgresql.SharedDatabase.ACME;
import static dev.sallyport.executor.engine.postgresql.SharedDatabase.GLOBEX;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.sallyport.executor.engine.Answer;
import dev.sallyport.executor.engine.Call;
import dev.sallyport.executor.engine.Caller;
import dev.sallyport.executor.engine.Cancellation;
import dev.sallyport.executor.engine.Ending;
import dev.sallyport.executor.engine.Engine;
import dev.sallyport.executor.engine.Stopwatch;
import dev.sallyport.schema.event.Access;
import dev.sallyport.schema.event.Attested;
import dev.sallyport.schema.event.Instruction;
import dev.sallyport.schema.event.Limits;
import dev.sallyport.schema.id.CallId;
import dev.sallyport.schema.id.TenantId;
import dev.sallyport.schema.registry.Database;
import dev.sallyport.schema.secret.SecretReference;
import dev.sallyport.schema.secret.Secrets;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.IntUnaryOperator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class SessionIT {
    private static final String NAMES = "select name from customers order by id limit 1";

    private final AtomicReference<SealKey> secret = new AtomicReference<>(SharedDatabase.KEY);

    @SuppressWarnings("NullAway.Init")
    private SharedDatabase shared;

    @SuppressWarnings("NullAway.Init")
    private Backends backends;

    @SuppressWarnings("NullAway.Init")
    private Session session;

    @BeforeEach
    void open() throws SQLException {
        shared = new SharedDatabase();
        Database database = shared.database(ACME);
        backends =
                new Backends(
                        "test",
                        2,
                        Backends.IDLE_MAX,
                        within ->
                                Backend.open(
                                        database.jdbcUrl(),
                                        database.user(),
                                        SharedDatabase.PASSWORD,
                                        null,
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

    /** The key of the ledger decides between them, whoever makes them. */
    @Test
    void aSecondAttemptOfACallRunsOnlyWhereTheFirstDidNotCommit() throws Exception {
        secondAttempt("id - 10", Transaction.Done.class, Transaction.DoneBefore.class);
        assertThat(balance()).isEqualTo("11.50");

        secondAttempt("id - 11", Transaction.Failed.class, Transaction.Done.class);
        assertThat(balance()).isEqualTo("12.50");
    }

    private void secondAttempt(String divisor, Class<?> first, Class<?> second) throws Exception {
        Caller caller = SharedDatabase.caller(ACME);
        try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            Future<Transaction<List<String>>> write =
                    threads.submit(() ->
                            SharedDatabase.run(
                                    session,
                                    caller,
                                    Access.WRITE,
                                    "with w as (update customers set balance = balance + 1"
                                            + " where id = 11 returning id)"
                                            + " select pg_sleep(1), 1 / ("
                                            + divisor
                                            + ") from w"));
            await().until(() ->
                    shared.truth(
                                    "select count(*) from pg_stat_activity"
                                            + " where wait_event = 'PgSleep'"
                                            + " and datname = current_database()")
                            .equals(List.of("1")));

            assertThat(
                            SharedDatabase.run(
                                    session,
                                    caller,
                                    Access.WRITE,
                                    "update customers set balance = balance + 1 where id = 11"))
                    .isInstanceOf(second);
            assertThat(write.get()).isInstanceOf(first);
        }
    }

    // case I6
    @Test
    void nothingIsCommittedThatIsNotConfirmed() throws Exception {
        Caller caller = SharedDatabase.caller(ACME);
        String update = "update customers set balance = balance + 1 where id = 11";
        String before = balance();
        AtomicReference<String> meanwhile = new AtomicReference<>("");

        Transaction<List<String>> refused =
                SharedDatabase.run(
                        session,
                        caller,
                        new Ending.Commit(_ -> {
                            meanwhile.set(locksOfCustomers());
                            return false;
                        }),
                        update);

        assertThat(refused)
                .isInstanceOfSatisfying(
                        Transaction.Failed.class,
                        failed ->
                                assertThat(
                                                Problems.of(
                                                                failed.stage(),
                                                                failed.cause(),
                                                                null,
                                                                IntUnaryOperator.identity())
                                                        .code())
                                        .isEqualTo("write_unconfirmed"));
        assertThat(meanwhile).as("the statement has run by then").hasValue("1");
        assertThat(balance()).isEqualTo(before);
        // its executor knows nothing against the call: whoever has it now runs it
        assertThat(SharedDatabase.run(session, caller, Access.WRITE, update))
                .isInstanceOf(Transaction.Done.class);
        assertThat(balance()).isNotEqualTo(before);
    }

    private String locksOfCustomers() {
        try {
            return shared.truth(
                            "select count(*) from pg_locks where mode = 'RowExclusiveLock'"
                                    + " and relation = 'customers'::regclass")
                    .getFirst();
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
    }

    // case I6
    @Test
    void aWriteWaitsForItsConfirmationNoLongerThanItsTime() throws Exception {
        AtomicReference<Duration> waited = new AtomicReference<>(Duration.ZERO);

        var _ =
                SharedDatabase.run(
                        session,
                        SharedDatabase.caller(ACME),
                        new Ending.Commit(within -> {
                            waited.set(within);
                            return false;
                        }),
                        "delete from customers");

        assertThat(waited.get()).isPositive().isLessThan(SharedDatabase.TIMEOUT);
        assertThat(read(NAMES)).isInstanceOf(Transaction.Done.class);
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

    @Test
    void anErrorOfOursWhileAWriteIsCommittedIsToldByTheLedger() throws Exception {
        for (int good = 0; good < 5; good++) {
            int left = good;
            AtomicInteger told = new AtomicInteger();
            Session failing =
                    new Session(
                            backends,
                            new SealKeys(secret::get),
                            () -> {
                                if (told.getAndIncrement() == left) {
                                    throw new IllegalStateException("as a test asks");
                                }
                                return Instant.now();
                            });
            String before = balance();
            Caller caller = SharedDatabase.caller(ACME);
            Transaction<List<String>> write;
            try {
                write =
                        SharedDatabase.run(
                                failing,
                                caller,
                                Access.WRITE,
                                "update customers set balance = balance + 1 where id = 11");
            } catch (IllegalStateException e) {
                // nothing was sent: the call's own prefix could not be made
                assertThat(left).isLessThan(2);
                assertThat(balance()).isEqualTo(before);
                continue;
            }
            assertThat(left).isGreaterThanOrEqualTo(2);
            assertThat(write).isInstanceOf(Transaction.Failed.class);
            assertThat(balance()).isEqualTo(before);
            assertThat(
                            SharedDatabase.run(
                                    session,
                                    caller,
                                    Access.WRITE,
                                    "update customers set balance = balance + 1 where id = 11"))
                    .as("called off")
                    .isInstanceOf(Transaction.Failed.class);
            assertThat(read(NAMES)).isInstanceOf(Transaction.Done.class);
        }
    }

    private String balance() throws SQLException {
        return shared.truth("select balance from customers where id = 11").getFirst();
    }

    @Test
    void aKeyFileThatIsRotatedDropsNoCallOfAnEngine(@TempDir Path folder) throws Exception {
        Path file = folder.resolve("seal.key");
        Files.writeString(file, Objects.requireNonNull(SharedDatabase.ENVIRONMENT.get("SEAL_KEY")));
        Engine engine = engine(new SecretReference("file:" + file));
        try {
            assertThat(names(engine, ACME)).contains("secret of acme 1");
            for (String next :
                    List.of(
                            "second second second second second",
                            "third third third third third third")) {
                rotate(SealKey.of(next));
                assertThat(names(engine, ACME)).as("the key before").contains("secret of acme 1");
                Files.writeString(file, next);
                shared.administer("update sallyport.login set before_until = now()");
                assertThat(names(engine, ACME)).as("the key of now").contains("secret of acme 1");
            }
        } finally {
            engine.close(Duration.ZERO);
        }
    }

    @Test
    void tenantsThatShareALoginAreAttestedByTheirOwnNameForReadsAndWrites() throws Exception {
        shared.administer(
                "update sallyport.login set tenant = null where role = '"
                        + shared.login(ACME)
                        + "'");
        Engine engine = engine(new SecretReference("env:SEAL_KEY"));
        try {
            for (TenantId tenant : List.of(ACME, GLOBEX, ACME)) {
                assertThat(names(engine, tenant)).contains("secret of " + tenant + " 1");
                Answer.Succeeded write =
                        (Answer.Succeeded)
                                run(
                                        engine,
                                        tenant,
                                        "update customers set balance = 0",
                                        new Ending.Commit(Ending.Confirmation.GIVEN));
                assertThat(write.rowsAffected()).isEqualTo(3);
                assertThat(write.attested())
                        .isEqualTo(new Attested(shared.login(ACME), true, tenant.value()));
            }
        } finally {
            engine.close(Duration.ZERO);
        }
    }

    private Engine engine(SecretReference sealKey) {
        Database known = shared.database(ACME);
        return PostgresEngine.open(
                new Database(
                        known.tenant(),
                        known.name(),
                        known.description(),
                        known.kind(),
                        known.jdbcUrl(),
                        known.user(),
                        known.password(),
                        sealKey,
                        1,
                        false,
                        known.limits(),
                        known.statements()),
                new Secrets(SharedDatabase.ENVIRONMENT),
                InstantSource.system(),
                false);
    }

    private static Answer run(Engine engine, TenantId tenant, String sql, Ending ending) {
        return engine.run(
                new Call(
                        SharedDatabase.caller(tenant),
                        new Limits(10, 10_000, 5_000),
                        Instant.now().plusSeconds(20),
                        null,
                        new Instruction.Statement(sql, List.of())),
                ending,
                new Cancellation(),
                new Stopwatch());
    }

    private static String names(Engine engine, TenantId tenant) {
        Answer answer = run(engine, tenant, NAMES, new Ending.RollBack());
        assertThat(answer).isInstanceOf(Answer.Succeeded.class);
        Answer.Succeeded done = (Answer.Succeeded) answer;
        assertThat(done.attested())
                .isNotNull()
                .extracting(Attested::tenant)
                .isEqualTo(tenant.value());
        return new String(done.result(), StandardCharsets.UTF_8);
    }
}
