package dev.sallyport.gateway;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.sallyport.gateway.StandInExecutor.Answer;
import dev.sallyport.schema.event.CallWithdrawn.Reason;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.Socket;
import java.net.http.HttpRequest.BodyPublishers;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

// case D8
class GatewayWithdrawalIT {

    private static final String QUERY =
            """
            {"jsonrpc":"2.0","id":%s,"method":"tools/call",\
            "params":{"name":"db_query","arguments":{"database":"shop","sql":"select 1"}}}\
            """;
    private static final String CANCELLED =
            """
            {"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":%s}}\
            """;

    private static final String PROGRESS =
            "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/progress\",\"params\":{}}";

    private final GatewayFixture fixture = GatewayFixture.start();
    private final CountDownLatch release = new CountDownLatch(1);

    GatewayWithdrawalIT() {
        fixture.executor.answers((_, _) -> {
            await(release);
            return Answer.of("{}");
        });
    }

    @AfterEach
    void close() {
        release.countDown();
        fixture.close();
    }

    @Test
    void whoClosesTheConnectionWithdrawsTheCallWithinTwoSeconds() throws Exception {
        try (Socket socket = connection()) {
            send(socket, token("alice"), QUERY.formatted(1));
            Awaitility.await().until(() -> fixture.executor.taken().size() == 1);
        }

        Awaitility.await()
                .atMost(Duration.ofSeconds(2))
                .until(() -> fixture.executor.withdrawn().size() == 1);
        var withdrawn = fixture.executor.withdrawn().getFirst();
        assertThat(withdrawn.call()).isEqualTo(fixture.executor.taken().getFirst().call().call());
        assertThat(withdrawn.principal().subject()).isEqualTo("alice");
        assertThat(withdrawn.reason()).isEqualTo(Reason.CONNECTION_CLOSED);
    }

    @Test
    void whoWaitsIsAnsweredAndSoIsWhatItSentMeanwhile() throws Exception {
        try (Socket socket = connection()) {
            send(socket, token("alice"), QUERY.formatted(1));
            Awaitility.await().until(() -> fixture.executor.taken().size() == 1);
            send(socket, token("alice"), QUERY.formatted(2));
            // of a later call it was seen that nobody waits, so it was looked at this one, too
            try (Socket later = connection()) {
                send(later, token("bob"), QUERY.formatted(1));
                Awaitility.await().until(() -> fixture.executor.taken().size() == 2);
            }
            Awaitility.await().until(() -> !fixture.executor.withdrawn().isEmpty());
            release.countDown();

            var reader = new BufferedReader(new InputStreamReader(socket.getInputStream(), UTF_8));
            assertThat(body(reader)).contains("\"id\":1", "\"result\"");
            assertThat(body(reader)).contains("\"id\":2", "\"result\"");
        }
        assertThat(fixture.executor.withdrawn())
                .singleElement()
                .satisfies(of -> assertThat(of.principal().subject()).isEqualTo("bob"));
    }

