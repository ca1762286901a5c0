package dev.sallyport.executor;

import static dev.sallyport.executor.engine.postgresql.SharedDatabase.ACME;
import static dev.sallyport.executor.engine.postgresql.SharedDatabase.GLOBEX;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.sallyport.embedded.TestServers;
import dev.sallyport.executor.Stage.Draft;
import dev.sallyport.executor.outcome.Outcome;
import dev.sallyport.executor.outcome.OutcomePublisher;
import dev.sallyport.schema.event.CallSettled;
import dev.sallyport.schema.event.Ended;
import dev.sallyport.schema.event.Event;
import dev.sallyport.schema.event.Limits;
import dev.sallyport.schema.id.CallId;
import dev.sallyport.schema.registry.Suspension;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

final class ExecutorFaultsIT {
    @SuppressWarnings("NullAway.Init")
    private Stage stage;

    @BeforeEach
    void set() throws Exception {
        stage = new Stage();
    }

    @AfterEach
    void clear() throws SQLException {
        stage.close();
    }

    /** Publishes nothing, like a process that is killed before it could. */
    private static final class Killed implements OutcomePublisher {
        private final CountDownLatch reached = new CountDownLatch(1);

        @Override
        public void publish(Outcome outcome, Runnable acknowledged) {
            reached.countDown();
        }

        @Override
        public void close() {}
    }

    @Test
    void aCrashBetweenCommitAndOutcomeWritesOnceAndTellsOnce() throws Exception {
        Draft draft = Draft.write("update customers set balance = balance + 1 where id = 11");
        Killed killed = new Killed();
        Executor first =
                Executor.start(
                        stage.config(), stage.secrets(), InstantSource.system(), _ -> killed);
        stage.send(draft);
        killed.reached.await();
        assertThat(stage.database.truth("select balance from customers where id = 11"))
                .containsExactly("11.50");
        first.close();
        assertThat(stage.outcomesOf(draft.call)).isEmpty();

        try (Executor second = stage.executor()) {
            CallSettled outcome = stage.settled(draft.call);

            assertThat(outcome.ended()).isEqualTo(Ended.SUCCEEDED);
            assertThat(outcome.rowsAffected()).isEqualTo(1);
            assertThat(outcome.attempt()).isEqualTo(2);
            assertThat(stage.result(draft.call)).isEqualTo("{\"rowsAffected\":1}");
            await().until(() -> second.underWay() == 0);
        }
        assertThat(stage.outcomesOf(draft.call)).hasSize(1);
        assertThat(stage.database.truth("select balance from customers where id = 11"))
                .containsExactly("11.50");
    }

    /** Hands on what is told of all calls but one, which never settles. */
    private static final class OneIsNeverTold implements OutcomePublisher {
        private final OutcomePublisher others;
        private final CallId one;
        private final CountDownLatch reached = new CountDownLatch(1);

        OneIsNeverTold(OutcomePublisher others, CallId one) {
            this.others = others;
            this.one = one;
        }

        @Override
        public void publish(Outcome outcome, Runnable acknowledged) {
            if (outcome.settled().data().call().equals(one)) {
                reached.countDown();
            } else {
                others.publish(outcome, acknowledged);
            }
        }

        @Override
        public void close() {
            others.close();
        }
    }

    @Test
    void aWriteThatWasToldAsFailedNeverRunsWhenItIsDeliveredAgain() throws Exception {
        Draft untold = Draft.query("select 1");
        Draft write = Draft.write("update customers set balance = balance + 1 where id = 11");
        List<OneIsNeverTold> publishers = new ArrayList<>();
        try (Executor _ =
                Executor.start(
                        stage.config(),
                        stage.secrets(),
                        InstantSource.system(),
                        others -> {
                            var publisher = new OneIsNeverTold(others, untold.call);
                            publishers.add(publisher);
                            return publisher;
                        })) {
            // no offset after this one can be committed
            stage.send(untold);
            publishers.getFirst().reached.await();
            try (Connection _ = stage.database.lock("customers")) {
                assertThat(stage.call(write).code()).isEqualTo("lock_timeout");
            }
        }

        try (Executor second = stage.executor()) {
            stage.settled(untold.call);
            await().until(() -> second.underWay() == 0);
        }

        assertThat(stage.outcomesOf(write.call))
                .extracting(outcome -> outcome.data().ended())
                .containsOnly(Ended.FAILED);
        assertThat(stage.database.truth("select balance from customers where id = 11"))
                .containsExactly("10.50");
    }

