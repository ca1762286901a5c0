package dev.sallyport.e2e.conformance;

import dev.sallyport.gateway.protocol.ErrorCode;
import dev.sallyport.gateway.protocol.Outcome;
import dev.sallyport.gateway.protocol.Refusal;
import dev.sallyport.gateway.protocol.Request;
import dev.sallyport.gateway.protocol.ToolResult;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Function;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/** The tools that the conformance suite calls by name. */
final class FixtureTools {

    static final String IMAGE =
            "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8DwHwAFBQIAX8jx0gAAAABJRU5ErkJggg==";
    static final String AUDIO = "UklGRiYAAABXQVZFZm10IBAAAAABAAEAQB8AAAB9AAACABAAZGF0YQIAAAA=";

    private static final JsonMapper JSON = JsonMapper.shared();

    private final Map<String, Function<Request, Outcome>> tools = new LinkedHashMap<>();

    FixtureTools() {
        tools.put(
                "test_simple_text",
                request -> ToolResult.text("This is a simple text response for testing."));
        tools.put("test_image_content", request -> content(image()));
        tools.put(
                "test_audio_content",
                request ->
                        content("{'type':'audio','data':'" + AUDIO + "','mimeType':'audio/wav'}"));
        tools.put(
                "test_embedded_resource",
                request ->
                        content(
                                resource(
                                        "test://embedded-resource",
                                        "text/plain",
                                        "This is an embedded resource content.")));
        tools.put(
                "test_multiple_content_types",
                request ->
                        content(
                                "{'type':'text','text':'Multiple content types test:'},"
                                        + image()
                                        + ","
                                        + resource(
                                                "test://mixed-content-resource",
                                                "application/json",
                                                "{}")));
        tools.put("test_tool_with_logging", FixtureTools::logs);
        tools.put("test_tool_with_progress", FixtureTools::progresses);
        tools.put(
                "test_error_handling",
                request ->
                        ToolResult.error(
                                "fixture",
                                "This tool intentionally returns an error for testing",
                                null));
        tools.put("test_streaming_elicitation", request -> ToolResult.text("Streaming complete"));
        tools.put("test_logging_tool", request -> ToolResult.text("Logging evaluated"));
        tools.put("test_missing_capability", FixtureTools::needsSampling);
        MultiRoundTrips.addTo(tools);
    }

    Outcome list(Request request) {
        var list = JSON.createObjectNode();
        var array = list.putArray("tools");
        for (String name : tools.keySet()) {
            ObjectNode tool =
                    array.addObject()
                            .put("name", name)
                            .put("description", "A fixture of the conformance suite");
            tool.putObject("inputSchema").put("type", "object");
        }
        return new Outcome.Cacheable(members(list), Duration.ofSeconds(1));
    }

    Outcome call(Request request) {
        var tool = tools.get(request.params().path("name").asString(""));
        return tool == null
                ? Outcome.refused(ErrorCode.TOOL_UNKNOWN, "There is no such tool")
                : tool.apply(request);
    }

    /** The members of a JSON object, as a result takes them. */
    static Outcome.Members members(JsonNode object) {
        return json -> {
            String text = JSON.writeValueAsString(object);
            json.raw(text.substring(1, text.length() - 1));
        };
    }

    /** JSON with single quotes, for short fixtures. */
    static JsonNode json(String singleQuoted) {
        return JSON.readTree(singleQuoted.replace('\'', '"'));
    }

    static String image() {
        return "{'type':'image','data':'" + IMAGE + "','mimeType':'image/png'}";
    }

    static String resource(String uri, String mimeType, String text) {
        return "{'type':'resource','resource':{'uri':'%s','mimeType':'%s','text':'%s'}}"
                .formatted(uri, mimeType, text);
    }

    private static Outcome content(String blocks) {
        return new Outcome.Complete(members(json("{'content':[" + blocks + "],'isError':false}")));
    }

    private static Outcome logs(Request request) {
        for (String text :
                new String[] {
                    "Tool execution started", "Tool processing data", "Tool execution completed"
                }) {
            request.notify(
                    "notifications/message",
                    JSON.createObjectNode().put("level", "info").put("data", text));
        }
        return ToolResult.text("Tool with logging executed successfully");
    }

    private static Outcome progresses(Request request) {
        JsonNode token = request.params().path("_meta").path("progressToken");
        for (int progress : new int[] {0, 50, 100}) {
            ObjectNode params = JSON.createObjectNode();
            params.set("progressToken", token);
            request.notify(
                    "notifications/progress", params.put("progress", progress).put("total", 100));
        }
        return ToolResult.text(token.asString(""));
    }

    private static Outcome needsSampling(Request request) {
        if (request.clientCapabilities().has("sampling")) {
            return ToolResult.text("sampled");
        }
        return new Outcome.Refused(
                Refusal.of(ErrorCode.CAPABILITY_MISSING, "This tool needs the capability sampling")
                        .with("requiredCapabilities", Map.of("sampling", Map.of())),
                null);
    }
}
