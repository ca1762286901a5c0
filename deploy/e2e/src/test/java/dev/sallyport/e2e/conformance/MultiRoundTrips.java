package dev.sallyport.e2e.conformance;

import dev.sallyport.gateway.protocol.ErrorCode;
import dev.sallyport.gateway.protocol.Outcome;
import dev.sallyport.gateway.protocol.Request;
import dev.sallyport.gateway.protocol.ToolResult;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.SecureRandom;
import java.util.Base64;
import java.util.HexFormat;
import java.util.Map;
import java.util.function.Function;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** Fixtures that ask the client for input before they answer (SEP-2322). */
final class MultiRoundTrips {

    private static final byte[] STATE_KEY = new SecureRandom().generateSeed(32);

    private static final String NAME = elicitation("What is your name?", "name", "string");
    private static final String COLOR =
            elicitation("Step 2: What is your favorite color?", "color", "string");
    private static final String CONFIRM = elicitation("Please confirm", "ok", "boolean");
    private static final String SAMPLING =
            "{'method':'sampling/createMessage','params':{'messages':[{'role':'user','content':{'type':'text','text':'What is the capital of France?'}}],'maxTokens':100}}";
    private static final String ROOTS = "{'method':'roots/list','params':{}}";

    private MultiRoundTrips() {}

    static void addTo(Map<String, Function<Request, Outcome>> tools) {
        tools.put(
                "test_input_required_result_elicitation",
                request ->
                        response(request, "user_name") instanceof ObjectNode answer
                                ? ToolResult.text(
                                        "Hello, "
                                                + answer.path("content")
                                                        .path("name")
                                                        .asString("nobody")
                                                + "!")
                                : asks(null, "'user_name':" + NAME));
        tools.put(
                "test_input_required_result_sampling",
                request ->
                        response(request, "capital_question") instanceof ObjectNode answer
                                ? ToolResult.text(
                                        answer.path("content").path("text").asString("silence"))
                                : asks(null, "'capital_question':" + SAMPLING));
        tools.put(
                "test_input_required_result_list_roots",
                request ->
                        response(request, "client_roots") instanceof ObjectNode answer
                                ? ToolResult.text("Roots: " + answer.path("roots").size())
                                : asks(null, "'client_roots':" + ROOTS));
        tools.put(
                "test_input_required_result_request_state",
                request -> checked(request, "confirm", "'confirm':" + CONFIRM, "state-ok"));
        tools.put(
                "test_input_required_result_tampered_state",
                request -> checked(request, "confirm", "'confirm':" + CONFIRM, "integrity-ok"));
        tools.put(
                "test_input_required_result_multiple_inputs",
                request ->
                        checked(
                                request,
                                "user_name",
                                "'user_name':"
                                        + NAME
                                        + ",'greeting':"
                                        + SAMPLING
                                        + ",'client_roots':"
                                        + ROOTS,
                                "all three arrived"));
        tools.put("test_input_required_result_multi_round", MultiRoundTrips::rounds);
        tools.put("test_input_required_result_capabilities", MultiRoundTrips::asFarAsDeclared);
    }

    static Outcome prompt(Request request) {
        if (response(request, "user_context") instanceof ObjectNode answer) {
            String context = answer.path("content").path("context").asString("none");
            return new Outcome.Complete(
                    FixtureTools.members(
                            FixtureTools.json(
                                    "{'messages':[{'role':'user','content':{'type':'text','text':'Context: "
                                            + context
                                            + "'}}]}")));
        }
        return asks(
                null,
                "'user_context':"
                        + elicitation("What context should the prompt use?", "context", "string"));
    }

    private static Outcome rounds(Request request) {
        String state = request.params().path("requestState").asString("");
        if (state.equals(signed("round 1")) && response(request, "step1") != null) {
            return asks("round 2", "'step2':" + COLOR);
        }
        if (state.equals(signed("round 2")) && response(request, "step2") != null) {
            return ToolResult.text("Multi-round complete");
        }
        return asks("round 1", "'step1':" + NAME);
    }

    private static Outcome asFarAsDeclared(Request request) {
        if (request.params().path("inputResponses").size() > 0) {
            return ToolResult.text("capabilities-ok");
        }
        boolean sampling = request.clientCapabilities().has("sampling");
        boolean elicitation = request.clientCapabilities().has("elicitation");
        if (!sampling && !elicitation) {
            return ToolResult.text("No supported capabilities declared");
        }
        return asks(
                "capabilities",
                (sampling ? "'sample_input':" + SAMPLING : "")
                        + (sampling && elicitation ? "," : "")
                        + (elicitation ? "'elicit_input':" + NAME : ""));
    }

    private static Outcome checked(Request request, String key, String inputRequests, String done) {
        JsonNode state = request.params().get("requestState");
        if (state == null) {
            return asks(key, inputRequests);
        }
        if (!state.asString("").equals(signed(key))) {
            return Outcome.refused(
                    ErrorCode.PARAMS_INVALID, "requestState is not what this server gave");
        }
        return response(request, key) == null ? asks(key, inputRequests) : ToolResult.text(done);
    }

    private static Outcome asks(@Nullable String state, String inputRequests) {
        String requestState = state == null ? "" : ",'requestState':'" + signed(state) + "'";
        return new Outcome.InputRequired(
                FixtureTools.members(
                        FixtureTools.json(
                                "{'inputRequests':{" + inputRequests + "}" + requestState + "}")));
    }

    private static @Nullable JsonNode response(Request request, String key) {
        return request.params().path("inputResponses").get(key) instanceof ObjectNode answer
                ? answer
                : null;
    }

    private static String elicitation(String message, String field, String type) {
        return "{'method':'elicitation/create','params':{'message':'%s','requestedSchema':{'type':'object','properties':{'%s':{'type':'%s'}},'required':['%s']}}}"
                .formatted(message, field, type, field);
    }

    private static String signed(String state) {
        try {
            Mac mac = Mac.getInstance("HmacSHA256");
            mac.init(new SecretKeySpec(STATE_KEY, "HmacSHA256"));
            byte[] text = state.getBytes(StandardCharsets.UTF_8);
            return Base64.getUrlEncoder().withoutPadding().encodeToString(text)
                    + "."
                    + HexFormat.of().formatHex(mac.doFinal(text));
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }
}
