package dev.sallyport.executor;

import static dev.sallyport.executor.engine.postgresql.SharedDatabase.GLOBEX;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.sallyport.executor.Stage.Draft;
import dev.sallyport.schema.event.Access;
import dev.sallyport.schema.event.CallSettled;
import dev.sallyport.schema.event.Ended;
import dev.sallyport.schema.event.Event;
import dev.sallyport.schema.json.Json;
import dev.sallyport.schema.topic.Topics;
import java.io.IOException;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.List;
import java.util.Objects;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.MemberDescription;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * Case I6: an executor is killed, or stopped and goes on later, in each state that a write can be
 * in. Another takes over; the write is done at most once, what is told of it is true, and what no
 * one had begun is done.
 */
final class KilledExecutorIT {
    /**
     * Until others have a dead executor's partitions: the session of three seconds, the rebalance,
     * and the patience of a machine that is busy with much else.
     */
    private static final Duration TAKEN_OVER_WITHIN = Duration.ofSeconds(20);

    @SuppressWarnings("NullAway.Init")
    private Stage stage;

    @BeforeEach
    void set() throws SQLException {
        stage = new Stage();
    }

    @AfterEach
    void clear() throws SQLException {
        stage.close();
    }

    private ExecutorProcess process(int laneRunning) throws IOException {
        return ExecutorProcess.start(stage.config(laneRunning, 64, 256), stage.environment());
    }

    private List<String> truth(String sql) {
        try {
            return stage.database.truth(sql);
        } catch (SQLException e) {
            throw new AssertionError(e);
        }
    }

    private String balance(int id) {
        return truth("select balance from customers where id = " + id).getFirst();
    }

    /**
     * What was told is what the database has. On a machine that stands still for seconds the
     * database may end a transaction, or a wait, before the test goes on; then the write failed.
     */
    private void assertToldAsItWas(Draft write, int id, String before, String after) {
        stage.settled(write.call);
        String now = balance(id);
        assertThat(now).isIn(before, after);
        assertThat(stage.outcomesOf(write.call))
                .extracting(outcome -> outcome.data().ended() == Ended.SUCCEEDED)
                .containsOnly(now.equals(after));
    }

    private void awaitRunning(String statement) {
        await().atMost(TAKEN_OVER_WITHIN)
                .until(() ->
                        !truth(
                                        "select pid from pg_stat_activity where state = 'active' and pid <> pg_backend_pid()"
                                                + " and query like '%"
                                                + statement
                                                + "%'")
                                .isEmpty());
    }

    private static Draft write(String sql) {
        Draft draft = Draft.write(sql);
        draft.deadline = Instant.now().plusSeconds(90);
        return draft;
    }

    /** A write that is about its statement for so long, and then waits for its executor. */
    private static Draft slow(int seconds, int id) {
        return write(
                "update customers set balance = balance + 1 where id = "
                        + id
                        + " and pg_sleep("
                        + seconds
                        + ") is not null");
    }

    @Test
    void writesThatItHadNotBegunRunSoonAfterItsKill() throws Exception {
        Draft begun = slow(60, 11);
        Draft waiting = write("update customers set balance = balance + 1 where id = 12");
        Draft later = write("update customers set balance = balance + 1 where id = 13");
        try (ExecutorProcess first = process(1)) {
            stage.send(begun);
            awaitRunning("pg_sleep(60");
            stage.send(waiting);
            first.kill();
        }
        Instant killed = Instant.now();
        stage.send(later);

        try (Executor _ = stage.executor()) {
            assertThat(stage.settled(waiting.call).ended()).isEqualTo(Ended.SUCCEEDED);
            assertThat(stage.settled(later.call).ended()).isEqualTo(Ended.SUCCEEDED);

            Duration recovery = Duration.between(killed, Instant.now());
            assertThat(recovery).isLessThan(TAKEN_OVER_WITHIN);
        }
        assertThat(balance(12)).isEqualTo("22.00");
        assertThat(balance(13)).isEqualTo("32.50");
    }