    @Test
    void aWriteThatIsCalledOffInTheLedgerDoesNotRun() throws Exception {
        Draft write = Draft.write("update customers set balance = balance + 1 where id = 11");
        stage.database.truth(
                "insert into sallyport.ledger (call_id, tenant, subject, settled_at, rows_affected)"
                        + " values ('"
                        + write.call
                        + "', 'acme', 'alice', now(), -1) returning call_id");
        try (Executor _ = stage.executor()) {
            assertThat(stage.call(write).code()).isEqualTo("not_run");
        }
        assertThat(stage.database.truth("select balance from customers where id = 11"))
                .containsExactly("10.50");
    }

    // case I6
    @Test
    void aWriteThatStoodInTheLogBeforeAnyExecutorCameRuns() throws Exception {
        Draft write = Draft.write("update customers set balance = balance + 1 where id = 11");
        stage.send(write);
        try (Executor _ = stage.executor()) {
            assertThat(stage.settled(write.call).ended()).isEqualTo(Ended.SUCCEEDED);
        }
        assertThat(stage.outcomesOf(write.call)).hasSize(1);
        assertThat(stage.database.truth("select balance from customers where id = 11"))
                .containsExactly("11.50");
    }

    @Test
    void noStatementTakesTheExecutorsMemory() {
        List<Draft> greedy = new ArrayList<>();
        for (int i = 0; i < 4; i++) {
            greedy.add(Draft.query("select repeat(chr(1), 15000000)"));
            greedy.add(Draft.query("select repeat('x', 60000000)"));
            greedy.add(
                    Draft.write(
                            "select case when n < 0 then n end from generate_series(1, 3000000)"
                                    + " n"));
        }
        greedy.forEach(draft -> draft.limits = new Limits(1_000, 100_000, 60_000));
        try (Executor _ = stage.executor()) {
            greedy.forEach(stage::send);
            for (Draft draft : greedy) {
                CallSettled outcome = stage.settled(draft.call);
                assertThat(outcome.bytes()).isLessThanOrEqualTo(100_000);
                assertThat(outcome.truncated() || outcome.ended() == Ended.FAILED).isTrue();
            }
            assertThat(stage.call(Draft.query("select 1")).ended()).isEqualTo(Ended.SUCCEEDED);
        }
    }

    @Test
    void whatSettledIsNotDeliveredAgain() {
        Draft draft = Draft.query("select 1");
        try (Executor first = stage.executor()) {
            stage.call(draft);
            await().until(() -> first.underWay() == 0);
        }
        try (Executor _ = stage.executor()) {
            stage.call(Draft.query("select 2"));
        }
        assertThat(stage.outcomesOf(draft.call)).hasSize(1);
    }

    // case I6
    @Test
    void whoStartsAgainUnderItsNameHasAllItsPartitionsAtOnce() throws Exception {
        ExecutorConfig config = stage.config();
        // as after a kill: it does not leave the group
        Executor killed = Executor.start(config, stage.secrets(), InstantSource.system());
        await().until(() -> !partitions(stage.health(killed)).endsWith(":0"));
        String all = stage.health(killed);
        try (Executor again = Executor.start(config, stage.secrets(), InstantSource.system())) {
            Draft draft = Draft.write("update customers set balance = balance where id = 11");

            assertThat(stage.call(draft).ended()).isEqualTo(Ended.SUCCEEDED);
            assertThat(partitions(stage.health(again))).isEqualTo(partitions(all));
        } finally {
            killed.close();
        }
    }

    private static String partitions(String health) {
        return health.replaceFirst(".*(\"partitions\":[0-9]+).*", "$1");
    }

    @Test
    void aSuspensionStopsARunningStatementWithinASecond() {
        Draft slow = Draft.query("select count(*) from generate_series(1, 100000000000) n");
        try (Executor _ = stage.executor()) {
            stage.send(slow);
            await().until(() -> running("generate_series") == 1);

            Instant suspended = Instant.now();
            stage.register(ACME, new Suspension(ACME, "alice", "as a test asks", null, suspended));
            CallSettled outcome = stage.settled(slow.call);

            assertThat(outcome.ended()).isEqualTo(Ended.CANCELLED);
            assertThat(outcome.code()).isEqualTo("principal_suspended");
            assertThat(Duration.between(suspended, stage.outcomesOf(slow.call).getFirst().time()))
                    .isLessThan(Duration.ofSeconds(1));
            assertThat(running("generate_series")).isZero();

            assertThat(stage.call(Draft.query("select 1")).code()).isEqualTo("principal_suspended");
            stage.unregister(ACME, Suspension.key(ACME, "alice"));
            await().untilAsserted(() ->
                    assertThat(stage.call(Draft.query("select 1")).ended())
                            .isEqualTo(Ended.SUCCEEDED));
        }
    }