    @Test
    void aCallerCancelsItsOwnRequestAndNobodyElses() throws Exception {
        try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            var alice = fixture.client(token("alice"));
            Future<McpClient.Response> call =
                    threads.submit(() -> legacy(alice, "session-1", QUERY.formatted(7)));
            Awaitility.await().until(() -> fixture.executor.taken().size() == 1);

            var bob = fixture.client(token("bob"));
            var carol = fixture.client(fixture.token(fixture.globex, "alice", Set.of("mcp:read")));
            for (var other : new McpClient[] {bob, carol}) {
                assertThat(legacy(other, "session-1", CANCELLED.formatted(7)).status())
                        .isEqualTo(202);
            }
            legacy(alice, "session-2", CANCELLED.formatted(7));
            legacy(alice, "session-1", CANCELLED.formatted(8));
            legacy(alice, "session-1", CANCELLED.formatted("\"7\""));
            // the newest revision closes its connection instead
            alice.send(
                    alice.request(CANCELLED.formatted(7))
                            .header("MCP-Protocol-Version", "2026-07-28")
                            .header("Mcp-Session-Id", "session-1"));
            // a call that began later is cancelled: whatever the others did was looked at before
            threads.execute(() -> legacy(alice, "session-3", QUERY.formatted(7)));
            Awaitility.await().until(() -> fixture.executor.taken().size() == 2);
            legacy(alice, "session-3", CANCELLED.formatted(7));
            Awaitility.await().until(() -> !fixture.executor.withdrawn().isEmpty());
            assertThat(fixture.executor.withdrawn())
                    .singleElement()
                    .satisfies(of ->
                            assertThat(of.call())
                                    .isEqualTo(fixture.executor.taken().getLast().call().call()));
            assertThat(call.isDone()).isFalse();

            assertThat(legacy(alice, "session-1", CANCELLED.formatted(7)).status()).isEqualTo(202);

            Awaitility.await()
                    .atMost(Duration.ofSeconds(2))
                    .until(() -> fixture.executor.withdrawn().size() == 2);
            assertThat(fixture.executor.withdrawn().getLast().reason()).isEqualTo(Reason.CANCELLED);
            // who cancelled gets no response, only an end
            assertThat(call.get().status()).isEqualTo(202);
            assertThat(call.get().http().body()).isEmpty();
        }
    }

    /** What one principal alone comes to of the fixture's 200 places. */
    private static final int SHARE = 67;

    @Test // case B6
    void whoHasItsWholeShareUnderWayCanStillCancel() throws Exception {
        try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            var alice = fixture.client(token("alice"));
            for (int i = 1; i <= SHARE; i++) {
                String query = QUERY.formatted(i);
                threads.execute(() -> legacy(alice, "session-1", query));
            }
            Awaitility.await().until(() -> fixture.executor.taken().size() == SHARE);
            String large = QUERY.formatted(70).replace("select 1", "select 1" + " ".repeat(3_000));
            for (String other : List.of(QUERY.formatted(70), large, PROGRESS, "{", "[]", "")) {
                var refused = legacy(alice, "session-1", other);
                assertThat(refused.status()).as(other).isEqualTo(429);
                assertThat(refused.code()).isEqualTo("tenant_busy");
            }
            legacy(alice, "session-2", CANCELLED.formatted(7));
            legacy(fixture.client(token("bob")), "session-1", CANCELLED.formatted(7));

            // over a connection of its own, and in chunks
            var chunked =
                    alice.request("")
                            .POST(
                                    BodyPublishers.fromPublisher(
                                            BodyPublishers.ofString(CANCELLED.formatted(8))))
                            .header("MCP-Protocol-Version", "2025-11-25")
                            .header("Mcp-Session-Id", "session-1");
            assertThat(alice.send(chunked).status()).isEqualTo(202);

            Awaitility.await()
                    .atMost(Duration.ofSeconds(2))
                    .until(() -> fixture.executor.withdrawn().size() == 1);
            threads.execute(() -> legacy(alice, "session-1", QUERY.formatted(71)));
            Awaitility.await().until(() -> fixture.executor.taken().size() == SHARE + 1);
            assertThat(legacy(alice, "session-1", QUERY.formatted(72)).status()).isEqualTo(429);
            assertThat(fixture.executor.withdrawn()).hasSize(1);
            release.countDown();
        }
    }

    @Test
    void whatTwoRequestsCouldMeanIsNotCancelled() {
        try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            var alice = fixture.client(token("alice"));
            for (int i = 0; i < 2; i++) {
                threads.execute(() -> legacy(alice, null, QUERY.formatted(7)));
            }
            threads.execute(() -> legacy(alice, null, QUERY.formatted(8)));
            Awaitility.await().until(() -> fixture.executor.taken().size() == 3);

            legacy(alice, null, CANCELLED.formatted(7));
            legacy(alice, null, CANCELLED.formatted(8));
            Awaitility.await().until(() -> !fixture.executor.withdrawn().isEmpty());

            // the second says that the first was heard before
            assertThat(fixture.executor.withdrawn()).hasSize(1);
            release.countDown();
        }
    }

    private String token(String subject) {
        return fixture.token(fixture.acme, subject, Set.of("mcp:read"));
    }

    private static McpClient.Response legacy(
            McpClient client, @Nullable String session, String message) {
        var request = client.request(message).header("MCP-Protocol-Version", "2025-11-25");
        if (session != null) {
            request.header("Mcp-Session-Id", session);
        }
        return client.send(request);
    }

    private Socket connection() throws IOException {
        return new Socket(InetAddress.getLoopbackAddress(), fixture.gateway.port());
    }

    private static void send(Socket socket, String token, String message) throws IOException {
        socket.getOutputStream()
                .write(
                        """
                        POST /mcp HTTP/1.1\r
                        Host: localhost\r
                        Content-Type: application/json\r
                        Accept: application/json\r
                        MCP-Protocol-Version: 2025-11-25\r
                        Authorization: Bearer %s\r
                        Content-Length: %d\r
                        \r
                        %s\
                        """
                                .formatted(token, message.length(), message)
                                .getBytes(UTF_8));
    }

    private static String body(BufferedReader reader) throws IOException {
        int length = 0;
        for (String line = reader.readLine(); !line.isEmpty(); line = reader.readLine()) {
            if (line.startsWith("Content-Length: ")) {
                length = Integer.parseInt(line.substring("Content-Length: ".length()));
            }
        }
        char[] body = new char[length];
        for (int read = 0; read < length; ) {
            read += reader.read(body, read, length - read);
        }
        return new String(body);
    }

    private static void await(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