    @Test
    void aWriteThatWasCommittedAndNotToldIsToldAndNotRepeated() throws Exception {
        stage.database.administer(
                """
                create function slow_commit() returns trigger language plpgsql as
                $$ begin perform pg_sleep(1.5); return null; end $$;
                create constraint trigger slow after update on customers
                    deferrable initially deferred for each row execute function slow_commit();
                """);
        Draft write = write("update customers set balance = balance + 1 where id = 11");
        try (ExecutorProcess first = process(8)) {
            stage.send(write);
            awaitRunning("set constraints all immediate");
            first.stop();
            await().atMost(TAKEN_OVER_WITHIN).until(() -> balance(11).equals("11.50"));
            first.kill();
        }

        try (Executor _ = stage.executor()) {
            CallSettled outcome = stage.settled(write.call);

            assertThat(outcome.ended()).isEqualTo(Ended.SUCCEEDED);
            assertThat(outcome.rowsAffected()).isEqualTo(1);
            assertThat(outcome.attempt()).isEqualTo(2);
        }
        assertThat(balance(11)).isEqualTo("11.50");
    }

    @Test
    void aWriteThatGoesOnAfterAPauseIsToldAsWhatItWas() throws Exception {
        Draft write = slow(2, 11);
        try (ExecutorProcess first = process(8)) {
            stage.send(write);
            awaitRunning("pg_sleep(2");
            first.stop();
            try (Executor second = stage.executor()) {
                // it holds the entry in the ledger, and the other waits for that
                awaitRunning("sallyport.enter");
                first.goOn();

                stage.settled(write.call);
                await().atMost(TAKEN_OVER_WITHIN).until(() -> second.underWay() == 0);
            }
        }
        assertToldAsItWas(write, 11, "10.50", "11.50");
    }

    @Test
    void aWriteThatIsComparedIsDoneOnceThoughItsExecutorIsKilledBeforeItsCommit() throws Exception {
        Draft rehearsal = slow(1, 11);
        rehearsal.access = Access.REHEARSE;
        Draft write = slow(1, 11);
        write.access = Access.COMMIT_IF;
        try (ExecutorProcess first = process(8)) {
            stage.call(rehearsal);
            write.effectDigest =
                    Json.mapper()
                            .readTree(stage.result(rehearsal.call))
                            .path("effectDigest")
                            .asString();
            stage.send(write);
            awaitRunning("pg_sleep(1");
            first.stop();
            try (Executor second = stage.executor()) {
                awaitRunning("sallyport.enter");
                first.kill();

                CallSettled outcome = stage.settled(write.call);

                assertThat(outcome.ended()).isEqualTo(Ended.SUCCEEDED);
                assertThat(outcome.rowsAffected()).isEqualTo(1);
                await().atMost(TAKEN_OVER_WITHIN).until(() -> second.underWay() == 0);
            }
        }
        assertThat(balance(11)).isEqualTo("11.50");
        assertThat(truth("select rows_affected from sallyport.ledger")).containsExactly("1");
    }

    @Test
    void aWriteWhoseTransactionEndedDuringThePauseRunsOnce() throws Exception {
        Draft write = slow(2, 11);
        Draft next = Draft.query("select 1");
        try (ExecutorProcess first = process(8)) {
            stage.send(write);
            awaitRunning("pg_sleep(2");
            first.stop();
            try (Executor second = stage.executor()) {
                awaitRunning("sallyport.enter");
                truth(
                        "select pg_terminate_backend(pid) from pg_stat_activity where state = 'idle in transaction'"
                                + " and query like '%pg_sleep(2%'");

                stage.settled(write.call);
                await().atMost(TAKEN_OVER_WITHIN).until(() -> second.underWay() == 0);
                first.goOn();
                assertThat(stage.call(next).ended()).isEqualTo(Ended.SUCCEEDED);
            }
        }
        assertToldAsItWas(write, 11, "10.50", "11.50");
    }