    // case D8
    @Test
    void aWithdrawalStopsARunningStatementWithinASecond() {
        Draft slow = Draft.query("select count(*) from generate_series(1, 100000000001) n");
        try (Executor _ = stage.executor()) {
            stage.send(slow);
            await().until(() -> running("generate_series") == 1);

            Instant withdrawn = Instant.now();
            stage.withdraw(slow);
            CallSettled outcome = stage.settled(slow.call);

            assertThat(outcome.ended()).isEqualTo(Ended.CANCELLED);
            assertThat(outcome.code()).isEqualTo("call_withdrawn");
            assertThat(Duration.between(withdrawn, stage.outcomesOf(slow.call).getFirst().time()))
                    .isLessThan(Duration.ofSeconds(1));
            assertThat(running("generate_series")).isZero();
        }
    }

    @Test
    void aWriteThatIsWithdrawnIsRolledBack() {
        Draft slow =
                Draft.write(
                        "with slow as materialized (select count(*) as n from generate_series(1,"
                                + " 100000000002)) update customers set balance = balance + (select"
                                + " n from slow) where id = 11");
        try (Executor _ = stage.executor()) {
            stage.send(slow);
            await().until(() -> running("generate_series") == 1);

            stage.withdraw(slow);

            assertThat(stage.settled(slow.call).ended()).isEqualTo(Ended.CANCELLED);
            CallSettled next =
                    stage.call(Draft.write("update customers set balance = balance where id = 11"));
            assertThat(next.ended()).isEqualTo(Ended.SUCCEEDED);
        }
    }

    private int running(String statement) {
        try {
            return Integer.parseInt(
                    stage.database
                            .truth(
                                    "select count(*) from pg_stat_activity where state = 'active'"
                                            + " and pid <> pg_backend_pid() and query like '%"
                                            + statement
                                            + "%'")
                            .getFirst());
        } catch (SQLException e) {
            throw new AssertionError(e);
        }
    }

    @Test
    void aBusyPrincipalIsTurnedAwayAndOthersAreServed() { // case B8
        try (Executor _ =
                Executor.start(stage.config(4, 4, 256), stage.secrets(), InstantSource.system())) {
            List<CallId> slow = new ArrayList<>();
            for (int i = 0; i < 12; i++) {
                slow.add(stage.send(Draft.query("select pg_sleep(1.5)")));
            }
            Draft colleague = Draft.query("select 1");
            colleague.subject = "bob";
            CallSettled ofColleague = stage.call(colleague);
            CallSettled ofOtherTenant = stage.call(Draft.query("select 1").of(GLOBEX));
            List<CallSettled> outcomes = slow.stream().map(stage::settled).toList();

            Map<Ended, Long> ended =
                    outcomes.stream()
                            .collect(
                                    Collectors.groupingBy(
                                            CallSettled::ended, Collectors.counting()));
            assertThat(ended).containsEntry(Ended.SUCCEEDED, 6L).containsEntry(Ended.FAILED, 6L);
            assertThat(outcomes)
                    .filteredOn(outcome -> outcome.ended() == Ended.FAILED)
                    .allMatch(outcome -> "tenant_busy".equals(outcome.code()));
            assertThat(List.of(ofColleague, ofOtherTenant))
                    .allSatisfy(served -> {
                        assertThat(served.ended()).isEqualTo(Ended.SUCCEEDED);
                        assertThat(served.timings().queueMicros()).isLessThan(1_000_000);
                    });
        }
    }

    @Test
    void whenTooMuchIsUnderWayTheLogHoldsTheRestAndNothingIsLost() {
        try (Executor executor =
                Executor.start(
                        stage.config(2, 10_000, 20), stage.secrets(), InstantSource.system())) {
            List<CallId> calls = new ArrayList<>();
            for (int i = 0; i < 400; i++) {
                calls.add(stage.send(Draft.query("select " + i)));
            }
            assertThat(calls)
                    .allSatisfy(call ->
                            assertThat(stage.settled(call).ended()).isEqualTo(Ended.SUCCEEDED));
            await().until(() -> executor.underWay() == 0);
        }
    }

