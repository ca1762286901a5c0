package dev.sallyport.gateway.edge;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sallyport.gateway.admission.Admission;
import dev.sallyport.gateway.identity.Authentication;
import dev.sallyport.gateway.identity.ProtectedResource;
import dev.sallyport.gateway.protocol.ErrorCode;
import dev.sallyport.gateway.protocol.Mcp;
import dev.sallyport.gateway.protocol.Offer;
import dev.sallyport.gateway.protocol.Outcome;
import dev.sallyport.gateway.protocol.Refusal;
import dev.sallyport.gateway.protocol.ToolResult;
import dev.sallyport.schema.health.Health;
import dev.sallyport.schema.id.TenantId;
import dev.sallyport.schema.token.Caller;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublisher;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.JsonNodeFactory;

class EdgeTest {

    private static final int BODY_BYTES_MAX = 4096;
    private static final Caller CALLER =
            new Caller(
                    new TenantId("acme"),
                    "alice",
                    "agent",
                    Set.of(),
                    URI.create("https://issuer.example.org"),
                    Instant.parse("2026-12-01T00:00:00Z"));
    private static final String PING = "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"ping\"}";

    private final HttpClient client =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
    private static final AtomicBoolean READY = new AtomicBoolean(true);
    private static final AtomicReference<Authentication> AUTHENTICATION = new AtomicReference<>();
    private static final int MANY = 64;
    private static final CountDownLatch TOGETHER = new CountDownLatch(MANY);
    private static final AtomicReference<Mcp> MCP = new AtomicReference<>();
    private static Edge edge;

