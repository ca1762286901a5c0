package dev.sallyport.gateway.edge;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import dev.sallyport.gateway.admission.Admission;
import dev.sallyport.gateway.identity.Authentication;
import dev.sallyport.gateway.identity.ProtectedResource;
import dev.sallyport.gateway.protocol.Mcp;
import dev.sallyport.gateway.protocol.Offer;
import dev.sallyport.gateway.protocol.Outcome;
import dev.sallyport.schema.health.Health;
import dev.sallyport.schema.id.TenantId;
import dev.sallyport.schema.token.Caller;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.net.URI;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.node.JsonNodeFactory;

/** What somebody does to the gateway's connections keeps nobody else from being served. */
// case B6
class EdgeConnectionsTest {

    private static final int CONNECTIONS_MAX = 16;
    private static final int LARGE = 16 << 20;
    private static final Duration HEAD = Duration.ofMillis(500);
    private static final Duration ANSWER = Duration.ofSeconds(1);
    private static final Duration IDLE = Duration.ofSeconds(2);

    /** Far more than any of these, and far less than a wait without an end. */
    private static final Duration IN_TIME = Duration.ofSeconds(10);

    private static final String PING = "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"ping\"}";
    private static final String START = "POST /mcp HTTP/1.1\r\nHost: a\r\n";

    private final Edge edge = start();
    private final List<Socket> sockets = new ArrayList<>();

    private static Edge start() {
        var caller =
                new Caller(
                        new TenantId("acme"),
                        "alice",
                        "agent",
                        Set.of(),
                        URI.create("https://issuer.example.org"),
                        Instant.parse("2026-12-01T00:00:00Z"));
        var mcp =
                new Mcp(
                        new Offer(
                                "sallyport",
                                "1",
                                "",
                                JsonNodeFactory.instance.objectNode(),
                                Map.of(
                                        "large",
                                        _ ->
                                                new Outcome.Complete(json ->
                                                        json.raw("\"a\":\"")
                                                                .raw("x".repeat(LARGE))
                                                                .raw("\"")))));
        return Edge.start(
                new EdgeConfig(
                        "127.0.0.1",
                        0,
                        false,
                        List.of(),
                        List.of(),
                        new EdgeConfig.Limits(4_096, 8_192, CONNECTIONS_MAX, 16),
                        new EdgeConfig.Timeouts(
                                HEAD, Duration.ofSeconds(1), ANSWER, IDLE, Duration.ofSeconds(1))),
                new ProtectedResource(
                        URI.create("https://sallyport.example.org/mcp"),
                        List.of("https://issuer.example.org"),
                        List.of("mcp:read")),
                (_, _) -> new Authentication.Authenticated(caller),
                new Admission(100, 1 << 30),
                (_, _, _, _) -> true,
                mcp,
                () -> new Health(true, new TreeMap<>()));
    }

    @AfterEach
    void close() throws IOException {
        for (Socket socket : sockets) {
            socket.close();
        }
        edge.close();
    }

    @ParameterizedTest
    @ValueSource(strings = {"X", "\r\n", "\n"})
    void aHeaderThatDripsIsNotWaitedForByteByByte(String drop) throws Exception {
        Socket slow = connect("127.0.0.1");
        if (!drop.isBlank()) {
            send(slow, START);
        }
        drips(slow, drop);
    }

    @Test
    void theHeaderOfALaterRequestHasItsTimeToo() throws Exception {
        Socket slow = connect("127.0.0.1");
        send(slow, request(PING, ""));
        slow.setSoTimeout((int) IN_TIME.toMillis());
        assertThat(new String(slow.getInputStream().readNBytes(15), US_ASCII))
                .isEqualTo("HTTP/1.1 200 OK");
        send(slow, START);
        drips(slow, "X");
    }

