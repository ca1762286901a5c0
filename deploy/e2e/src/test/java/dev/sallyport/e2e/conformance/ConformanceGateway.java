package dev.sallyport.e2e.conformance;

import dev.sallyport.gateway.admission.Admission;
import dev.sallyport.gateway.edge.Edge;
import dev.sallyport.gateway.edge.EdgeConfig;
import dev.sallyport.gateway.identity.Authentication;
import dev.sallyport.gateway.identity.ProtectedResource;
import dev.sallyport.gateway.protocol.ErrorCode;
import dev.sallyport.gateway.protocol.Handler;
import dev.sallyport.gateway.protocol.Mcp;
import dev.sallyport.gateway.protocol.Offer;
import dev.sallyport.gateway.protocol.Outcome;
import dev.sallyport.gateway.protocol.Refusal;
import dev.sallyport.gateway.protocol.Request;
import dev.sallyport.schema.health.Health;
import dev.sallyport.schema.id.TenantId;
import dev.sallyport.schema.token.Caller;
import java.net.URI;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * Our edge and protocol with the fixtures of the conformance suite behind them, open to everyone on
 * the loopback interface.
 */
public final class ConformanceGateway implements AutoCloseable {

    private final Edge edge;

    private ConformanceGateway(Edge edge) {
        this.edge = edge;
    }

    public static ConformanceGateway start(int port) {
        var tools = new FixtureTools();
        Map<String, Handler> handlers = new HashMap<>();
        handlers.put("tools/list", tools::list);
        handlers.put("tools/call", tools::call);
        handlers.put("prompts/list", request -> cacheable(PROMPTS));
        handlers.put("prompts/get", ConformanceGateway::prompt);
        handlers.put("resources/list", request -> cacheable(RESOURCES));
        handlers.put("resources/templates/list", request -> cacheable(TEMPLATES));
        handlers.put("resources/read", ConformanceGateway::read);
        handlers.put("resources/subscribe", request -> new Outcome.Complete(Outcome.Members.NONE));
        handlers.put(
                "resources/unsubscribe", request -> new Outcome.Complete(Outcome.Members.NONE));
        handlers.put("logging/setLevel", request -> new Outcome.Complete(Outcome.Members.NONE));
        handlers.put(
                "completion/complete",
                request -> complete("{'completion':{'values':[],'total':0,'hasMore':false}}"));
        var capabilities =
                (ObjectNode)
                        FixtureTools.json(
                                "{'tools':{},'prompts':{},'resources':{},'completions':{},'logging':{}}");
        var mcp =
                new Mcp(
                        new Offer(
                                "sallyport-conformance",
                                "0",
                                "Fixtures only",
                                capabilities,
                                handlers));
        var config =
                new EdgeConfig(
                        "127.0.0.1",
                        port,
                        false,
                        List.of(),
                        List.of(),
                        new EdgeConfig.Limits(1 << 20, 8192, 1_000, 128),
                        new EdgeConfig.Timeouts(
                                Duration.ofSeconds(10),
                                Duration.ofSeconds(10),
                                Duration.ofSeconds(30),
                                Duration.ofSeconds(30),
                                Duration.ofSeconds(1)));
        var caller =
                new Caller(
                        new TenantId("conformance"),
                        "suite",
                        "suite",
                        Set.of(),
                        URI.create("http://127.0.0.1"),
                        Instant.MAX);
        return new ConformanceGateway(
                Edge.start(
                        config,
                        new ProtectedResource(
                                URI.create("http://127.0.0.1/mcp"), List.of(), List.of()),
                        (authorization, address) -> new Authentication.Authenticated(caller),
                        new Admission(100, 1 << 30),
                        (_, _, _, _) -> true,
                        mcp,
                        () -> new Health(true, new TreeMap<>())));
    }

    public int port() {
        return edge.port();
    }

    @Override
    public void close() {
        edge.close();
    }

