package dev.sallyport.cli.demo;

import dev.sallyport.schema.json.Json;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** A client of MCP revision 2026-07-28 over Streamable HTTP: each request by itself, no session. */
public final class McpClient implements AutoCloseable {
    private static final String REVISION = "2026-07-28";
    private static final Duration CONNECT_TIMEOUT = Duration.ofSeconds(5);
    private static final Duration ANSWER_TIMEOUT = Duration.ofSeconds(60);

    private final URI endpoint;
    private final String token;
    private final String agent;
    private final AtomicInteger ids = new AtomicInteger();
    private final HttpClient http =
            HttpClient.newBuilder()
                    .version(HttpClient.Version.HTTP_1_1)
                    .connectTimeout(CONNECT_TIMEOUT)
                    .build();

    public McpClient(URI endpoint, String token, String agent) {
        this.endpoint = endpoint;
        this.token = token;
        this.agent = agent;
    }

    /**
     * What came back.
     *
     * @param challenge the {@code WWW-Authenticate} header, where there was one
     * @param body the JSON-RPC message
     */
    public record Reply(int status, Optional<String> challenge, JsonNode body) {
        /** Whether the call did what it was asked. */
        public boolean succeeded() {
            return status == 200
                    && body.has("result")
                    && !body.at("/result/isError").asBoolean(false);
        }

        /** The text of the tool's result, or the message of the error. */
        public String text() {
            JsonNode error = body.at("/error/message");
            JsonNode data = body.at("/result/structuredContent");
            if (!error.isMissingNode()) {
                return error.asString("");
            }
            return data.isMissingNode() || data.has("error")
                    ? body.at("/result/content/0/text").asString("")
                    : data.toString();
        }

        /** The rows that a query gave. */
        public List<List<String>> rows() {
            List<List<String>> rows = new ArrayList<>();
            for (JsonNode row : body.at("/result/structuredContent/rows")) {
                List<String> cells = new ArrayList<>();
                row.forEach(cell -> cells.add(cell.isString() ? cell.asString() : cell.toString()));
                rows.add(cells);
            }
            return rows;
        }

        /** The stable code of what went wrong, wherever the message has it. */
        public Optional<String> code() {
            for (String place :
                    List.of("/error/data/code", "/result/structuredContent/error/code")) {
                JsonNode code = body.at(place);
                if (code.isString()) {
                    return Optional.of(code.asString());
                }
            }
            return Optional.empty();
        }

        /** The call's id in the audit log. */
        public Optional<String> call() {
            for (String place : List.of("/result/_meta/dev.sallyport~1call", "/error/data/call")) {
                JsonNode call = body.at(place);
                if (call.isString()) {
                    return Optional.of(call.asString());
                }
            }
            return Optional.empty();
        }
    }

    /** The names of the tools that the caller may use. */
    public List<String> tools() {
        Reply reply = send("tools/list", null, Json.mapper().createObjectNode());
        if (!reply.succeeded()) {
            throw new IllegalStateException(
                    "tools/list was answered " + reply.status() + ": " + reply.text());
        }
        List<String> names = new ArrayList<>();
        reply.body().at("/result/tools").forEach(tool -> names.add(tool.get("name").asString()));
        return names;
    }

    /** What the caller has left of a budget, and for how many seconds; empty where it has none. */
    public Optional<Left> left(String budget) {
        String uri = "sallyport://limits";
        Reply reply = send("resources/read", uri, Json.mapper().createObjectNode().put("uri", uri));
        JsonNode limits =
                Json.mapper().readTree(reply.body().at("/result/contents/0/text").asString("{}"));
        for (JsonNode one : limits.path("budgets")) {
            if (one.path("name").asString("").equals(budget) && one.has("calls")) {
                return Optional.of(
                        new Left(
                                one.at("/calls/left").asLong(0),
                                one.path("resetSeconds").asLong(0)));
            }
        }
        return Optional.empty();
    }

    /**
     * What is left of a budget of calls.
     *
     * @param seconds until it starts anew
     */
    public record Left(long calls, long seconds) {}

    /** Calls a tool; a refusal is an answer too. */
    public Reply call(String tool, ObjectNode arguments) {
        ObjectNode params = Json.mapper().createObjectNode();
        params.put("name", tool);
        params.set("arguments", arguments);
        return send("tools/call", tool, params);
    }

    /** Calls {@code db_query} or {@code db_execute}. */
    public Reply sql(String tool, String database, String sql) {
        return call(
                tool, Json.mapper().createObjectNode().put("database", database).put("sql", sql));
    }

    /** As {@link #sql}, of a call that somebody allowed. */
    public Reply approved(String tool, String database, String sql, String approval) {
        return call(
                tool,
                Json.mapper()
                        .createObjectNode()
                        .put("database", database)
                        .put("sql", sql)
                        .put("approval", approval));
    }

    private Reply send(String method, @Nullable String name, ObjectNode params) {
        ObjectNode meta = params.putObject("_meta");
        meta.put("io.modelcontextprotocol/protocolVersion", REVISION);
        meta.putObject("io.modelcontextprotocol/clientInfo")
                .put("name", agent)
                .put("version", "1.0.0");
        meta.putObject("io.modelcontextprotocol/clientCapabilities");
        ObjectNode message = Json.mapper().createObjectNode();
        message.put("jsonrpc", "2.0").put("id", ids.incrementAndGet()).put("method", method);
        message.set("params", params);
        HttpRequest.Builder request =
                HttpRequest.newBuilder(endpoint)
                        .timeout(ANSWER_TIMEOUT)
                        .header("Authorization", "Bearer " + token)
                        .header("Content-Type", "application/json")
                        .header("Accept", "application/json, text/event-stream")
                        .header("MCP-Protocol-Version", REVISION)
                        .header("Mcp-Method", method)
                        .header("x-structured-content", "true");
        if (name != null) {
            request.header("Mcp-Name", name);
        }
        try {
            HttpResponse<byte[]> response =
                    http.send(
                            request.POST(
                                            HttpRequest.BodyPublishers.ofByteArray(
                                                    Json.mapper().writeValueAsBytes(message)))
                                    .build(),
                            HttpResponse.BodyHandlers.ofByteArray());
            JsonNode body =
                    response.body().length == 0
                            ? Json.mapper().createObjectNode()
                            : Json.mapper().readTree(response.body());
            return new Reply(
                    response.statusCode(), response.headers().firstValue("WWW-Authenticate"), body);
        } catch (IOException e) {
            throw new IllegalStateException(
                    "the gateway at " + endpoint + " does not answer: " + e.getMessage(), e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted while waiting for the gateway", e);
        }
    }

    @Override
    public void close() {
        http.close();
    }
}
