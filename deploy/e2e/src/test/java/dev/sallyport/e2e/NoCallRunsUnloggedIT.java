package dev.sallyport.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.sallyport.cli.demo.McpClient;
import dev.sallyport.cli.stack.LocalStack;
import dev.sallyport.service.ServiceKind;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Queue;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Promises 1 and 2: no call runs unlogged, no answer leaves unlogged, whatever becomes of the
 * broker.
 */
class NoCallRunsUnloggedIT {
    private static final String OUTDATED = "registry_outdated";
    private static final int AGENTS = 6;
    private static final int ROWS = 2_000;
    private static final Duration CATCHES_UP_WITHIN = Duration.ofSeconds(90);

    private record Answer(int number, McpClient.Reply reply) {}

    @Test
    @Timeout(value = 5, unit = TimeUnit.MINUTES)
    void aBrokerThatStopsInTheMiddleOfLoadLeavesNoCallUnlogged(@TempDir Path folder)
            throws Exception {
        try (Stage stage = Stage.open(folder, LocalStack.Mode.TOGETHER)) {
            Queue<Answer> answers = new ConcurrentLinkedQueue<>();
            AtomicBoolean enough = new AtomicBoolean();
            CountDownLatch brokerIsBack = new CountDownLatch(1);
            AtomicInteger turnedAway = new AtomicInteger();
            List<Future<?>> agents = new ArrayList<>();
            try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
                    McpClient client = stage.agent("acme", "ana", Stage.EVERYTHING)) {
                AtomicInteger next = new AtomicInteger();
                for (int i = 0; i < AGENTS; i++) {
                    agents.add(
                            threads.submit(() -> {
                                write(client, next, enough, brokerIsBack, turnedAway, answers);
                                return null;
                            }));
                }
                await().atMost(CATCHES_UP_WITHIN).until(() -> succeeded(answers) >= 60);
                stage.stack().servers().kafka().stop();
                await().atMost(CATCHES_UP_WITHIN)
                        .until(() -> failed(answers) + turnedAway.get() >= AGENTS);
                stage.stack().servers().kafka().startAgain();
                brokerIsBack.countDown();
                long before = succeeded(answers);
                await().atMost(CATCHES_UP_WITHIN).until(() -> succeeded(answers) >= before + 60);
                enough.set(true);
                for (Future<?> agent : agents) {
                    agent.get();
                }
            }
            assertThat(answers)
                    .filteredOn(answer -> !answer.reply().succeeded())
                    // of an executor that took over what stood in the log
                    .filteredOn(answer -> !answer.reply().code().equals(Optional.of("not_run")))
                    // of an executor that had it in the database when the broker stopped
                    .filteredOn(answer ->
                            !answer.reply().code().equals(Optional.of("write_unconfirmed")))
                    .allSatisfy(answer -> assertThat(answer.reply().status()).isIn(503, 504))
                    .allSatisfy(answer ->
                            assertThat(answer.reply().code())
                                    .isPresent()
                                    .get()
                                    .isIn("log_unavailable", "deadline_exceeded"));

            Set<String> ran =
                    new TreeSet<>(
                            stage.ownersView(
                                    "select call_id from sallyport.ledger where rows_affected >= 0"));
            await().atMost(CATCHES_UP_WITHIN)
                    .until(() -> stage.calls("acme", "CallSettled").containsAll(ran));
            assertThat(stage.calls("acme", "CallAuthorized"))
                    .as("what ran was authorized in the log")
                    .containsAll(ran);
            assertThat(
                            stage.entries("acme", "CallSettled").stream()
                                    .map(entry -> entry.get("callId").asString()))
                    .as("each call settled once")
                    .doesNotHaveDuplicates();

            assertThat(answers)
                    .filteredOn(answer ->
                            answer.reply().code().equals(Optional.of("write_unconfirmed")))
                    .as("what was told as taken back did not run")
                    .allSatisfy(answer ->
                            assertThat(answer.reply().call()).isPresent().get().isNotIn(ran));

            Set<String> written =
                    new TreeSet<>(
                            stage.ownersView("select city from customers where city like 'e2e-%'"));
            assertThat(written).as("each write was done once").hasSameSizeAs(ran);
            assertThat(answers)
                    .filteredOn(answer -> answer.reply().succeeded())
                    .allSatisfy(answer -> assertThat(written).contains("e2e-" + answer.number()))
                    .allSatisfy(answer ->
                            assertThat(answer.reply().call()).isPresent().get().isIn(ran));
        }
    }

    private static void write(
            McpClient client,
            AtomicInteger next,
            AtomicBoolean enough,
            CountDownLatch brokerIsBack,
            AtomicInteger turnedAway,
            Queue<Answer> answers)
            throws InterruptedException {
        int number = next.getAndIncrement();
        while (!enough.get() && number < ROWS) {
            // acme's customers have the odd ids
            String sql =
                    "update customers set city = 'e2e-"
                            + number
                            + "' where id = "
                            + (2 * number + 1);
            McpClient.Reply reply = client.sql("db_execute", "shop", sql);
            if (reply.code().filter(OUTDATED::equals).isPresent()) {
                // turned away at the door: nothing was tried, and the same is tried again
                turnedAway.incrementAndGet();
                brokerIsBack.await();
            } else {
                answers.add(new Answer(number, reply));
                number = next.getAndIncrement();
            }
        }
    }

    private static long succeeded(Queue<Answer> answers) {
        return answers.stream().filter(answer -> answer.reply().succeeded()).count();
    }

    private static long failed(Queue<Answer> answers) {
        return answers.size() - succeeded(answers);
    }

    @Test
    @Timeout(value = 5, unit = TimeUnit.MINUTES)
    void anExecutorKilledBetweenWriteAndOutcomeWritesOnceAndTellsOnce(@TempDir Path folder)
            throws Exception {
        try (Stage stage = Stage.open(folder, LocalStack.Mode.ISOLATED);
                McpClient client = stage.agent("acme", "ana", Stage.EVERYTHING);
                ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            // the write takes long enough for the broker to be stopped while it runs, so that it
            // commits and cannot be told
            stage.asOwner(
                    "create function slowly() returns trigger language plpgsql as $$ begin perform pg_sleep(6); return new; end $$;"
                            + " create trigger slowly before update on employees for each row execute function slowly()");
            String salary = "select salary from employees where id = 1";
            int before = Integer.parseInt(stage.ownersView(salary).getFirst());
            Future<McpClient.Reply> reply =
                    threads.submit(() ->
                            client.sql(
                                    "db_execute",
                                    "shop",
                                    "update employees set salary = salary + 1 where id = 1"));
            await().atMost(CATCHES_UP_WITHIN)
                    .until(() ->
                            !stage.ownersView(
                                            "select pid from pg_stat_activity where wait_event = 'PgSleep'")
                                    .isEmpty());
            stage.stack().servers().kafka().stop();
            await().atMost(CATCHES_UP_WITHIN)
                    .until(() ->
                            stage.ownersView(salary).equals(List.of(Integer.toString(before + 1))));
            stage.stack().service(ServiceKind.EXECUTOR).kill();
            assertThat(reply.get().succeeded()).as("no answer leaves unlogged").isFalse();
            assertThat(reply.get().status()).isIn(503, 504);

            stage.stack().servers().kafka().startAgain();
            stage.stack().startAgain(ServiceKind.EXECUTOR);

            String call = stage.ownersView("select call_id from sallyport.ledger").getFirst();
            await().atMost(CATCHES_UP_WITHIN)
                    .until(() -> stage.calls("acme", "CallSettled").contains(call));
            assertThat(
                            stage.entries("acme", "CallSettled").stream()
                                    .filter(entry -> entry.get("callId").asString().equals(call))
                                    .toList())
                    .singleElement()
                    .satisfies(entry ->
                            assertThat(entry.get("outcome").asString()).isEqualTo("succeeded"));
            assertThat(stage.ownersView(salary)).containsExactly(Integer.toString(before + 1));

            // a further call goes the usual way, and the redelivered one is not told of again
            assertThat(client.sql("db_query", "shop", "select 1").succeeded()).isTrue();
            assertThat(
                            stage.entries("acme", "CallSettled").stream()
                                    .map(entry -> entry.get("callId").asString())
                                    .filter(call::equals))
                    .hasSize(1);
        }
    }
}