    /** Sends that again and again, at no time silent for long, until the connection is closed. */
    private void drips(Socket slow, String drop) throws IOException {
        long begun = System.nanoTime();
        slow.setSoTimeout(50);
        while (!isOver(slow, drop)) {
            assertThat(System.nanoTime() - begun).isLessThan(IN_TIME.toNanos());
            assertThat(ping("127.0.0.2")).startsWith("HTTP/1.1 200 ");
        }
        assertThat(System.nanoTime() - begun).isGreaterThan(HEAD.toNanos() / 2);
    }

    private static boolean isOver(Socket slow, String drop) throws IOException {
        try {
            send(slow, drop);
            return slow.getInputStream().skip(1_000) == 0 && slow.getInputStream().read() < 0;
        } catch (SocketTimeoutException e) {
            return false;
        } catch (SocketException e) {
            return true;
        }
    }

    /** What is sent between the pieces of a body is no content, and extends nothing either. */
    @ParameterizedTest
    @CsvSource({"'1;x=', x", "'1', 0", "'0\r\nx: ', x"})
    void aBodyThatDripsWithoutContentIsNotWaitedFor(String first, String drop) throws Exception {
        Socket slow = connect("127.0.0.1");
        send(
                slow,
                START
                        + "Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"
                        + first);
        long begun = System.nanoTime();
        slow.setSoTimeout(50);
        String answer = "";
        while (answer.isEmpty()) {
            assertThat(System.nanoTime() - begun).isLessThan(IN_TIME.toNanos());
            assertThat(ping("127.0.0.2")).startsWith("HTTP/1.1 200 ");
            send(slow, drop);
            try {
                answer = new String(slow.getInputStream().readNBytes(12), US_ASCII);
            } catch (SocketTimeoutException e) {
                // not yet
            }
        }
        assertThat(answer).startsWith("HTTP/1.1 4");
    }

    @Test
    void whoSendsLineBreaksWithoutAPauseHoldsNoThread() throws Exception {
        byte[] breaks = "\r\n".repeat(32_768).getBytes(US_ASCII);
        List<Thread> senders = new ArrayList<>();
        // as many as half of the connections, more than the machine has cores
        for (int i = 0; i < CONNECTIONS_MAX / 2; i++) {
            Socket socket = connect("127.0.0.1");
            senders.add(
                    Thread.startVirtualThread(() -> {
                        try {
                            while (true) {
                                socket.getOutputStream().write(breaks);
                            }
                        } catch (IOException e) {
                            // that is the end
                        }
                    }));
        }
        assertThat(ping("127.0.0.2")).startsWith("HTTP/1.1 200 ");
        for (Thread sender : senders) {
            assertThat(sender.join(IN_TIME)).isTrue();
        }
    }

    @Test
    void aConnectionOnWhichNothingComesIsClosed() throws Exception {
        Socket silent = connect("127.0.0.1");
        Socket kept = connect("127.0.0.1");
        send(kept, request(PING, ""));

        silent.setSoTimeout((int) IN_TIME.toMillis());
        assertThat(silent.getInputStream().read()).isNegative();
        kept.setSoTimeout((int) IN_TIME.toMillis());
        assertThat(new String(kept.getInputStream().readAllBytes(), US_ASCII))
                .startsWith("HTTP/1.1 200 ")
                .endsWith("\"result\":{}}");
    }