    @Test
    void aWriteThatTheOtherToldAsFailedNeverRunsWhenItsTurnComes() throws Exception {
        Draft before = slow(2, 12);
        Draft insert = write("insert into customers values (15, 'acme', 'late')");
        truth("insert into customers values (15, 'acme', 'early') returning id");
        try (ExecutorProcess first = process(1)) {
            stage.send(before);
            awaitRunning("pg_sleep(2");
            stage.send(insert);
            // it stands in the lane once one more that came after it is answered there
            Draft colleague = Draft.query("select 1").of(GLOBEX);
            stage.call(colleague);
            first.stop();
            try (Executor second = stage.executor()) {
                assertThat(stage.settled(insert.call).code()).isEqualTo("constraint_violation");
                truth("delete from customers where id = 15 returning id");
                first.goOn();

                // the one before it ended, so its turn came
                stage.settled(before.call);
                await().atMost(TAKEN_OVER_WITHIN).until(() -> second.underWay() == 0);
                await().atMost(TAKEN_OVER_WITHIN)
                        .until(() ->
                                truth(
                                                "select count(*) from pg_stat_activity where application_name ="
                                                        + " 'sallyport-executor' and state <> 'idle'")
                                        .equals(List.of("0")));
            }
        }
        assertToldAsItWas(before, 12, "21.00", "22.00");
        assertThat(truth("select name from customers where id = 15")).isEmpty();
        assertThat(stage.outcomesOf(insert.call))
                .extracting(Event::data)
                .extracting(CallSettled::ended)
                .containsOnly(Ended.FAILED);
    }

    @Test
    void aWriteThatItToldAsFailedIsNotRunByTheOther() throws Exception {
        Draft before = slow(60, 12);
        Draft insert = write("insert into customers values (15, 'acme', 'late')");
        truth("insert into customers values (15, 'acme', 'early') returning id");
        try (ExecutorProcess first = process(8)) {
            stage.send(before);
            awaitRunning("pg_sleep(60");
            assertThat(stage.call(insert).code()).isEqualTo("constraint_violation");
            first.kill();
        }
        truth("delete from customers where id = 15 returning id");
        truth(
                "select pg_terminate_backend(pid) from pg_stat_activity where query like '%pg_sleep(60%'"
                        + " and pid <> pg_backend_pid()");

        try (Executor second = stage.executor()) {
            Draft last = Draft.query("select 1");
            assertThat(stage.call(last).ended()).isEqualTo(Ended.SUCCEEDED);
            await().atMost(TAKEN_OVER_WITHIN)
                    .until(() ->
                            stage.outcomesOf(insert.call).size() > 1 || second.underWay() <= 1);
        }

        assertThat(truth("select name from customers where id = 15")).isEmpty();
        assertThat(stage.outcomesOf(insert.call))
                .extracting(Event::data)
                .extracting(CallSettled::ended)
                .containsOnly(Ended.FAILED);
    }

    @Test
    void whatCameAfterTheTakeOverIsNotRunByTheOneThatGoesOn() throws Exception {
        Draft insert = write("insert into customers values (15, 'acme', 'late')");
        truth("insert into customers values (15, 'acme', 'early') returning id");
        try (ExecutorProcess first = process(8)) {
            first.stop();
            try (Executor _ = stage.executor();
                    Admin admin = Admin.create(stage.kafka.client("killed-executor"))) {
                assertThat(stage.call(insert).code()).isEqualTo("constraint_violation");
                truth("delete from customers where id = 15 returning id");
                first.goOn();

                // it found out that it had lost its partitions, and was given others
                await().atMost(TAKEN_OVER_WITHIN).until(() -> members(admin).size() == 2);
                assertThat(stage.call(Draft.query("select 1")).ended()).isEqualTo(Ended.SUCCEEDED);
            }
        }
        assertThat(truth("select name from customers where id = 15")).isEmpty();
        assertThat(stage.outcomesOf(insert.call))
                .extracting(Event::data)
                .extracting(CallSettled::ended)
                .containsOnly(Ended.FAILED);
    }

    private Collection<MemberDescription> members(Admin admin) throws Exception {
        String group = Topics.executors(stage.cell);
        return Objects.requireNonNull(
                        admin.describeConsumerGroups(List.of(group)).all().get().get(group))
                .members();
    }
}
