package dev.sallyport.executor.engine.postgresql;

import static dev.sallyport.executor.engine.postgresql.SharedDatabase.ACME;
import static org.assertj.core.api.Assertions.assertThat;

import dev.sallyport.executor.engine.Answer;
import dev.sallyport.executor.engine.Call;
import dev.sallyport.executor.engine.Cancellation;
import dev.sallyport.executor.engine.Ending;
import dev.sallyport.executor.engine.Engine;
import dev.sallyport.executor.engine.Stopwatch;
import dev.sallyport.schema.event.Access;
import dev.sallyport.schema.event.Instruction;
import dev.sallyport.schema.event.Limits;
import dev.sallyport.schema.secret.Secrets;
import java.sql.SQLException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.postgresql.util.DriverInfo;

/** What goes over the connection, and how an engine tells what is wrong with a database. */
final class WireIT {
    @SuppressWarnings("NullAway.Init")
    private static SharedDatabase shared;

    @BeforeAll
    static void share() throws Exception {
        shared = new SharedDatabase();
    }

    @AfterAll
    static void stop() throws SQLException {
        shared.close();
    }

    private static Engine engine(InstantSource clock, Map<String, String> environment) {
        return PostgresEngine.open(shared.database(ACME), new Secrets(environment), clock, false);
    }

    private static Answer read(Engine engine, String sql, Limits limits) {
        return engine.run(
                new Call(
                        SharedDatabase.caller(ACME),
                        limits,
                        Instant.now().plusSeconds(60),
                        null,
                        new Instruction.Statement(sql, List.of())),
                new Ending.RollBack(),
                new Cancellation(),
                new Stopwatch());
    }

    private static Answer.Succeeded succeeded(Answer answer) {
        assertThat(answer).isInstanceOf(Answer.Succeeded.class);
        return (Answer.Succeeded) answer;
    }

    /** The stream is the driver's own field: look at it again when the driver changes. */
    @Test
    void theDriverIsTheOneWhoseStreamIsKnown() {
        assertThat(DriverInfo.DRIVER_VERSION).isEqualTo("42.7.14");
    }

    @ParameterizedTest
    @ValueSource(ints = {-40, 40})
    void aClockThatDiffersIsNamed(int seconds) {
        InstantSource clock =
                Clock.offset(Clock.tickMillis(ZoneOffset.UTC), Duration.ofSeconds(seconds));
        Engine engine = engine(clock, SharedDatabase.ENVIRONMENT);
        try {
            assertThat(read(engine, "select 1", new Limits(10, 10_000, 30_000)))
                    .isInstanceOfSatisfying(
                            Answer.Stopped.class,
                            stopped ->
                                    assertThat(stopped.code()).isEqualTo("database_clock_differs"));
        } finally {
            engine.close(Duration.ZERO);
        }
    }

    @Test
    void anotherKeyIsNamedAndIsNoEmptyTable() {
        Engine engine =
                engine(
                        InstantSource.system(),
                        Map.of(
                                "AGENT_PASSWORD",
                                SharedDatabase.PASSWORD,
                                "SEAL_KEY",
                                "another key that has 32 bytes or more"));
        try {
            assertThat(read(engine, "select name from customers", new Limits(10, 10_000, 5_000)))
                    .isInstanceOfSatisfying(
                            Answer.Stopped.class,
                            stopped -> assertThat(stopped.code()).isEqualTo("context_refused"));
        } finally {
            engine.close(Duration.ZERO);
        }
    }