    @Test
    void aWriteWhoseConnectionBreaksBeforeTheCommitFailsAndChangedNothing() throws Exception {
        Draft draft =
                Draft.write(
                        "update customers set balance = balance + 1 where id = 11 and pg_sleep(20)"
                                + " is not null");
        try (Executor _ = stage.executor()) {
            stage.send(draft);
            await().until(() -> running("pg_sleep(20)") == 1);
            stage.database.truth(
                    "select pg_terminate_backend(pid) from pg_stat_activity where state = 'active'"
                            + " and query like '%pg_sleep(20)%' and pid <> pg_backend_pid()");

            CallSettled outcome = stage.settled(draft.call);

            assertThat(outcome.ended()).isEqualTo(Ended.FAILED);
            assertThat(outcome.code()).isEqualTo("database_unavailable");
            assertThat(stage.database.truth("select balance from customers where id = 11"))
                    .containsExactly("10.50");
            assertThat(stage.call(Draft.query("select 1")).ended()).isEqualTo(Ended.SUCCEEDED);
        }
    }

    @Test
    void aWriteWhoseConnectionBreaksDuringTheCommitIsLookedUpInTheLedger() throws Exception {
        // a deferred trigger runs within COMMIT: long enough to cut the connection there
        stage.database.administer(
                """
                create function slow_commit() returns trigger language plpgsql as
                $$ begin perform pg_sleep(20); return null; end $$;
                create constraint trigger slow after update on customers
                    deferrable initially deferred for each row execute function slow_commit();
                """);
        Draft draft = Draft.write("update customers set balance = balance + 1 where id = 11");
        try (Executor _ = stage.executor()) {
            stage.send(draft);
            await().until(() -> running("set constraints all immediate") == 1);
            stage.database.truth(
                    "select pg_terminate_backend(pid) from pg_stat_activity where state = 'active'"
                            + " and query like '%set constraints all immediate' and pid <>"
                            + " pg_backend_pid()");

            CallSettled outcome = stage.settled(draft.call);

            assertThat(outcome.ended()).isEqualTo(Ended.FAILED);
            assertThat(stage.database.truth("select balance from customers where id = 11"))
                    .containsExactly("10.50");
            assertThat(stage.database.truth("select rows_affected from sallyport.ledger"))
                    .as("called off: nobody runs it any more")
                    .containsExactly("-1");
        }
    }

    @Test
    void noReplyLeavesWhileTheLogTakesNoOutcome() throws Exception {
        Draft draft =
                Draft.write(
                        "update customers set balance = balance + 1 where id = 11"
                                + " and pg_sleep(2) is not null");
        draft.deadline = Instant.now().plusSeconds(60);
        try (Executor executor = stage.executor()) {
            stage.send(draft);
            await().until(() -> running("pg_sleep(2)") == 1);
            TestServers.kafka().stop();
            try {
                await().atMost(Duration.ofSeconds(20))
                        .until(() ->
                                stage.database
                                        .truth("select count(*) from sallyport.ledger")
                                        .equals(List.of("1")));
                assertThat(executor.underWay()).isEqualTo(1);
                assertThat(stage.replies).doesNotContainKey(draft.call);
            } finally {
                TestServers.kafka().startAgain();
            }
            CallSettled outcome = stage.settled(draft.call);

            assertThat(outcome.ended()).isEqualTo(Ended.SUCCEEDED);
            assertThat(stage.outcomesOf(draft.call).stream().map(Event::id).distinct()).hasSize(1);
            assertThat(stage.database.truth("select balance from customers where id = 11"))
                    .containsExactly("11.50");
        }
    }

    @Test
    void aDatabaseThatIsAwayIsAnAnswerNotAHang() {
        Draft draft = Draft.query("select 1");
        stage.register(ACME, stage.database.unreachable(ACME));
        try (Executor _ = stage.executor()) {
            CallSettled outcome = stage.call(draft);

            assertThat(outcome.ended()).isEqualTo(Ended.FAILED);
            assertThat(outcome.code()).isEqualTo("database_unavailable");
        }
    }

    @Test
    void twoExecutorsShareACellAndEveryCallSettlesOnce() {
        List<CallId> calls = new ArrayList<>();
        try (Executor _ = stage.executor()) {
            for (int i = 0; i < 30; i++) {
                calls.add(stage.send(Draft.query("select " + i)));
            }
            try (Executor _ = stage.executor()) {
                for (int i = 0; i < 30; i++) {
                    calls.add(
                            stage.send(
                                    Draft.write(
                                            "update customers set balance = balance + 1 where id ="
                                                    + " 12")));
                }
                calls.forEach(stage::settled);
            }
        }
        assertThat(calls)
                .allSatisfy(call ->
                        assertThat(stage.outcomesOf(call).stream().map(Event::id).distinct())
                                .hasSize(1));
        try {
            assertThat(stage.database.truth("select balance from customers where id = 12"))
                    .containsExactly("51.00");
        } catch (SQLException e) {
            throw new AssertionError(e);
        }
    }
}