    private static boolean allTogether() {
        try {
            return TOGETHER.await(10, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }

    @BeforeEach
    void readyAndAuthenticated() {
        READY.set(true);
        AUTHENTICATION.set(new Authentication.Authenticated(CALLER));
    }

    @BeforeAll
    static void start() {
        var mcp =
                new Mcp(
                        new Offer(
                                "sallyport",
                                "1",
                                "",
                                JsonNodeFactory.instance.objectNode(),
                                Map.of(
                                        "notices",
                                        request -> {
                                            request.notify(
                                                    "notifications/message",
                                                    JsonNodeFactory.instance
                                                            .objectNode()
                                                            .put("n", 1));
                                            return ToolResult.text("done");
                                        },
                                        "defect",
                                        request -> {
                                            throw new IllegalStateException("inner detail");
                                        },
                                        "together",
                                        _ -> {
                                            TOGETHER.countDown();
                                            return ToolResult.text(String.valueOf(allTogether()));
                                        },
                                        "readOnly",
                                        request ->
                                                ToolResult.text(
                                                        "read-only: "
                                                                + request.inbound().readOnly()),
                                        "lines",
                                        _ ->
                                                new Outcome.Complete(
                                                        json -> json.raw("\"a\":\n[1,\r\n2]")),
                                        "plain",
                                        request -> new Outcome.Complete(Outcome.Members.NONE))));
        MCP.set(mcp);
        edge = edge("https://sallyport.example.org/mcp");
    }

    private static Edge edge(String publicUrl) {
        var config =
                new EdgeConfig(
                        "127.0.0.1",
                        0,
                        true,
                        List.of(),
                        List.of("https://console.example.org"),
                        new EdgeConfig.Limits(BODY_BYTES_MAX, 8192, 1_000, 16),
                        new EdgeConfig.Timeouts(
                                Duration.ofSeconds(5),
                                Duration.ofSeconds(1),
                                Duration.ofSeconds(5),
                                Duration.ofSeconds(2),
                                Duration.ofSeconds(2)));
        return Edge.start(
                config,
                new ProtectedResource(
                        URI.create(publicUrl),
                        List.of("https://issuer.example.org"),
                        List.of("mcp:read", "mcp:write")),
                (authorization, remoteAddress) -> AUTHENTICATION.get(),
                new Admission(1_000, 1 << 30),
                (_, _, _, _) -> true,
                MCP.get(),
                () -> new Health(READY.get(), new TreeMap<>()));
    }

    @AfterAll
    static void stop() {
        edge.close();
    }

    @Test
    void aMessageIsAnsweredWithSecurityHeadersAndARequestId() throws Exception {
        var response = send(post(PING));

        assertThat(response.statusCode()).isEqualTo(200);
        assertThat(response.body()).isEqualTo("{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{}}");
        assertThat(response.headers().firstValue("Content-Type")).contains("application/json");
        assertThat(response.headers().firstValue("X-Request-Id")).isPresent();
        assertThat(response.headers().firstValue("X-Content-Type-Options")).contains("nosniff");
        assertThat(response.headers().firstValue("Cache-Control")).contains("no-store");
        assertThat(response.headers().firstValue("Strict-Transport-Security")).isPresent();
        assertThat(response.headers().firstValue("Server")).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"GET", "DELETE", "PUT", "PATCH", "OPTIONS"})
    void onlyPostIsAllowed(String method) throws Exception {
        var response =
                send(HttpRequest.newBuilder(uri("/mcp")).method(method, BodyPublishers.noBody()));

        assertThat(response.statusCode()).isEqualTo(405);
        assertThat(response.headers().firstValue("Allow")).contains("POST");
        assertThat(response.body()).contains("\"code\":\"method_not_allowed\"");
    }

    @Test
    void aBodyWithATellingLengthIsRefusedUnread() throws Exception {
        var response = send(post("x".repeat(BODY_BYTES_MAX + 1)));

        assertThat(response.statusCode()).isEqualTo(413);
        assertThat(response.body()).contains("\"code\":\"body_too_large\"", "4096 bytes");
    }

    @Test
    void aChunkedBodyIsCountedWhileItArrives() throws Exception {
        BodyPublisher chunks =
                BodyPublishers.fromPublisher(
                        BodyPublishers.ofByteArrays(List.of(new byte[3000], new byte[3000])));
        var response = send(post(chunks));

        assertThat(response.statusCode()).isEqualTo(413);
    }

    @Test
    void aBodyThatDripsIsNotWaitedForByteByByte() throws Exception {
        try (var socket = new Socket(InetAddress.getLoopbackAddress(), edge.port())) {
            socket.getOutputStream()
                    .write(
                            """
                            POST /mcp HTTP/1.1\r
                            Host: localhost\r
                            Content-Type: application/json\r
                            Accept: application/json\r
                            Content-Length: 4000\r
                            \r
                            """
                                    .getBytes(StandardCharsets.US_ASCII));
            long begun = System.nanoTime();
            // no pause is as long as the idle timeout of 2 s
            socket.setSoTimeout(200);
            String answer = "";
            while (answer.isEmpty()) {
                socket.getOutputStream().write(' ');
                try {
                    byte[] some = socket.getInputStream().readNBytes(12);
                    answer = new String(some, StandardCharsets.US_ASCII);
                } catch (SocketTimeoutException e) {
                    assertThat(System.nanoTime() - begun)
                            .isLessThan(Duration.ofSeconds(5).toNanos());
                }
            }
            assertThat(answer).isEqualTo("HTTP/1.1 400");
        }
    }

    @Test
    void aBodyOfExactlyTheLimitIsRead() throws Exception {
        var response = send(post(PING + " ".repeat(BODY_BYTES_MAX - PING.length())));

        assertThat(response.statusCode()).isEqualTo(200);
    }

    @Test
    void farMoreRequestsThanConnectionThreadsWaitAtOnce() {
        var request = post("{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"together\"}").build();
        var answers =
                IntStream.range(0, MANY)
                        .mapToObj(_ -> client.sendAsync(request, BodyHandlers.ofString()))
                        .toList();

        assertThat(answers)
                .allSatisfy(answer -> assertThat(answer.get().body()).contains("\"true\""));
    }

    @Test
    void anAnswerIsNotCompressed() throws Exception {
        var response =
                send(
                        post("{\"jsonrpc\":\"2.0\",\"id\":\"%s\",\"method\":\"ping\"}"
                                        .formatted("x".repeat(3000)))
                                .header("Accept-Encoding", "gzip"));

        assertThat(response.headers().firstValue("Content-Encoding")).isEmpty();
        assertThat(response.headers().firstValue("Content-Length"))
                .hasValue(String.valueOf(response.body().length()));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "https://evil.example",
                "http://evil.example:80",
                "null",
                "http://127.0.0.1.evil.example",
                "::",
                "http://localhost/page",
                "http://evil.example@localhost",
                "http://localhost?a",
                "http://localhost,http://evil.example",
                "http://localhost http://evil.example",
                "ftp://localhost",
                "file://"
            })
    void pagesOfOtherOriginsAreRefused(String origin) throws Exception {
        var response = send(post(PING).header("Origin", origin));

        assertThat(response.statusCode()).isEqualTo(403);
        assertThat(response.body()).contains("\"code\":\"origin_not_allowed\"");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "http://localhost:3000",
                "http://127.0.0.1",
                "http://[::1]:6274",
                "https://console.example.org"
            })
    void localPagesAndAllowedOriginsMayCall(String origin) throws Exception {
        assertThat(send(post(PING).header("Origin", origin)).statusCode()).isEqualTo(200);
    }

    @Test
    void theBodyMustBeDeclaredAsJson() throws Exception {
        for (String type :
                List.of(
                        "text/plain",
                        "application/json; charset=utf-16",
                        "application/json; charset = utf-16",
                        "application/json; charset",
                        "application/json;charset=utf-8;charset=utf-16",
                        "application/json, text/plain",
                        "application/jsonx",
                        "application/vnd.api+json",
                        "json",
                        "*/*",
                        "application/x-www-form-urlencoded")) {
            var response =
                    send(
                            HttpRequest.newBuilder(uri("/mcp"))
                                    .header("Content-Type", type)
                                    .POST(BodyPublishers.ofString(PING)));
            assertThat(response.statusCode()).isEqualTo(415);
            assertThat(response.body()).contains("\"code\":\"unsupported_media_type\"");
        }
        for (String type :
                List.of(
                        "application/json; charset=\"UTF-8\"",
                        "APPLICATION/JSON ;Charset = utf-8",
                        "application/json;",
                        "application/json; profile=x")) {
            assertThat(send(post(PING).setHeader("Content-Type", type)).statusCode())
                    .as(type)
                    .isEqualTo(200);
        }
    }

    @ParameterizedTest // case D6
    @ValueSource(strings = {"gzip", "br", "identity, gzip", "aes128gcm"})
    void aBodyComesAsItIs(String coding) throws Exception {
        var response = send(post(PING).header("Content-Encoding", coding));

        assertThat(response.statusCode()).isEqualTo(415);
        assertThat(response.body()).contains("\"code\":\"unsupported_media_type\"");
        assertThat(send(post(PING).header("Content-Encoding", "identity")).statusCode())
                .isEqualTo(200);
    }

    @ParameterizedTest // case D5
    @ValueSource(strings = {"TRUE", "yes", "1", "true, true", "true,false", "True"})
    void anUnclearWishForStructuredContentIsNotPassedOver(String value) throws Exception {
        var response = send(post(PING).header("x-structured-content", value));

        assertThat(response.statusCode()).isEqualTo(400);
        assertThat(response.body()).contains("\"code\":\"header_invalid\"", "x-structured-content");
        for (String clear : List.of("true", "false")) {
            assertThat(send(post(PING).header("x-structured-content", clear)).statusCode())
                    .isEqualTo(200);
        }
    }

    @ParameterizedTest // case D4
    @CsvSource(
            delimiter = '|',
            value = {
                "application/json|application/json",
                "APPLICATION/JSON|application/json",
                "*/*|application/json",
                "application/*;q=0.1|application/json",
                "application/json;q=0, text/event-stream|text/event-stream",
                "*/*, application/json;q=0|text/event-stream",
                "application/json;q=0, */*|text/event-stream",
                "text/*|text/event-stream",
                "text/html, */*;q=0.1|application/json",
                "application/json;q=0|",
                "*/*;q=0.000|",
                "application/jsonx|",
                "text/event-stream;q=0, */*;q=0|",
                "application/json;charset=utf-8|application/json"
            })
    void theMostExactRangeOfAcceptDecides(String accept, String answered) throws Exception {
        var response = send(post(PING).header("Accept", accept));

        assertThat(response.statusCode()).isEqualTo(answered == null ? 406 : 200);
        assertThat(response.headers().firstValue("Content-Type").orElse(""))
                .startsWith(answered == null ? "application/json" : answered);
    }

    @Test // cases D4, D8
    void aSessionsIdComesWithAStreamToo() throws Exception {
        String initialize =
                "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"initialize\",\"params\":{\"protocolVersion\":\"2025-11-25\"}}";
        for (String accept : List.of("application/json", "text/event-stream")) {
            assertThat(
                            send(post(initialize).header("Accept", accept))
                                    .headers()
                                    .firstValue("Mcp-Session-Id"))
                    .as(accept)
                    .isPresent();
        }
    }

    @Test // case D4
    void lineBreaksInADatabasesJsonDoNotEndAnEvent() throws Exception {
        var response =
                send(
                        post("{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"lines\"}")
                                .header("Accept", "text/event-stream"));

        assertThat(response.body()).startsWith("event: message\ndata: ").endsWith("\n\n");
        String data =
                response.body()
                        .lines()
                        .filter(line -> !line.isEmpty() && !line.startsWith("event: "))
                        .map(line -> {
                            assertThat(line).startsWith("data: ");
                            return line.substring("data: ".length());
                        })
                        .collect(Collectors.joining("\n"));
        assertThat(JsonMapper.shared().readTree(data).at("/result/a").toString())
                .isEqualTo("[1,2]");
    }

    @ParameterizedTest // case D5
    @CsvSource(
            delimiter = '|',
            nullValues = "-",
            value = {
                "x-read-only: false|false",
                "x-read-only:   false  |false",
                "X-READ-ONLY:false|false",
                "x-read-only: false%x-read-only: false|false",
                "x-read-only: true|true",
                "x-read-only: FALSE|true",
                "x-read-only: False|true",
                "x-read-only: false, true|true",
                "x-read-only: false,false|true",
                "x-read-only: 0|true",
                "x-read-only: \"false\"|true",
                "x-read-only: fals\u0435|true",
                "x-read-only:|true",
                "x-read-only: |true",
                "x-read-only: false%x-read-only:|-",
                "x-read-only:%x-read-only: false|-",
                "x-read-only: false%x-read-only: FALSE|-",
                "x-read-only: false% true|-",
                "x-readonly: true|true",
                "X-MCP-Readonly: true|true",
                "x_read_only: true|true",
                "MCP-Read-Only: false|false",
                "read-only: 1|true",
                "x-read-only: false%x-readonly: yes|true",
                "x-read: true|false",
                "x-read-only : true|-",
                "x-read-only|-"
            })
    void aHeaderWhichIsNotFalseAsksForReadingOnly(String header, @Nullable String asks)
            throws Exception {
        String body = "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"readOnly\"}";
        String answer = exchange(raw("POST", "/mcp", header.replace("%", "\r\n"), body));

        if (asks == null) {
            assertThat(answer).startsWith("HTTP/1.1 400 ");
        } else {
            assertThat(answer).startsWith("HTTP/1.1 200 ").contains("read-only: " + asks);
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "read_only=true|true",
                "read_only=false|false",
                "readOnly=1|true",
                "READ-ONLY=yes|true",
                "mcp_read_only=on|true",
                "read_only|true",
                "read_only=|true",
                "read_only=False|true",
                "read_only=false%20|true",
                "read_only=false&read_only=true|true",
                "a=b&read_only=true|true",
                "a=b;read_only=true|true",
                "read%5Fonly=true|true",
                "read_only=%66alse|false",
                "read_only=%zz|true",
                "%zz=false|true",
                "%00read_only=true|true",
                "read=only|false",
                "=|false"
            })
    void aParameterOfTheUrlWhichIsNotFalseAsksForReadingOnly(String query, boolean asks)
            throws Exception {
        String body = "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"readOnly\"}";
        String answer = exchange(raw("POST", "/mcp?" + query, "X: a", body));

        assertThat(answer)
                .satisfiesAnyOf(
                        told -> assertThat(told).startsWith("HTTP/1.1 400 "),
                        told ->
                                assertThat(told)
                                        .startsWith("HTTP/1.1 200 ")
                                        .contains("read-only: " + asks));
    }

    @ParameterizedTest // case D5
    @ValueSource(
            strings = {
                "Authorization:%Authorization: Bearer a",
                "Authorization: Bearer a%Authorization:",
                "Mcp-Name:%Mcp-Name: a",
                "Origin: http://localhost%Origin:",
                "Host: b",
                "Content-Length: 7",
                "Content-Length: +46",
                "Content-Length: 46, 46",
                "Content-Length: -1",
                "Transfer-Encoding: chunked",
                "Transfer-Encoding: identity",
                "Transfer-Encoding: gzip, chunked",
                "Transfer-Encoding: chunked, chunked",
                "X\u0001: a",
                "X: a\u0000b",
                " X: a"
            })
    void aRequestThatTwoServersReadDifferentlyIsRefused(String header) throws Exception {
        String request = raw("POST", "/mcp", header.replace("%", "\r\n"), PING);
        for (String either : List.of(request, request.replaceFirst("Content-Length: .*\r\n", ""))) {
            assertThat(exchange(either))
                    .matches(Pattern.compile("HTTP/1.1 (4..|501) .*", Pattern.DOTALL))
                    .doesNotContain("Exception", "<html", "\"result\"");
        }
    }

    @ParameterizedTest // case D5
    @ValueSource(
            strings = {
                "5\r\nabc\r\n0\r\n\r\n",
                "-1\r\n",
                "zz\r\n",
                "FFFFFFFFFFFFFFFFF\r\n",
                "2\r\n{}\r\n",
                "2 ; a=b\r\n{}\r\n0\r\n",
                "\r\n\r\n"
            })
    void chunksThatAreNoneEndTheRequest(String chunks) throws Exception {
        String answer =
                exchange(
                        "POST /mcp HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"
                                + chunks);

        assertThat(answer).startsWith("HTTP/1.1 4").doesNotContain("Exception", "<html");
    }

    @ParameterizedTest
    @ValueSource(strings = {"HEAD", "TRACE", "CONNECT", "PROPFIND", "FOO", "post", "GET", "QUERY"})
    void otherMethodsAreRefusedWithoutAWord(String method) throws Exception {
        for (String path : List.of("/mcp", "/mcp/", "/healthz/x", "/nowhere")) {
            String answer = exchange(raw(method, path, "X-Secret: s3cret", ""));

            assertThat(answer)
                    .startsWith("HTTP/1.1 4")
                    .doesNotContain("s3cret", "Exception", "<html");
        }
        // the server itself wants a host and a port to connect to
        int status = method.equals("CONNECT") ? 400 : 405;
        for (String path : List.of("/mcp", "/mcp/")) {
            assertThat(exchange(raw(method, path, "X: a", ""))).startsWith("HTTP/1.1 " + status);
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "/mcp;a=b",
                "//mcp",
                "/%6dcp",
                "/MCP",
                "/mcp%2f",
                "/mcp%00",
                "/mcp%",
                "/mcp/../mcp",
                "/mcp/..;/healthz",
                "/./mcp",
                "/mcp?access_token=a",
                "/mcp?x-read-only=false",
                "*",
                "mcp",
                "http://evil.example/mcp",
                "/mcp\u00fc"
            })
    void anOddPathIsTheEndpointOrNothing(String path) throws Exception {
        String answer = exchange(raw("POST", path, "X: a", PING));

        assertThat(answer)
                .matches(Pattern.compile("HTTP/1.1 (200|400|404|405) .*", Pattern.DOTALL))
                .doesNotContain("Exception", "<html");
    }

    @ParameterizedTest // case D1
    @ValueSource(
            strings = {
                "Upgrade: websocket%Sec-WebSocket-Version: 13%Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
                "Upgrade: h2c%HTTP2-Settings: AAMAAABkAAQAAP__",
                "Upgrade: TLS/1.2",
                "Expect: 100-continue",
                "Last-Event-ID: 7",
                "Range: bytes=0-1",
                "If-None-Match: *"
            })
    void aWishForAnotherProtocolOrAnswerChangesNothing(String header) throws Exception {
        String more = header.replace("%", "\r\n");
        for (String method : List.of("GET", "POST")) {
            String answer = exchange(raw(method, "/mcp", more, PING)).replace(CONTINUE, "");

            // the server itself refuses a connection that is to change its protocol
            assertThat(answer)
                    .matches(
                            Pattern.compile(
                                    "HTTP/1.1 (%s|400) .*"
                                            .formatted(method.equals("POST") ? 200 : 405),
                                    Pattern.DOTALL))
                    .doesNotContain("Exception", "<html", "101 Switching");
        }
    }

    @ParameterizedTest // case D5
    @CsvSource({"GET, POST", "POST, DELETE", "POST, POST", "PUT, post", "GET, ''"})
    void aMethodIsTheRequestsOwn(String method, String override) throws Exception {
        for (String path : List.of("/mcp", "/healthz", "/.well-known/oauth-protected-resource")) {
            assertThat(exchange(raw(method, path, "x-http-method-override: " + override, PING)))
                    .startsWith("HTTP/1.1 400 ")
                    .contains("\"code\":\"header_invalid\"")
                    .doesNotContain("\"result\"");
        }
    }

    private static final String CONTINUE = "HTTP/1.1 100 Continue\r\n\r\n";

    private static String raw(String method, String path, String header, String body) {
        return "%s %s HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nConnection: close\r\nContent-Length: %d\r\n%s\r\n\r\n%s"
                .formatted(method, path, body.length(), header, body);
    }

    @Test
    void aCallerThatCannotTakeJsonIsTold() throws Exception {
        var response = send(post(PING).header("Accept", "text/html"));

        assertThat(response.statusCode()).isEqualTo(406);
        assertThat(response.body()).contains("\"code\":\"not_acceptable\"");
    }

    @Test // case D4
    void aCallerThatTakesAStreamAloneGetsTheAnswerInOne() throws Exception {
        for (String accept :
                List.of("text/event-stream", "text/event-stream, application/json;q=0")) {
            var response = send(post(PING).header("Accept", accept));

            assertThat(response.statusCode()).isEqualTo(200);
            assertThat(response.headers().firstValue("Content-Type").orElse(""))
                    .startsWith("text/event-stream");
            assertThat(response.body())
                    .isEqualTo(
                            "event: message\ndata: {\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{}}\n\n");
        }
        assertThat(send(post("{").header("Accept", "text/event-stream")).statusCode())
                .isEqualTo(400);
    }

    @ParameterizedTest // case D5
    @CsvSource({
        "x-read-only, false, true",
        "Authorization, Bearer a, Bearer b",
        "Mcp-Name, a, b",
        "Mcp-Method, ping, tools/call",
        "MCP-Protocol-Version, 2025-11-25, 2025-06-18",
        "Content-Type, application/json, text/plain",
        "Origin, http://localhost, https://evil.example"
    })
    void aHeaderThatDecidesIsRefusedWhereItSaysTwoThings(String name, String one, String other)
            throws Exception {
        for (var values : List.of(List.of(one, other), List.of(other, one))) {
            var request = post(PING).setHeader(name, values.getFirst());
            var response = send(request.header(name, values.getLast()));

            assertThat(response.statusCode()).isEqualTo(400);
            assertThat(response.body()).contains("\"code\":\"header_repeated\"", name);
        }
        if (!name.equals("Origin") && !name.startsWith("Mcp")) {
            assertThat(send(post(PING).setHeader(name, one).header(name, one)).statusCode())
                    .isEqualTo(200);
        }
    }

    @Test // case D7
    void aPageOfAnAllowedOriginMaySendAndRead() throws Exception {
        var preflight =
                send(
                        HttpRequest.newBuilder(uri("/mcp"))
                                .method("OPTIONS", BodyPublishers.noBody())
                                .header("Origin", "http://localhost:6274")
                                .header("Access-Control-Request-Method", "POST")
                                .header(
                                        "Access-Control-Request-Headers",
                                        "authorization,content-type,mcp-protocol-version,mcp-param-region,cookie"));

        assertThat(preflight.statusCode()).isEqualTo(204);
        assertThat(preflight.headers().firstValue("Access-Control-Allow-Origin"))
                .contains("http://localhost:6274");
        assertThat(preflight.headers().firstValue("Access-Control-Allow-Methods").orElse(""))
                .contains("POST");
        assertThat(preflight.headers().firstValue("Access-Control-Allow-Headers").orElse(""))
                .contains(
                        "authorization",
                        "content-type",
                        "mcp-protocol-version",
                        "mcp-method",
                        "mcp-name",
                        "mcp-param-region")
                .doesNotContain("cookie", "*");
        assertThat(preflight.headers().firstValue("Access-Control-Allow-Credentials")).isEmpty();

        AUTHENTICATION.set(refused(ErrorCode.TOKEN_MISSING, "Send a bearer token"));
        var refused = send(post(PING).header("Origin", "http://localhost:6274"));
        assertThat(refused.statusCode()).isEqualTo(401);
        assertThat(refused.headers().firstValue("Access-Control-Allow-Origin"))
                .contains("http://localhost:6274");
        assertThat(refused.headers().firstValue("Access-Control-Expose-Headers").orElse(""))
                .contains("WWW-Authenticate");
        assertThat(refused.headers().firstValue("Vary")).contains("Origin");

        var metadata =
                send(
                        HttpRequest.newBuilder(uri("/.well-known/oauth-protected-resource/mcp"))
                                .header("Origin", "http://localhost:6274"));
        assertThat(metadata.headers().firstValue("Access-Control-Allow-Origin"))
                .contains("http://localhost:6274");
    }

    @Test // case D7
    void whatAPageAsksForAtLengthFitsIntoTheAnswer() throws Exception {
        var preflight =
                send(
                        HttpRequest.newBuilder(uri("/mcp"))
                                .method("OPTIONS", BodyPublishers.noBody())
                                .header("Origin", "http://localhost:6274")
                                .header("Access-Control-Request-Method", "POST")
                                .header(
                                        "Access-Control-Request-Headers",
                                        "mcp-param-"
                                                + "x".repeat(3000)
                                                + ",mcp-param-a".repeat(350)));

        assertThat(preflight.statusCode()).isEqualTo(204);
        assertThat(preflight.headers().firstValue("Access-Control-Allow-Headers").orElse(""))
                .contains("mcp-param-a")
                .hasSizeLessThan(1_000);
        assertThat(
                        exchange(
                                raw(
                                        "OPTIONS",
                                        "/mcp",
                                        "Origin: http://localhost:" + "0".repeat(7_000) + "1",
                                        "")))
                .startsWith("HTTP/1.1 403 ");
    }

    @Test // case D7
    void aPageOfAnotherOriginMayNeitherSendNorRead() throws Exception {
        var preflight =
                send(
                        HttpRequest.newBuilder(uri("/mcp"))
                                .method("OPTIONS", BodyPublishers.noBody())
                                .header("Origin", "https://evil.example")
                                .header("Access-Control-Request-Method", "POST"));
        assertThat(preflight.statusCode()).isEqualTo(403);
        assertThat(preflight.headers().firstValue("Access-Control-Allow-Origin")).isEmpty();
    }

    @ParameterizedTest // case E5
    @CsvSource({
        "https://sallyport.example.org/tools/db, /.well-known/oauth-protected-resource/tools/db",
        "https://sallyport.example.org/mcp, /.well-known/oauth-protected-resource/mcp",
        "https://sallyport.example.org/mcp/, /.well-known/oauth-protected-resource/mcp/",
        "https://sallyport.example.org/a%20b/~c, /.well-known/oauth-protected-resource/a%20b/~c",
        "https://sallyport.example.org/, /.well-known/oauth-protected-resource",
        "https://sallyport.example.org, /.well-known/oauth-protected-resource"
    })
    void theMetadataStandsWhereTheChallengeSays(String publicUrl, String path) throws Exception {
        AUTHENTICATION.set(refused(ErrorCode.TOKEN_MISSING, "Send a bearer token"));
        try (Edge other = edge(publicUrl)) {
            String endpoint = URI.create(publicUrl).getRawPath();
            var refused = send(post(PING).uri(uri(other, endpoint.isEmpty() ? "/" : endpoint)));
            assertThat(refused.statusCode()).isEqualTo(401);
            assertThat(refused.headers().firstValue("WWW-Authenticate").orElse(""))
                    .contains("resource_metadata=\"https://sallyport.example.org" + path + "\"");

            var metadata = send(HttpRequest.newBuilder(uri(other, path)));
            assertThat(metadata.statusCode()).isEqualTo(200);
            assertThat(metadata.body()).contains("\"resource\":\"" + publicUrl + "\"");
        }
    }

    @Test // case E8
    void theLoopbackInterfaceIsOneResourceUnderEachOfItsNames() throws Exception {
        AUTHENTICATION.set(refused(ErrorCode.TOKEN_MISSING, "Send a bearer token"));
        try (Edge other = edge("http://127.0.0.1:8080/mcp")) {
            String asked =
                    "GET /.well-known/oauth-protected-resource/mcp HTTP/1.1\r\nConnection: close\r\nHost: ";
            assertThat(exchange(other, asked + "localhost:8080\r\n\r\n"))
                    .contains("\"resource\":\"http://localhost:8080/mcp\"");
            assertThat(exchange(other, asked + "127.0.0.1:8080\r\n\r\n"))
                    .contains("\"resource\":\"http://127.0.0.1:8080/mcp\"");
            assertThat(exchange(other, asked + "evil.example:8080\r\n\r\n"))
                    .contains("\"resource\":\"http://127.0.0.1:8080/mcp\"");
            assertThat(send(post(PING).uri(uri(other, "/mcp/"))).statusCode()).isEqualTo(401);
        }
    }

    @Test
    void noticesTurnTheAnswerIntoAStream() throws Exception {
        String call = "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"notices\"}";
        var response = send(post(call).header("Accept", "application/json, text/event-stream"));

        assertThat(response.headers().firstValue("Content-Type").orElse(""))
                .startsWith("text/event-stream");
        assertThat(response.body())
                .startsWith(
                        "event: message\ndata: {\"jsonrpc\":\"2.0\",\"method\":\"notifications/message\",\"params\":{\"n\":1}}\n\n")
                .contains("\"text\":\"done\"");
    }

    @Test
    void aClientThatTakesNoStreamGetsTheAnswerAlone() throws Exception {
        String call = "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"notices\"}";
        var response = send(post(call).header("Accept", "application/json"));

        assertThat(response.headers().firstValue("Content-Type")).contains("application/json");
        assertThat(response.body()).startsWith("{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":");
    }

    @Test
    void aRequestWithoutATokenIsLedToTheMetadata() throws Exception {
        AUTHENTICATION.set(refused(ErrorCode.TOKEN_MISSING, "Send a bearer token"));
        var response = send(post("not even JSON"));

        assertThat(response.statusCode()).isEqualTo(401);
        assertThat(response.body()).contains("\"code\":\"token_missing\"");
        assertThat(response.headers().firstValue("WWW-Authenticate"))
                .contains(
                        "Bearer scope=\"mcp:read\", resource_metadata=\"https://sallyport.example.org/.well-known/oauth-protected-resource/mcp\"");

        AUTHENTICATION.set(
                new Authentication.Refused(
                        Refusal.of(ErrorCode.TOKEN_REJECTED, "The token has expired")
                                .with("reason", "token_expired")));
        assertThat(send(post(PING)).headers().firstValue("WWW-Authenticate").orElse(""))
                .contains("error=\"invalid_token\"");
        assertThat(send(post(PING)).body()).contains("\"reason\":\"token_expired\"");
    }

    @Test
    void theMetadataStandsUnderBothPaths() throws Exception {
        for (String path :
                List.of(
                        "/.well-known/oauth-protected-resource",
                        "/.well-known/oauth-protected-resource/mcp")) {
            assertThat(send(HttpRequest.newBuilder(uri(path))).body())
                    .isEqualTo(
                            "{\"resource\":\"https://sallyport.example.org/mcp\",\"authorization_servers\":[\"https://issuer.example.org\"],"
                                    + "\"scopes_supported\":[\"mcp:read\",\"mcp:write\"],"
                                    + "\"bearer_methods_supported\":[\"header\"],\"resource_name\":\"Sallyport\"}");
        }
    }

    @Test
    void healthFollowsReadiness() throws Exception {
        assertThat(send(HttpRequest.newBuilder(uri("/healthz"))).statusCode()).isEqualTo(200);
        READY.set(false);
        assertThat(send(HttpRequest.newBuilder(uri("/healthz"))).statusCode()).isEqualTo(503);
    }

    @ParameterizedTest
    @ValueSource(strings = {"/", "/nowhere", "/mcp/", "/mcp/x", "/..%2f..%2fetc/passwd"})
    void otherPathsAreNotFound(String path) throws Exception {
        var response = send(HttpRequest.newBuilder(uri(path)));

        assertThat(response.statusCode()).isBetween(400, 405);
        assertThat(response.body()).doesNotContain("Exception", "jetty", "at dev.", "<html");
    }

    @Test
    void aDefectShowsNothingOfItsInside() throws Exception {
        var response = send(post("{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"defect\"}"));

        assertThat(response.statusCode()).isEqualTo(500);
        assertThat(response.body())
                .doesNotContain("inner detail", "Exception")
                .contains("\"code\":\"internal\"");
    }

    @Test
    void bytesThatAreNoHttpGetNoPage() throws Exception {
        assertThat(exchange("NONSENSE\r\n\r\n"))
                .contains(" 400 ")
                .doesNotContain("Exception", "<html", "Jetty");
        assertThat(
                        exchange(
                                "POST /mcp HTTP/1.1\r\nHost: a\r\nX: "
                                        + "y".repeat(10_000)
                                        + "\r\n\r\n"))
                .contains(" 431 ")
                .doesNotContain("<html");
    }

    @Test
    void aBodyThatNeverComesEndsTheWait() throws Exception {
        String answer =
                exchange(
                        "POST /mcp HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 50\r\n\r\n{");

        assertThat(answer).contains(" 400 ").contains("body_incomplete");
    }

    @Test
    void aRefusalThatWaitedForNoBodySaysThatTheConnectionEnds() throws Exception {
        AUTHENTICATION.set(refused(ErrorCode.TOKEN_MISSING, "no"));

        String answer = exchange(openRaw(""));

        assertThat(answer).startsWith("HTTP/1.1 401 ").contains("Connection: close");
    }

    @Test
    void aRefusalOfAWholeRequestLeavesTheConnectionOpen() throws Exception {
        AUTHENTICATION.set(refused(ErrorCode.TOKEN_MISSING, "no"));

        String answers = exchange(openRaw(PING) + raw("POST", "/mcp", "X: a", PING));

        assertThat(answers.split("HTTP/1.1 401 ", -1)).hasSize(3);
    }

    /** A request after which the connection stays open, with as much of its body as is given. */
    private static String openRaw(String body) {
        return "POST /mcp HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s"
                .formatted(PING.length(), body);
    }

    @Test
    void aBodyCutShortIsNoCall() throws Exception {
        try (var socket = new Socket(InetAddress.getLoopbackAddress(), edge.port())) {
            socket.getOutputStream()
                    .write(
                            "POST /mcp HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 50\r\n\r\n{"
                                    .getBytes(StandardCharsets.US_ASCII));
            socket.shutdownOutput();
            assertThat(read(socket.getInputStream())).contains(" 400 ");
        }
    }

    private String exchange(String request) throws IOException {
        return exchange(edge, request);
    }

    private static String exchange(Edge edge, String request) throws IOException {
        try (var socket = new Socket(InetAddress.getLoopbackAddress(), edge.port())) {
            socket.setSoTimeout(5_000);
            socket.getOutputStream().write(request.getBytes(StandardCharsets.US_ASCII));
            return read(socket.getInputStream());
        }
    }

    private static String read(InputStream in) throws IOException {
        return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    }

    private HttpRequest.Builder post(String body) {
        return post(BodyPublishers.ofString(body));
    }

    private HttpRequest.Builder post(BodyPublisher body) {
        return HttpRequest.newBuilder(uri("/mcp"))
                .header("Content-Type", "application/json")
                .header("MCP-Protocol-Version", "2025-11-25")
                .POST(body);
    }

    private HttpResponse<String> send(HttpRequest.Builder request)
            throws IOException, InterruptedException {
        return client.send(
                request.timeout(Duration.ofSeconds(10)).build(), BodyHandlers.ofString());
    }

    private static URI uri(Edge edge, String path) {
        return URI.create("http://127.0.0.1:" + edge.port() + path);
    }

    private URI uri(String path) {
        return URI.create("http://127.0.0.1:" + edge.port() + path);
    }

    private static Authentication refused(ErrorCode code, String message) {
        return new Authentication.Refused(Refusal.of(code, message));
    }
}