    @Test
    void aRowThatIsTooLargeIsNotHeldAndTheResultIsTruncated() {
        Engine engine = engine(InstantSource.system(), SharedDatabase.ENVIRONMENT);
        try {
            Limits limits = new Limits(1_000, 2_000, 20_000);
            Answer.Succeeded large =
                    succeeded(
                            read(
                                    engine,
                                    "select repeat('x', n * 60000000) from generate_series(0, 2) n",
                                    limits));
            Answer.Succeeded many =
                    succeeded(read(engine, "select n from generate_series(1, 1000000) n", limits));

            assertThat(large.rows()).isEqualTo(1);
            assertThat(large.truncated()).isTrue();
            assertThat(many.truncated()).isTrue();
            // the words about what was cut come on top
            assertThat(many.result().length).isBetween(1_000, 2_300);
        } finally {
            engine.close(Duration.ZERO);
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {3, 4})
    void truncatedIsExact(int rows) {
        Engine engine = engine(InstantSource.system(), SharedDatabase.ENVIRONMENT);
        try {
            Answer.Succeeded done =
                    succeeded(
                            read(
                                    engine,
                                    "select n from generate_series(1, " + rows + ") n",
                                    new Limits(3, 10_000, 5_000)));

            assertThat(done.rows()).isEqualTo(3);
            assertThat(done.truncated()).isEqualTo(rows > 3);
        } finally {
            engine.close(Duration.ZERO);
        }
    }

    @Test
    void aPositionInAnErrorIsTheCallersOwn() {
        Engine engine = engine(InstantSource.system(), SharedDatabase.ENVIRONMENT);
        try {
            assertThat(read(engine, "select nothing", new Limits(3, 10_000, 5_000)))
                    .isInstanceOfSatisfying(
                            Answer.Stopped.class,
                            stopped -> assertThat(stopped.message()).contains("at character 8"));
            // case C2: ?? is one character less for the database
            assertThat(
                            read(
                                    engine,
                                    "select '{}'::jsonb ?? 'a', nothing",
                                    new Limits(3, 10_000, 5_000)))
                    .isInstanceOfSatisfying(
                            Answer.Stopped.class,
                            stopped -> assertThat(stopped.message()).contains("at character 28"));
            // case C3: a literal that is none of its type
            assertThat(read(engine, "select 1, 'x4711'::int", new Limits(3, 10_000, 5_000)))
                    .isInstanceOfSatisfying(
                            Answer.Stopped.class,
                            stopped ->
                                    assertThat(stopped.message())
                                            .endsWith(
                                                    "(invalid_text_representation) at character 11"));
        } finally {
            engine.close(Duration.ZERO);
        }
    }

    @Test
    void aCommitWithinAWriteIsNoticedByTheLedger() throws Exception {
        for (String text : List.of("commit", "commit and chain")) {
            assertThat(shared.run(ACME, Access.WRITE, text))
                    .isInstanceOf(Transaction.Unknown.class);
        }
    }

    @Test
    void copyIsRefusedAndChangesNothing() throws Exception {
        for (String text :
                List.of(
                        "copy (update customers set balance = 0 returning *) to stdout",
                        "copy customers from stdin",
                        "copy customers to stdout")) {
            assertThat(shared.run(ACME, Access.WRITE, text)).isInstanceOf(Transaction.Failed.class);
        }
        assertThat(shared.truth("select count(*) from customers where balance = 0"))
                .containsExactly("0");
    }

    @Test
    void aWriteSeenAsUncertainIsCalledOffAndDoesNotRunLater() throws Exception {
        var caller = SharedDatabase.caller(ACME);
        assertThat(shared.session(ACME).recall(caller, Duration.ofSeconds(5)))
                .isInstanceOf(Transaction.Failed.class);

        assertThat(shared.run(caller, Access.WRITE, "update customers set balance = 0"))
                .isInstanceOfSatisfying(
                        Transaction.Failed.class,
                        failed ->
                                assertThat(failed.cause().getSQLState())
                                        .isEqualTo(Session.CALLED_OFF_STATE));
    }

    @ParameterizedTest
    @CsvSource({
        "REFUSES_OPTIONS, database_behind_pooler",
        "REFUSES_AN_OPTION, database_behind_pooler",
        "HAS_A_PROCESS_NUMBER_OF_ITS_OWN, database_behind_pooler",
        "KNOWS_NOT_A_SETTING, database_settings_refused"
    })
    void aServerThatDoesNotTakeTheStartOfASessionIsNamed(Pooler.Manner manner, String code)
            throws Exception {
        try (Pooler pooler = new Pooler(manner)) {
            Engine engine =
                    PostgresEngine.open(
                            shared.reachedAt(ACME, pooler.port()),
                            new Secrets(SharedDatabase.ENVIRONMENT),
                            InstantSource.system(),
                            false);
            try {
                assertThat(read(engine, "select 1", new Limits(10, 10_000, 5_000)))
                        .isInstanceOfSatisfying(
                                Answer.Stopped.class,
                                stopped -> assertThat(stopped.code()).isEqualTo(code));
            } finally {
                engine.close(Duration.ZERO);
            }
        }
    }

    @Test // case B2
    void theTimeLimitIsOneForAllRowsOfAStatement() {
        // each 1,000 rows take less than the limit
        String sql =
                "select case when n % 1000 = 1 then pg_sleep(0.6)::text end"
                        + " from generate_series(1, 100000) n";
        Engine engine = engine(InstantSource.system(), SharedDatabase.ENVIRONMENT);
        try {
            long before = System.nanoTime();
            Answer answer = read(engine, sql, new Limits(1_000_000, 8_000_000, 1_000));

            assertThat(answer)
                    .isInstanceOfSatisfying(
                            Answer.Stopped.class,
                            stopped -> assertThat(stopped.code()).isEqualTo("statement_timeout"));
            assertThat(Duration.ofNanos(System.nanoTime() - before))
                    .isLessThan(Duration.ofSeconds(10));
        } finally {
            engine.close(Duration.ZERO);
        }
    }

    @Test // case B3
    void aLargeArrayIsWrittenWithinItsTime() {
        Engine engine = engine(InstantSource.system(), SharedDatabase.ENVIRONMENT);
        try {
            Answer.Succeeded done =
                    succeeded(
                            read(
                                    engine,
                                    "select array_agg('\"'::text) from generate_series(1, 400000)",
                                    new Limits(10, 8_000_000, 5_000)));

            assertThat(done.truncated()).isFalse();
            assertThat(done.result().length).isGreaterThan(400_000 * 5);
        } finally {
            engine.close(Duration.ZERO);
        }
    }

    /** Fails at a row while more of them are under way. */
    private static final class Failing implements Work.Taking<String> {
        private final Exception failure;
        private int rows;

        Failing(Exception failure) {
            this.failure = failure;
        }

        @Override
        public void columns(String[] names, int[] types) {}

        @Override
        public boolean wants(int bytes) {
            return true;
        }

        @Override
        public void row(byte[] bytes, int columns) throws SQLException {
            if (++rows == 3) {
                if (failure instanceof SQLException e) {
                    throw e;
                }
                throw (RuntimeException) failure;
            }
        }

        @Override
        public String made(long affected) {
            return "made";
        }
    }

    @ParameterizedTest
    @EnumSource
    void anAnswerThatIsNotReadToItsEndIsNotTakenForTheNextOne(Access access) {
        for (Exception failure :
                List.of(
                        new SQLException("as a test asks", "57014"),
                        new IllegalStateException("as a test asks"))) {
            String sql =
                    "insert into customers select n, 'acme', 'n' || n from generate_series(100, 1100) n returning 'stale'";
            try {
                var _ =
                        shared.session(ACME)
                                .as(
                                        SharedDatabase.caller(ACME),
                                        Ending.of(
                                                access,
                                                access == Access.COMMIT_IF ? "x" : null,
                                                Ending.Confirmation.GIVEN),
                                        Duration.ofSeconds(10),
                                        new Cancellation(),
                                        new Stopwatch(),
                                        new Work<>(
                                                "",
                                                access == Access.WRITE
                                                        ? sql
                                                        : "select 'stale' from generate_series(1, 5000)",
                                                List.of(),
                                                0,
                                                new Failing(failure),
                                                new EffectCursor(
                                                        0,
                                                        new Pace(
                                                                new Cancellation(),
                                                                Long.MAX_VALUE))));
            } catch (IllegalStateException e) {
                assertThat(e).isSameAs(failure);
            }
            for (int i = 0; i < 3; i++) {
                assertThat(shared.values(ACME, Access.READ, "select " + i))
                        .containsExactly(String.valueOf(i));
            }
        }
        assertThat(shared.values(ACME, Access.READ, "select count(*) from customers"))
                .containsExactly("3");
    }
}
