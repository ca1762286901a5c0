package dev.sallyport.gateway;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.sallyport.gateway.StandInExecutor.Answer;
import dev.sallyport.schema.event.CallWithdrawn.Reason;
import dev.sallyport.schema.id.GatewayId;
import dev.sallyport.schema.registry.KeyPurpose;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.HashSet;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Two gateways behind a HAProxy that has the configuration of docs/operations.md. */
// case D8
class GatewaysBehindProxyIT {

    private static final Path DOCUMENT = Path.of("..", "docs", "operations.md");
    private static final int STARTS_MAX = 5;

    /** Of two gateways; both have been chosen by then unless one never is. */
    private static final int SESSIONS_MAX = 100;

    private static final String QUERY =
            """
            {"jsonrpc":"2.0","id":7,"method":"tools/call",\
            "params":{"name":"db_query","arguments":{"database":"shop","sql":"select 1"}}}\
            """;
    private static final String CANCELLED =
            """
            {"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":7}}\
            """;
    private static final String INITIALIZE =
            """
            {"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-11-25",\
            "capabilities":{},"clientInfo":{"name":"test","version":"1"}}}\
            """;

    @TempDir Path folder;
    private final CountDownLatch release = new CountDownLatch(1);
    private GatewayFixture fixture;
    private Gateway second;
    private @Nullable Process proxy;
    private int port;

    @BeforeEach
    void start() throws Exception {
        Path haproxy = haproxy();
        fixture = GatewayFixture.start();
        fixture.executor.answers((_, _) -> {
            await(release);
            return Answer.of("{}");
        });
        var id = new GatewayId("second-" + fixture.config.id());
        fixture.register(id);
        Awaitility.await()
                .until(() -> fixture.feed.get().gatewayKey(id, KeyPurpose.COMMANDS).isPresent());
        second = Gateway.start(fixture.configOf(id), fixture.secrets, InstantSource.system());
        for (int i = 0; proxy == null && i < STARTS_MAX; i++) {
            start(haproxy);
        }
        assertThat(proxy).as("a port for the proxy").isNotNull();
    }

    @AfterEach
    void stop() throws InterruptedException {
        release.countDown();
        if (proxy != null) {
            proxy.destroyForcibly().waitFor();
        }
        if (second != null) {
            second.close();
        }
        if (fixture != null) {
            fixture.close();
        }
    }

    @Test
    void aSessionIsHeardByItsGatewayAndSessionsAreSpreadOverBoth() throws Exception {
        var alice = new McpClient(port, token());
        Set<GatewayId> chosen = new HashSet<>();
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            int sessions = 0;
            while (chosen.size() < 2 && sessions < SESSIONS_MAX) {
                sessions++;
                String session =
                        alice.send(alice.request(INITIALIZE))
                                .http()
                                .headers()
                                .firstValue("Mcp-Session-Id")
                                .orElseThrow();
                Future<McpClient.Response> call = threads.submit(() -> send(alice, session, QUERY));
                int calls = sessions;
                Awaitility.await().until(() -> fixture.executor.taken().size() == calls);
                chosen.add(fixture.executor.taken().getLast().call().reply().gateway());

                assertThat(send(alice, session, CANCELLED).status()).isEqualTo(202);
                Awaitility.await()
                        .atMost(Duration.ofSeconds(2))
                        .until(() -> fixture.executor.withdrawn().size() == calls);
                assertThat(fixture.executor.withdrawn().getLast().reason())
                        .isEqualTo(Reason.CANCELLED);
                assertThat(call.get().status()).isEqualTo(202);
            }
        }
        assertThat(chosen).hasSize(2);
    }

    @Test
    void whoClosesItsConnectionIsNotWaitedForBehindTheProxy() throws Exception {
        try (var socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
            socket.getOutputStream()
                    .write(
                            """
                            POST /mcp HTTP/1.1\r
                            Host: localhost\r
                            Content-Type: application/json\r
                            Accept: application/json\r
                            Authorization: Bearer %s\r
                            Content-Length: %d\r
                            \r
                            %s\
                            """
                                    .formatted(token(), QUERY.length(), QUERY)
                                    .getBytes(UTF_8));
            Awaitility.await().until(() -> fixture.executor.taken().size() == 1);
        }
        Awaitility.await()
                .atMost(Duration.ofSeconds(2))
                .until(() -> fixture.executor.withdrawn().size() == 1);
        assertThat(fixture.executor.withdrawn().getFirst().reason())
                .isEqualTo(Reason.CONNECTION_CLOSED);
    }

    @Test
    void onlyTheEndpointAndItsMetadataAreReached() throws Exception {
        var nobody = new McpClient(port, null);
        assertThat(nobody.send(nobody.request(INITIALIZE)).code()).isEqualTo("token_missing");
        assertThat(McpClient.get(port, "/.well-known/oauth-protected-resource/mcp"))
                .contains("\"resource\"");
        assertThat(status("/healthz")).startsWith("HTTP/1.1 404");
    }

    private String status(String path) throws IOException {
        try (var socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
            socket.getOutputStream()
                    .write(
                            "GET %s HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
                                    .formatted(path)
                                    .getBytes(UTF_8));
            return new String(socket.getInputStream().readAllBytes(), UTF_8);
        }
    }

    private static McpClient.Response send(McpClient client, String session, String message) {
        return client.send(
                client.request(message)
                        .header("MCP-Protocol-Version", "2025-11-25")
                        .header("Mcp-Session-Id", session));
    }

    private String token() {
        return fixture.token(fixture.acme, "alice", Set.of("mcp:read"));
    }

    /**
     * Starts the proxy on a port that was free a moment ago; leaves it null where it no longer was.
     */
    private void start(Path haproxy) throws Exception {
        try (var free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            port = free.getLocalPort();
        }
        String documented =
                Files.readString(DOCUMENT).split("```haproxy\n", -1)[1].split("```", -1)[0];
        Path config = folder.resolve("haproxy.cfg");
        Files.writeString(
                config,
                documented
                        .replace("*:8000", "127.0.0.1:" + port)
                        .replace("gateway-1.internal:8080", "127.0.0.1:" + fixture.gateway.port())
                        .replace("gateway-2.internal:8080", "127.0.0.1:" + second.port()));
        Process started =
                new ProcessBuilder(haproxy.toString(), "-db", "-f", config.toString())
                        .redirectErrorStream(true)
                        .redirectOutput(folder.resolve("haproxy.log").toFile())
                        .start();
        Awaitility.await().until(() -> !started.isAlive() || isListening());
        if (started.isAlive()) {
            proxy = started;
        } else {
            started.waitFor(1, TimeUnit.SECONDS);
            assertThat(Files.readString(folder.resolve("haproxy.log"))).contains("cannot bind");
        }
    }

    private boolean isListening() {
        try {
            return status("/healthz").startsWith("HTTP/1.1 404");
        } catch (IOException e) {
            return false;
        }
    }

    /** Where there is none, the test is skipped; in CI that is a failure. */
    private static Path haproxy() {
        Optional<Path> found =
                Stream.of("/usr/sbin/haproxy", "/usr/local/sbin/haproxy")
                        .map(Path::of)
                        .filter(Files::isExecutable)
                        .findFirst();
        if (System.getenv("CI") != null) {
            assertThat(found).as("package haproxy is installed").isPresent();
        }
        assumeTrue(found.isPresent(), "skipped: haproxy is not installed");
        return found.orElseThrow();
    }

    private static void await(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
