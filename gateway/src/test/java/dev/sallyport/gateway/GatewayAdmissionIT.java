package dev.sallyport.gateway;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import dev.sallyport.embedded.TestServers;
import dev.sallyport.gateway.StandInExecutor.Answer;
import dev.sallyport.schema.event.CallRefused;
import dev.sallyport.schema.event.Event;
import dev.sallyport.schema.id.TenantId;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.Socket;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class GatewayAdmissionIT {

    private static final Map<String, Object> SELECT = Map.of("database", "shop", "sql", "select 1");
    private static final Map<String, Object> SELECT_FROM_LEDGER =
            Map.of("database", "ledger", "sql", "select 1");

    /** What one principal alone comes to of the fixture's 200 places. */
    private static final int SHARE = 67;

    // case B6
    @Test
    void oneTenantTakesItsShareAndOthersAreServed() throws Exception {
        try (var fixture = GatewayFixture.start();
                var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            var release = new CountDownLatch(1);
            fixture.executor.answers((call, _) -> {
                if (call.database().value().equals("shop")) {
                    await(release);
                }
                return Answer.of("{}");
            });
            var client = fixture.acme("alice", "mcp:read");
            List<Future<McpClient.Response>> calls = new ArrayList<>();
            for (int i = 0; i < SHARE + 10; i++) {
                calls.add(threads.submit(() -> client.tool("db_query", SELECT)));
            }
            Awaitility.await().until(() -> calls.stream().filter(Future::isDone).count() >= 10);

            assertThat(ledger(fixture, fixture.globex).status()).isEqualTo(200);
            release.countDown();
            List<McpClient.Response> answers = new ArrayList<>();
            for (var call : calls) {
                answers.add(call.get());
            }
            assertThat(answers).filteredOn(answer -> answer.status() == 200).hasSize(SHARE);
            assertThat(answers)
                    .filteredOn(answer -> answer.status() != 200)
                    .hasSize(10)
                    .allSatisfy(answer -> {
                        assertThat(answer.status()).isEqualTo(429);
                        assertThat(answer.code()).isEqualTo("tenant_busy");
                        assertThat(answer.http().headers().firstValue("Retry-After")).contains("1");
                    });
            Awaitility.await()
                    .untilAsserted(() -> assertThat(told(fixture, "tenant_busy")).isEqualTo(10));
        }
    }

    // case B6: large ones hold memory, small ones places
    @ParameterizedTest
    @CsvSource({"60000, 40", "200, 100"})
    void slowBodiesOfOneTenantKeepNobodyElseOut(int bodyBytes, int connections) throws Exception {
        try (var fixture =
                        GatewayFixture.on(
                                TestServers.kafka(), Duration.ofSeconds(9), Duration.ofSeconds(3));
                var slow = new SlowBodies(fixture, bodyBytes)) {
            for (int i = 0; i < connections; i++) {
                slow.open();
            }
            Awaitility.await().until(() -> slow.answered() >= 20);

            assertThat(ledger(fixture, fixture.globex).status()).isEqualTo(200);
            var large =
                    fixture.client(fixture.token(fixture.globex, "gwen", Set.of("mcp:read")))
                            .tool(
                                    "db_query",
                                    Map.of(
                                            "database",
                                            "ledger",
                                            "sql",
                                            "select 1 -- " + "x".repeat(30_000)));
            assertThat(large.status()).isEqualTo(200);
            assertThat(slow.answered()).isLessThan(connections);
            // and the slow ones are not waited for much longer than a third of a call's time
            List<String> statuses = slow.statuses();
            assertThat(statuses).contains("429", "400").allMatch(Set.of("429", "400")::contains);
        }
    }

    // case B7
    @Test
    void aCellWithoutExecutorsLeavesTheOthersTheirPlaces() throws Exception {
        try (var fixture = GatewayFixture.start();
                var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            List<Future<McpClient.Response>> waiting = new ArrayList<>();
            for (String name : List.of("a", "b", "c", "d", "e")) {
                TenantId tenant = fixture.tenantOfDeadCell(name);
                Awaitility.await().until(() -> fixture.feed.get().tenant(tenant).isPresent());
                waiting.addAll(many(threads, fixture, tenant));
            }
            Awaitility.await()
                    .until(() ->
                            waiting.stream().filter(Future::isDone).anyMatch(done -> isBusy(done)));

            List<Future<McpClient.Response>> others = new ArrayList<>();
            for (int i = 0; i < 15; i++) {
                others.add(threads.submit(() -> ledger(fixture, fixture.globex)));
            }

            for (var other : others) {
                assertThat(other.get().status()).isEqualTo(200);
            }
            List<String> codes = new ArrayList<>();
            for (var call : waiting) {
                codes.add(call.get().code());
            }
            assertThat(codes).contains("cell_busy", "deadline_exceeded");
            assertThat(codes).filteredOn("deadline_exceeded"::equals).hasSizeLessThanOrEqualTo(100);
        }
    }

    @Test
    void aResultForWhichThereIsNoRoomIsDroppedAndTheNextOneIsNot() throws Exception {
        try (var fixture = GatewayFixture.start();
                var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            String large = "{\"rows\":[\"" + "x".repeat(1_000_000) + "\"]}";
            var arrived = new CountDownLatch(12);
            fixture.executor.answers((_, _) -> {
                arrived.countDown();
                await(arrived);
                return Answer.of(large);
            });
            var client = fixture.acme("alice", "mcp:read");
            List<Future<McpClient.Response>> calls = new ArrayList<>();
            for (int i = 0; i < 12; i++) {
                calls.add(threads.submit(() -> client.tool("db_query", SELECT)));
            }
            List<String> codes = new ArrayList<>();
            for (var call : calls) {
                codes.add(call.get().code());
            }
            assertThat(codes).contains("").allMatch(Set.of("", "result_dropped")::contains);

            assertThat(client.tool("db_query", SELECT).isError()).isFalse();
        }
    }

    private static McpClient.Response ledger(GatewayFixture fixture, TenantId tenant) {
        return fixture.client(fixture.token(tenant, "gwen", Set.of("mcp:read")))
                .tool("db_query", SELECT_FROM_LEDGER);
    }

    private static List<Future<McpClient.Response>> many(
            ExecutorService threads, GatewayFixture fixture, TenantId tenant) {
        var client = fixture.client(fixture.token(tenant, "gwen", Set.of("mcp:read")));
        List<Future<McpClient.Response>> calls = new ArrayList<>();
        for (int i = 0; i < 40; i++) {
            calls.add(threads.submit(() -> client.tool("db_query", SELECT_FROM_LEDGER)));
        }
        return calls;
    }

    private static boolean isBusy(Future<McpClient.Response> call) {
        return call.resultNow().code().equals("cell_busy");
    }

    private static int told(GatewayFixture fixture, String code) {
        return Signals.of(fixture.kafka, CallRefused.class).stream()
                .filter(event -> event.tenant().equals(fixture.acme))
                .map(Event::data)
                .filter(refused -> refused.code().equals(code))
                .mapToInt(CallRefused::count)
                .sum();
    }

    private static void await(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** Requests of one principal of which the last byte never comes. */
    private static final class SlowBodies implements AutoCloseable {
        private final List<Socket> sockets = new ArrayList<>();
        private final int port;
        private final String head;

        SlowBodies(GatewayFixture fixture, int bodyBytes) {
            port = fixture.gateway.port();
            head =
                    """
                    POST /mcp HTTP/1.1\r
                    Host: localhost\r
                    Content-Type: application/json\r
                    Accept: application/json\r
                    Authorization: Bearer %s\r
                    Content-Length: %d\r
                    \r
                    """
                            .formatted(
                                    fixture.token(fixture.acme, "mallory", Set.of("mcp:read")),
                                    bodyBytes);
        }

        void open() throws IOException {
            Socket socket = new Socket(InetAddress.getLoopbackAddress(), port);
            socket.getOutputStream().write((head + "{").getBytes(US_ASCII));
            sockets.add(socket);
        }

        int answered() throws IOException {
            int answered = 0;
            for (Socket socket : sockets) {
                answered += socket.getInputStream().available() > 0 ? 1 : 0;
            }
            return answered;
        }

        List<String> statuses() throws IOException {
            List<String> statuses = new ArrayList<>();
            for (Socket socket : sockets) {
                socket.setSoTimeout(5_000);
                var reader =
                        new BufferedReader(
                                new InputStreamReader(socket.getInputStream(), US_ASCII));
                statuses.add(Objects.requireNonNull(reader.readLine()).split(" ", -1)[1]);
            }
            return statuses;
        }

        @Override
        public void close() throws IOException {
            for (Socket socket : sockets) {
                socket.close();
            }
        }
    }
}
