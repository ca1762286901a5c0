package dev.sallyport.gateway.protocol;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sallyport.gateway.admission.Admission;
import dev.sallyport.gateway.admission.Place;
import dev.sallyport.schema.id.CallId;
import dev.sallyport.schema.id.TenantId;
import dev.sallyport.schema.token.Caller;
import java.net.URI;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

class McpTest {

    private static final JsonMapper JSON = JsonMapper.shared();
    private static final CallId CALL = CallId.next();
    private static final String META =
            "\"_meta\":{\"io.modelcontextprotocol/protocolVersion\":\"2026-07-28\",\"io.modelcontextprotocol/clientCapabilities\":{}}";

    private final List<byte[]> notices = new ArrayList<>();
    private final Mcp mcp =
            new Mcp(
                    new Offer(
                            "sallyport",
                            "1",
                            "Ask for the databases first.",
                            (ObjectNode) JSON.readTree("{\"tools\":{}}"),
                            Map.of(
                                    "tools/call",
                                    this::tool,
                                    "resources/subscribe",
                                    request -> new Outcome.Complete(Outcome.Members.NONE))));

    private Outcome tool(Request request) {
        return switch (request.params().path("name").asString("")) {
            case "echo" ->
                    ToolResult.data(
                            "{\"text\":\"a \\\"quoted\\\" word\\nand \u00fc\"}"
                                    .getBytes(StandardCharsets.UTF_8),
                            CALL);
            case "asks" -> new Outcome.InputRequired(json -> json.raw("\"requestState\":\"x\""));
            case "breaks" -> throw new IllegalStateException("secret detail");
            default -> Outcome.refused(ErrorCode.TOOL_UNKNOWN, "There is no such tool");
        };
    }

    @Test
    void resultBytesReachTheModelBetweenMarks() {
        var reply = stateless("tools/call", "\"name\":\"echo\"", "Mcp-Name", "echo");

        assertThat(reply.status).isEqualTo(200);
        assertThat(reply.body.at("/id").asInt()).isEqualTo(7);
        assertThat(reply.body.at("/result/resultType").asString()).isEqualTo("complete");
        String[] lines = reply.body.at("/result/content/0/text").asString().split("\n");
        assertThat(lines).hasSize(4);
        assertThat(lines[1]).matches("<data-[0-9a-f]{16}>");
        assertThat(lines[2]).isEqualTo("{\"text\":\"a \\\"quoted\\\" word\\nand \u00fc\"}");
        assertThat(lines[3]).isEqualTo(lines[1].replace("<", "</"));
        assertThat(reply.body.at("/result").has("structuredContent")).isFalse();
        assertThat(reply.body.at("/result/isError").asBoolean()).isFalse();
        assertThat(
                        reply.body
                                .at("/result/_meta/io.modelcontextprotocol~1serverInfo/name")
                                .asString())
                .isEqualTo("sallyport");
    }