    @Test
    void requestsThatAreSentAtOnceAreAnsweredOneByOne() throws Exception {
        Socket hasty = connect("127.0.0.1");
        int many = 300;
        send(hasty, request(PING, "").repeat(many - 1) + request(PING, "Connection: close\r\n"));
        assertThat(ping("127.0.0.2")).startsWith("HTTP/1.1 200 ");

        hasty.setSoTimeout((int) IN_TIME.toMillis());
        String answers = new String(hasty.getInputStream().readAllBytes(), US_ASCII);
        assertThat(answers.split("\"result\":\\{}", -1)).hasSize(many + 1);
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 2_000})
    void whoDoesNotTakeItsAnswerIsNotWaitedFor(int bytesAtOnce) throws Exception {
        long begun = System.nanoTime();
        Socket slow = new Socket();
        slow.setReceiveBufferSize(4_096);
        sockets.add(slow);
        slow.connect(new InetSocketAddress(InetAddress.ofLiteral("127.0.0.1"), edge.port()));
        send(slow, request("{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"large\"}", ""));

        Awaitility.await()
                .atMost(IN_TIME)
                .until(() -> {
                    assertThat(ping("127.0.0.2")).startsWith("HTTP/1.1 200 ");
                    take(slow, bytesAtOnce);
                    return health().contains("\"connections\":1,");
                });
        assertThat(System.nanoTime() - begun).isGreaterThan(ANSWER.toNanos());
        assertThat(bytesToTheEnd(slow)).isLessThan(LARGE);
    }

    private static void take(Socket socket, int bytesMax) throws IOException {
        try {
            InputStream in = socket.getInputStream();
            in.skipNBytes(Math.min(in.available(), bytesMax));
        } catch (SocketException e) {
            assertThat(e).hasMessageContaining("reset");
        }
    }

    private static long bytesToTheEnd(Socket socket) throws IOException {
        long bytes = 0;
        try (InputStream in = socket.getInputStream()) {
            while (in.read() >= 0) {
                bytes++;
            }
        } catch (SocketException e) {
            assertThat(e).hasMessageContaining("reset");
        }
        return bytes;
    }

    @Test
    void oneAddressTakesItsShareOfConnectionsAndOthersAreServed() throws Exception {
        List<Socket> served = new ArrayList<>();
        int closedAtOnce = 0;
        for (int i = 0; i < 2 * CONNECTIONS_MAX; i++) {
            Socket socket = connect("127.0.0.1");
            if (isServed(socket)) {
                served.add(socket);
            } else {
                closedAtOnce++;
            }
        }
        assertThat(served).hasSize(CONNECTIONS_MAX / 2);
        assertThat(closedAtOnce).isEqualTo(2 * CONNECTIONS_MAX - CONNECTIONS_MAX / 2);

        for (int i = 2; i < 20; i++) {
            assertThat(ping("127.0.0." + i)).startsWith("HTTP/1.1 200 ");
        }
        assertThat(health()).contains("\"connectionsRefused\":" + closedAtOnce);
        for (Socket socket : served) {
            socket.close();
        }
        Awaitility.await().until(() -> health().contains("\"connections\":1,"));
        assertThat(isServed(connect("127.0.0.1"))).isTrue();
    }

    private boolean isServed(Socket socket) throws IOException {
        socket.setSoTimeout((int) IN_TIME.toMillis());
        try {
            send(socket, request(PING, ""));
            return socket.getInputStream().read() >= 0;
        } catch (SocketException e) {
            return false;
        }
    }

    private String health() throws IOException {
        return exchange(
                "127.0.0.9", "GET /healthz HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
    }

    private String ping(String from) throws IOException {
        return exchange(from, request(PING, "Connection: close\r\n"));
    }

    private String exchange(String from, String request) throws IOException {
        try (Socket socket = connect(from)) {
            socket.setSoTimeout((int) IN_TIME.toMillis());
            send(socket, request);
            return new String(socket.getInputStream().readAllBytes(), US_ASCII);
        }
    }

    private Socket connect(String from) throws IOException {
        var socket =
                new Socket(
                        InetAddress.ofLiteral("127.0.0.1"),
                        edge.port(),
                        InetAddress.ofLiteral(from),
                        0);
        sockets.add(socket);
        return socket;
    }

    private static void send(Socket socket, String text) throws IOException {
        socket.getOutputStream().write(text.getBytes(US_ASCII));
    }

    private static String request(String body, String header) {
        return START
                + "Content-Type: application/json\r\nContent-Length: %d\r\n%s\r\n%s"
                        .formatted(body.length(), header, body);
    }
}