    private static final String PROMPTS =
            """
            {'prompts':[
             {'name':'test_simple_prompt','description':'A prompt without arguments'},
             {'name':'test_prompt_with_arguments','description':'A prompt with arguments','arguments':[
              {'name':'arg1','description':'First','required':true},{'name':'arg2','description':'Second','required':true}]},
             {'name':'test_prompt_with_embedded_resource','description':'A prompt with a resource','arguments':[
              {'name':'resourceUri','description':'Which','required':true}]},
             {'name':'test_prompt_with_image','description':'A prompt with an image'},
             {'name':'test_input_required_result_prompt','description':'A prompt that asks first'}]}\
            """;

    private static final String RESOURCES =
            """
            {'resources':[
             {'uri':'test://static-text','name':'static-text','description':'Text','mimeType':'text/plain'},
             {'uri':'test://static-binary','name':'static-binary','description':'An image','mimeType':'image/png'},
             {'uri':'test://watched-resource','name':'watched-resource','description':'Text','mimeType':'text/plain'}]}\
            """;

    private static final String TEMPLATES =
            """
            {'resourceTemplates':[{'uriTemplate':'test://template/{id}/data','name':'template',
             'description':'A template','mimeType':'application/json'}]}\
            """;

    private static Outcome prompt(Request request) {
        JsonNode arguments = request.params().path("arguments");
        return switch (request.params().path("name").asString("")) {
            case "test_simple_prompt" ->
                    messages("{'type':'text','text':'This is a simple prompt for testing.'}");
            case "test_prompt_with_arguments" ->
                    messages(
                            "{'type':'text','text':'Prompt with arguments: arg1=%s, arg2=%s'}"
                                    .formatted(
                                            arguments.path("arg1").asString(""),
                                            arguments.path("arg2").asString("")));
            case "test_prompt_with_embedded_resource" ->
                    messages(
                            FixtureTools.resource(
                                    arguments.path("resourceUri").asString(""),
                                    "text/plain",
                                    "Embedded resource content for testing."),
                            "{'type':'text','text':'Please process the embedded resource above.'}");
            case "test_prompt_with_image" ->
                    messages(
                            FixtureTools.image(),
                            "{'type':'text','text':'Please analyze the image above.'}");
            case "test_input_required_result_prompt" -> MultiRoundTrips.prompt(request);
            default -> Outcome.refused(ErrorCode.NAME_UNKNOWN, "There is no such prompt");
        };
    }

    private static Outcome messages(String... blocks) {
        var text = new StringBuilder();
        for (String block : blocks) {
            text.append(text.isEmpty() ? "" : ",")
                    .append("{'role':'user','content':")
                    .append(block)
                    .append('}');
        }
        return complete("{'messages':[" + text + "]}");
    }

    private static Outcome read(Request request) {
        String uri = request.params().path("uri").asString("");
        String head = "{'contents':[{'uri':'" + uri + "','mimeType':";
        if (uri.equals("test://static-text") || uri.equals("test://watched-resource")) {
            return cacheable(
                    head
                            + "'text/plain','text':'This is the content of the static text resource.'}]}");
        }
        if (uri.equals("test://static-binary")) {
            return cacheable(head + "'image/png','blob':'" + FixtureTools.IMAGE + "'}]}");
        }
        if (uri.startsWith("test://template/") && uri.endsWith("/data")) {
            String id = uri.substring("test://template/".length(), uri.length() - "/data".length());
            return cacheable(
                    head + "'application/json','text':'{\\\"id\\\":\\\"" + id + "\\\"}'}]}");
        }
        return new Outcome.Refused(
                Refusal.of(ErrorCode.NAME_UNKNOWN, "There is no such resource").with("uri", uri),
                null);
    }

    private static Outcome cacheable(String object) {
        return new Outcome.Cacheable(
                FixtureTools.members(FixtureTools.json(object)), Duration.ofSeconds(1));
    }

    private static Outcome complete(String object) {
        return new Outcome.Complete(FixtureTools.members(FixtureTools.json(object)));
    }

    /** Serves until standard input ends: to run the suite by hand. */
    static void main(String[] arguments) throws Exception {
        try (var gateway = start(arguments.length == 0 ? 0 : Integer.parseInt(arguments[0]))) {
            IO.println("http://127.0.0.1:" + gateway.port() + "/mcp");
            var _ = System.in.readAllBytes();
        }
    }
}
