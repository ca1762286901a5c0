package dev.sallyport.gateway;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/** A small client of the stateless revision. */
final class McpClient {

    private static final JsonMapper JSON = JsonMapper.shared();
    private static final HttpClient HTTP =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

    private final int port;
    private final @Nullable String token;
    private final Map<String, Object> capabilities;

    McpClient(int port, @Nullable String token) {
        this(port, token, Map.of());
    }

    private McpClient(int port, @Nullable String token, Map<String, Object> capabilities) {
        this.port = port;
        this.token = token;
        this.capabilities = Map.copyOf(capabilities);
    }

    /** The same client with these capabilities. */
    McpClient that(Map<String, Object> can) {
        return new McpClient(port, token, can);
    }

    record Response(int status, HttpResponse<String> http, JsonNode body) {
        JsonNode result() {
            return body.at("/result");
        }

        boolean isError() {
            return body.at("/result/isError").asBoolean(false);
        }

        /** The stable code of what went wrong, wherever it stands; empty where nothing did. */
        String code() {
            return body.at("/error/data/code")
                    .asString(body.at("/result/_meta/dev.sallyport~1code").asString(""));
        }

        String message() {
            return body.at("/error/message").asString(text());
        }

        /** What the model reads. */
        String text() {
            return body.at("/result/content/0/text").asString("");
        }

        /** What stands between the marks. */
        String marked() {
            String[] lines = text().split("\n", 3);
            String close = lines[1].replace("<", "</");
            if (!lines[2].endsWith("\n" + close)) {
                throw new IllegalStateException("no marks: " + text());
            }
            return lines[2].substring(0, lines[2].length() - close.length() - 1);
        }

        /** The data that the tool gave. */
        JsonNode data() {
            return JSON.readTree(marked());
        }

        String callId() {
            return body.at("/result/_meta/dev.sallyport~1call")
                    .asString(body.at("/error/data/call").asString(""));
        }
    }

    Response tool(String name, Map<String, Object> arguments, String... headers) {
        ObjectNode params = JSON.createObjectNode().put("name", name);
        params.set("arguments", JSON.valueToTree(arguments));
        return call("tools/call", params, name, headers);
    }

    /** The call once more, with what its user said. */
    Response again(
            String name, Map<String, Object> arguments, Object state, Map<String, Object> said) {
        ObjectNode params = JSON.createObjectNode().put("name", name);
        params.set("arguments", JSON.valueToTree(arguments));
        params.set("requestState", JSON.valueToTree(state));
        params.set("inputResponses", JSON.valueToTree(Map.of("approval", said)));
        return call("tools/call", params, name);
    }

    Response call(String method, ObjectNode params, @Nullable String name, String... headers) {
        ObjectNode meta =
                params.putObject("_meta")
                        .put("io.modelcontextprotocol/protocolVersion", "2026-07-28");
        meta.set("io.modelcontextprotocol/clientCapabilities", JSON.valueToTree(capabilities));
        meta.putObject("io.modelcontextprotocol/clientInfo")
                .put("name", "test-agent")
                .put("version", "1");
        ObjectNode message =
                JSON.createObjectNode().put("jsonrpc", "2.0").put("id", 1).put("method", method);
        message.set("params", params);
        var request =
                request(JSON.writeValueAsString(message))
                        .header("MCP-Protocol-Version", "2026-07-28")
                        .header("Mcp-Method", method);
        if (name != null) {
            request.header("Mcp-Name", name);
        }
        if (headers.length > 0) {
            request.headers(headers);
        }
        return send(request);
    }

    HttpRequest.Builder request(String body) {
        var request =
                HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + "/mcp"))
                        .timeout(Duration.ofSeconds(30))
                        .header("Content-Type", "application/json")
                        .header("Accept", "application/json, text/event-stream")
                        .POST(BodyPublishers.ofString(body));
        if (token != null) {
            request.header("Authorization", "Bearer " + token);
        }
        return request;
    }

    static String get(int port, String path) {
        var request = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path));
        try {
            HttpResponse<String> answer = HTTP.send(request.build(), BodyHandlers.ofString());
            if (answer.statusCode() != 200) {
                throw new IllegalStateException(answer.statusCode() + " " + answer.body());
            }
            return answer.body();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    Response send(HttpRequest.Builder request) {
        try {
            HttpResponse<String> response = HTTP.send(request.build(), BodyHandlers.ofString());
            return new Response(
                    response.statusCode(),
                    response,
                    response.body().isEmpty()
                            ? JSON.createObjectNode()
                            : JSON.readTree(response.body()));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }
}