    @Test
    void anInitializeBasedClientGetsTheSameResultWithoutTheNewMembers() {
        var reply = legacy("2025-11-25", "tools/call", "\"name\":\"echo\"");

        assertThat(reply.status).isEqualTo(200);
        assertThat(reply.body.at("/result/content/0/text").asString()).contains("quoted");
        assertThat(reply.body.at("/result").has("resultType")).isFalse();
        assertThat(reply.body.at("/result/_meta").toString())
                .isEqualTo("{\"dev.sallyport/call\":\"" + CALL + "\"}");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "{",
                "{\"a\":1}{\"b\":2}",
                "{\"jsonrpc\":\"2.0\",\"jsonrpc\":\"2.0\"}",
                "nul",
                "{'a':1}",
                "{\"jsonrpc\":\"2.0\",\"id\":01,\"method\":\"ping\"}",
                "{\"jsonrpc\":\"2.0\",\"id\":NaN,\"method\":\"ping\"}",
                "{\"jsonrpc\":\"2.0\",\"id\":-Infinity,\"method\":\"ping\"}",
                "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"ping\",}",
                "{\"jsonrpc\":\"2.0\",\"id\":1,/* */\"method\":\"ping\"}",
                "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"ping\"} x",
                "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"pi\u0001ng\"}",
                "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"ping",
                "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"\\x70ing\"}",
                "{\"jsonrpc\":\"2.0\",\"\\u006asonrpc\":\"2.0\",\"id\":1,\"method\":\"ping\"}",
                "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"ping\",\"params\":{\"a\":1,\"a\":1}}",
                "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"ping\",\"params\":{\"a\":{\"b\":1,\"\\u0062\":2}}}",
                "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"ping\",\"params\":{\"a\":\"\\ud800\"}}",
                "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"ping\",\"params\":{\"\\udc00\\ud800\":1}}",
                "{\"jsonrpc\":\"2.0\",\"id\":\"\\uD83D\",\"method\":\"ping\"}"
            })
    void malformedJsonIsAnsweredWithoutAnId(String body) {
        var reply = post(body, Map.of());

        assertThat(reply.status).isEqualTo(400);
        assertThat(reply.rpcCode()).isEqualTo(-32700);
        assertThat(reply.code()).isEqualTo("malformed_json");
        assertThat(reply.body.has("id")).isFalse();
    }

    @Test // case B4
    void namesLongerThanTheLimitAreMalformed() {
        for (String name : List.of("x".repeat(257), "\u00fc".repeat(257), "\\u0041".repeat(257))) {
            var reply = post(call("ping", "\"a\":{\"" + name + "\":1}"), version("2025-11-25"));

            assertThat(reply.code()).isEqualTo("malformed_json");
            assertThat(reply.message()).contains("256 bytes");
        }
    }

    @Test
    void jsonDeeperThanTheLimitIsMalformed() {
        var reply = post("[".repeat(100_000), Map.of());

        assertThat(reply.code()).isEqualTo("malformed_json");
        assertThat(reply.message()).contains("64 levels");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "[]",
                "[{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"ping\"}]",
                "\"text\"",
                "null",
                "true",
                "7",
                "{}",
                "{\"id\":1,\"method\":\"ping\"}",
                "{\"jsonrpc\":2.0,\"id\":1,\"method\":\"ping\"}",
                "{\"jsonrpc\":\"2.00\",\"id\":1,\"method\":\"ping\"}",
                "{\"jsonrpc\":\"2.0\",\"id\":1.0,\"method\":\"ping\"}",
                "{\"jsonrpc\":\"2.0\",\"id\":1e0,\"method\":\"ping\"}",
                "{\"jsonrpc\":\"2.0\",\"id\":true,\"method\":\"ping\"}",
                "{\"jsonrpc\":\"2.0\",\"id\":[1],\"method\":\"ping\"}",
                "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":null}",
                "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"ping\",\"params\":\"{}\"}",
                "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"ping\",\"params\":7}",
                "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"ping\",\"result\":{}}",
                "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"ping\",\"error\":{\"code\":1}}",
                "{\"jsonrpc\":\"2.0\",\"method\":\"tools/call\",\"params\":{\"name\":\"echo\"}}",
                "{\"jsonrpc\":\"2.0\",\"method\":\"ping\"}",
                "{\"jsonrpc\":\"1.0\",\"id\":1,\"method\":\"ping\"}",
                "{\"jsonrpc\":\"2.0\",\"id\":null,\"method\":\"ping\"}",
                "{\"jsonrpc\":\"2.0\",\"id\":1.5,\"method\":\"ping\"}",
                "{\"jsonrpc\":\"2.0\",\"id\":{},\"method\":\"ping\"}",
                "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":7}",
                "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"ping\",\"params\":[]}"
            })
    void whatIsNoRequestIsRefused(String body) {
        var reply = post(body, Map.of());

        assertThat(reply.status).isEqualTo(400);
        assertThat(reply.rpcCode()).isEqualTo(-32600);
        assertThat(reply.code()).isEqualTo("invalid_request");
    }

    @Test
    void idsComeBackAsTheyWere() {
        assertThat(
                        post(
                                        "{\"jsonrpc\":\"2.0\",\"id\":\"a\\\"b\",\"method\":\"ping\"}",
                                        version("2025-06-18"))
                                .text)
                .contains("\"id\":\"a\\\"b\"");
        assertThat(
                        post(
                                        "{\"jsonrpc\":\"2.0\",\"id\":123456789012345678901234567890,\"method\":\"ping\"}",
                                        version("2025-06-18"))
                                .text)
                .contains("\"id\":123456789012345678901234567890,");
    }

    /** A member of any type where the protocol wants another is no defect. */
    @Test // case D1
    void membersOfAnyTypeAreAnsweredInOrder() {
        List<String> values =
                List.of("null", "true", "7", "1e400", "\"\"", "\"\\u0000\"", "[]", "[[1]]", "{}");
        for (String value : values) {
            for (String member :
                    List.of(
                            "name",
                            "arguments",
                            "_meta",
                            "protocolVersion",
                            "capabilities",
                            "clientInfo",
                            "requestId",
                            "uri",
                            "cursor")) {
                for (String method :
                        List.of("tools/call", "initialize", "ping", "resources/read", "a/b")) {
                    String params = "\"" + member + "\":" + value;
                    for (String version : List.of("2025-03-26", "2025-11-25", "2026-07-28")) {
                        var reply = post(call(method, params), version(version));
                        assertThat(reply.status).as(method + params).isLessThan(500);
                        reply = post(call(method, params + "," + META), version(version));
                        assertThat(reply.status).as(method + params).isLessThan(500);
                    }
                }
                String notification =
                        "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/cancelled\",\"params\":{\"%s\":%s}}"
                                .formatted(member, value);
                assertThat(post(notification, version("2025-11-25")).status)
                        .as(notification)
                        .isEqualTo(202);
            }
        }
    }

    @Test
    void anUnknownMethodIsNamedWithTheOnesThereAre() {
        var reply = stateless("tools/explode", null);

        assertThat(reply.status).isEqualTo(404);
        assertThat(reply.rpcCode()).isEqualTo(-32601);
        assertThat(reply.code()).isEqualTo("method_unknown");
        assertThat(reply.message())
                .contains("server/discover", "tools/call")
                .doesNotContain("resources/subscribe");
    }

    @Test
    void toAnInitializeBasedClientAnUnknownMethodIsNoLostSession() {
        var reply = legacy("2025-06-18", "tools/explode", null);

        assertThat(reply.status).isEqualTo(200);
        assertThat(reply.rpcCode()).isEqualTo(-32601);
    }

    @ParameterizedTest
    @ValueSource(strings = {"initialize", "ping", "resources/subscribe"})
    void methodsThatTheStatelessRevisionRemovedAreUnknownThere(String method) {
        assertThat(stateless(method, null).code()).isEqualTo("method_unknown");
    }

    @Test
    void aMissingVersionHeaderIsAMismatch() {
        var reply = post(call("tools/call", "\"name\":\"echo\"," + META), Map.of());

        assertThat(reply.status).isEqualTo(400);
        assertThat(reply.rpcCode()).isEqualTo(-32020);
        assertThat(reply.code()).isEqualTo("header_mismatch");
        assertThat(reply.message()).contains("MCP-Protocol-Version", "2026-07-28");
    }

    @Test
    void headersMustRepeatTheBody() {
        var body = call("tools/call", "\"name\":\"echo\"," + META);
        var right =
                Map.of(
                        "MCP-Protocol-Version",
                        "2026-07-28",
                        "Mcp-Method",
                        "tools/call",
                        "Mcp-Name",
                        "echo");

        assertThat(post(body, right).status).isEqualTo(200);
        assertThat(post(body, without(right, "Mcp-Method")).code()).isEqualTo("header_mismatch");
        assertThat(post(body, without(right, "Mcp-Name")).code()).isEqualTo("header_mismatch");
        assertThat(post(body, with(right, "Mcp-Method", "TOOLS/CALL")).code())
                .isEqualTo("header_mismatch");
        assertThat(post(body, with(right, "Mcp-Name", "other")).code())
                .isEqualTo("header_mismatch");
        assertThat(post(body, with(right, "MCP-Protocol-Version", "2025-11-25")).code())
                .isEqualTo("header_mismatch");
        assertThat(post(body, with(right, "Mcp-Name", "=?base64?ZWNobw==?=")).status)
                .isEqualTo(200);
        assertThat(post(body, with(right, "Mcp-Name", "=?base64?!!?=")).code())
                .isEqualTo("header_mismatch");
        assertThat(post(body, with(right, "Mcp-Name", "=?base64?=")).code())
                .isEqualTo("header_mismatch");
    }

    /** A proxy that limits by these headers does not know how old its client is. */
    @ParameterizedTest // case D5
    @ValueSource(strings = {"2025-03-26", "2025-06-18", "2025-11-25", "2026-07-28"})
    void headersThatTellAnotherStoryAreRefusedInEveryRevision(String version) {
        String meta = version.equals("2026-07-28") ? "," + META : "";
        String body = call("tools/call", "\"name\":\"echo\"" + meta);
        var right =
                Map.of(
                        "MCP-Protocol-Version",
                        version,
                        "Mcp-Method",
                        "tools/call",
                        "Mcp-Name",
                        "echo");

        assertThat(post(body, right).status).isEqualTo(200);
        for (var wrong :
                List.of(
                        with(right, "Mcp-Method", "tools/list"),
                        with(right, "Mcp-Method", ""),
                        with(right, "Mcp-Name", "other"),
                        with(right, "Mcp-Name", "=?base64?!!?="),
                        with(right, "Mcp-Name", ""))) {
            assertThat(post(body, wrong).code()).as(wrong.toString()).isEqualTo("header_mismatch");
        }
        String notification =
                "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/cancelled\",\"params\":{\"requestId\":1}}";
        assertThat(post(notification, right).code()).isEqualTo("header_mismatch");
        assertThat(post(notification, with(right, "Mcp-Method", "notifications/cancelled")).status)
                .isEqualTo(202);
    }

    @Test // case D5
    void aRequestThatTellsNoVersionMayNotContradictItselfEither() {
        assertThat(
                        post(
                                        call("tools/call", "\"name\":\"echo\""),
                                        Map.of("Mcp-Method", "tools/list"))
                                .code())
                .isEqualTo("header_mismatch");
        assertThat(
                        post(
                                        call("initialize", "\"protocolVersion\":\"2025-11-25\""),
                                        Map.of("Mcp-Method", "tools/list"))
                                .code())
                .isEqualTo("header_mismatch");
    }

    @Test
    void aStatelessRequestWithoutItsMetadataIsRefused() {
        var headers = version("2026-07-28");

        for (String params :
                List.of(
                        "",
                        "\"_meta\":[]",
                        "\"_meta\":{}",
                        "\"_meta\":{\"io.modelcontextprotocol/protocolVersion\":\"2026-07-28\"}",
                        "\"_meta\":{\"io.modelcontextprotocol/protocolVersion\":\"2026-07-28\",\"io.modelcontextprotocol/clientCapabilities\":7}")) {
            var reply = post(call("server/discover", params), headers);
            assertThat(reply.status).isEqualTo(400);
            assertThat(reply.rpcCode()).isEqualTo(-32602);
            assertThat(reply.code()).isEqualTo("meta_invalid");
            assertThat(reply.body.at("/id").asInt()).isEqualTo(7);
        }
    }

    @Test
    void anUnsupportedVersionIsAnsweredWithTheSupportedOnes() {
        var reply = post(call("ping", ""), version("2024-11-05"));

        assertThat(reply.status).isEqualTo(400);
        assertThat(reply.rpcCode()).isEqualTo(-32022);
        assertThat(reply.code()).isEqualTo("version_unsupported");
        assertThat(reply.body.at("/error/data/supported").toString())
                .isEqualTo("[\"2026-07-28\",\"2025-11-25\",\"2025-06-18\",\"2025-03-26\"]");
        assertThat(reply.body.at("/error/data/requested").asString()).isEqualTo("2024-11-05");
    }

    @Test
    void initializeSettlesOnTheClientsRevisionOrOnTheNewestThereIs() {
        assertThat(initialized("2025-06-18")).isEqualTo("2025-06-18");
        assertThat(initialized("2025-11-25")).isEqualTo("2025-11-25");
        assertThat(initialized("2024-11-05")).isEqualTo("2025-11-25");
        assertThat(initialized("2026-07-28")).isEqualTo("2025-11-25");
    }

    @ParameterizedTest // case D4
    @ValueSource(strings = {"2024-11-05", "2025-03-26", "2025-06-18", "2026-07-28", "DRAFT", ""})
    void initializeNegotiatesInItsBodyWhateverTheHeaderSays(String header) {
        var reply = post(call("initialize", "\"protocolVersion\":\"2025-03-26\""), version(header));

        assertThat(reply.status).isEqualTo(200);
        assertThat(reply.body.at("/result/protocolVersion").asString()).isEqualTo("2025-03-26");
    }

    @Test // case D4
    void aRequestThatTellsNoVersionSpeaksTheOldestWithThisTransport() {
        assertThat(post(call("tools/call", "\"name\":\"echo\""), Map.of()).status).isEqualTo(200);
        assertThat(post(call("ping", ""), Map.of()).status).isEqualTo(200);
        // the stateless revision says so in its body and wants its headers
        assertThat(post(call("tools/call", "\"name\":\"echo\"," + META), Map.of()).code())
                .isEqualTo("header_mismatch");
    }

    @ParameterizedTest // case D6
    @ValueSource(
            strings = {
                "UTF-16",
                "UTF-16LE",
                "UTF-16BE",
                "UTF-32",
                "UTF-32LE",
                "UTF-32BE",
                "ISO-8859-1"
            })
    void aBodyThatIsNotUtf8IsMalformed(String charset) {
        byte[] body = call("ping", "\"text\":\"\u00fc\"").getBytes(Charset.forName(charset));
        assertThat(post(body, version("2025-11-25")).code()).isEqualTo("malformed_json");
    }

    @ParameterizedTest // case D6
    @ValueSource(
            strings = {
                "c0af",
                "c1bf",
                "e080af",
                "f08080af",
                "eda080",
                "f4908080",
                "80",
                "c3",
                "00"
            })
    void bytesThatNoUtf8HasAreMalformed(String hex) {
        byte[] start = "{\"jsonrpc\":\"2.0\",\"id\":\"".getBytes(StandardCharsets.US_ASCII);
        byte[] wrong = HexFormat.of().parseHex(hex);
        byte[] end = "\",\"method\":\"ping\"}".getBytes(StandardCharsets.US_ASCII);
        byte[] body = new byte[start.length + wrong.length + end.length];
        System.arraycopy(start, 0, body, 0, start.length);
        System.arraycopy(wrong, 0, body, start.length, wrong.length);
        System.arraycopy(end, 0, body, start.length + wrong.length, end.length);

        assertThat(post(body, version("2025-11-25")).code()).isEqualTo("malformed_json");
    }

    @ParameterizedTest // case D1
    @ValueSource(
            strings = {
                "1e2147483648",
                "1e-2147483649",
                "-1e99999999999999999999",
                "1.5e2147483647",
                "0e2147483648"
            })
    void aNumberBeyondWhatCanBeReadIsNoDefect(String number) {
        var reply = post(call("ping", "\"n\":[" + number + "]"), version("2025-11-25"));
        assertThat(reply.code()).as(reply.text).isIn("", "malformed_json");
        assertThat(
                        post(
                                        "{\"jsonrpc\":\"2.0\",\"id\":"
                                                + number
                                                + ",\"method\":\"ping\"}",
                                        Map.of())
                                .status)
                .isEqualTo(400);
    }

    @Test // case D2
    void nullParamsAreAbsent() {
        var reply =
                post(
                        "{\"jsonrpc\":\"2.0\",\"id\":7,\"method\":\"ping\",\"params\":null}",
                        version("2025-11-25"));
        assertThat(reply.status).isEqualTo(200);
    }

    @Test
    void discoveryIsForTheCallerAlone() {
        var reply = stateless("server/discover", null);

        assertThat(reply.body.at("/result/supportedVersions/0").asString()).isEqualTo("2026-07-28");
        assertThat(reply.body.at("/result/cacheScope").asString()).isEqualTo("private");
        assertThat(reply.body.at("/result/ttlMs").asLong()).isPositive();
        assertThat(reply.body.at("/result/capabilities").has("tools")).isTrue();
    }

    @Test
    void aDefectIsAnsweredWithoutItsDetails() {
        var reply = stateless("tools/call", "\"name\":\"breaks\"", "Mcp-Name", "breaks");

        assertThat(reply.status).isEqualTo(500);
        assertThat(reply.code()).isEqualTo("internal");
        assertThat(reply.text).doesNotContain("secret detail").contains("request-1");
    }

    @Test
    void notificationsAreAcceptedAndResponsesOnlyFromClientsThatMayHaveThem() {
        String notification = "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/initialized\"}";
        String response = "{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{}}";

        assertThat(post(notification, Map.of()).status).isEqualTo(202);
        assertThat(post(notification, version("2025-11-25")).status).isEqualTo(202);
        assertThat(post(notification, version("nonsense")).code()).isEqualTo("version_unsupported");
        assertThat(post(response, version("2025-11-25")).status).isEqualTo(202);
        assertThat(post(response, version("2026-07-28")).code()).isEqualTo("invalid_request");
    }

    private String initialized(String asked) {
        return post(
                        call(
                                "initialize",
                                "\"protocolVersion\":\"" + asked + "\",\"capabilities\":{}"),
                        Map.of())
                .body
                .at("/result/protocolVersion")
                .asString();
    }

    private Reply stateless(String method, @Nullable String params, String... more) {
        var headers =
                new TreeMap<>(Map.of("MCP-Protocol-Version", "2026-07-28", "Mcp-Method", method));
        for (int i = 0; i < more.length; i += 2) {
            headers.put(more[i], more[i + 1]);
        }
        return post(call(method, params == null ? META : params + "," + META), headers);
    }

    private Reply legacy(String version, String method, @Nullable String params) {
        return post(call(method, params == null ? "" : params), version(version));
    }

    private static String call(String method, String params) {
        return "{\"jsonrpc\":\"2.0\",\"id\":7,\"method\":\""
                + method
                + "\",\"params\":{"
                + params
                + "}}";
    }

    private static Map<String, String> version(String version) {
        return Map.of("MCP-Protocol-Version", version);
    }

    private static Map<String, String> with(
            Map<String, String> headers, String name, String value) {
        var changed = new TreeMap<>(headers);
        changed.put(name, value);
        return changed;
    }

    private static Map<String, String> without(Map<String, String> headers, String name) {
        var changed = new TreeMap<>(headers);
        changed.remove(name);
        return changed;
    }

    private Reply post(String body, Map<String, String> headers) {
        return post(body.getBytes(StandardCharsets.UTF_8), headers);
    }

    private Reply post(byte[] body, Map<String, String> headers) {
        var lower = new TreeMap<String, String>();
        headers.forEach((name, value) -> lower.put(name.toLowerCase(Locale.ROOT), value));
        var caller =
                new Caller(
                        new TenantId("acme"),
                        "alice",
                        "agent",
                        Set.of(),
                        URI.create("https://issuer.example.org"),
                        Instant.MAX);
        var inbound =
                new Inbound(
                        "request-1",
                        name -> lower.get(name.toLowerCase(Locale.ROOT)),
                        false,
                        "127.0.0.1",
                        notices::add,
                        (Place) new Admission(1, 1 << 30).enter(caller, body.length),
                        new Presence(() -> false));
        return switch (mcp.answer(caller, inbound, body)) {
            case Answer.Accepted _ -> new Reply(202, "", JSON.createObjectNode());
            case Answer.Reply reply -> {
                String text = new String(reply.body(), StandardCharsets.UTF_8);
                yield new Reply(reply.httpStatus(), text, JSON.readTree(text));
            }
        };
    }

    private record Reply(int status, String text, JsonNode body) {
        int rpcCode() {
            return body.at("/error/code").asInt();
        }

        String code() {
            return body.at("/error/data/code").asString("");
        }

        String message() {
            return body.at("/error/message").asString("");
        }
    }
}
