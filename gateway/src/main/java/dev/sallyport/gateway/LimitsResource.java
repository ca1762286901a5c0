package dev.sallyport.gateway;

import dev.sallyport.gateway.limit.Allowances;
import dev.sallyport.gateway.limit.BudgetLeft;
import dev.sallyport.gateway.limit.Standing;
import dev.sallyport.gateway.protocol.ErrorCode;
import dev.sallyport.gateway.protocol.Outcome;
import dev.sallyport.gateway.protocol.Refusal;
import dev.sallyport.gateway.protocol.Request;
import dev.sallyport.schema.json.Json;
import dev.sallyport.schema.registry.Budget;
import dev.sallyport.schema.registry.Registry;
import dev.sallyport.schema.registry.Tenant;
import dev.sallyport.schema.registry.TenantLimits;
import dev.sallyport.schema.token.Caller;
import java.time.Duration;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** A resource that tells callers what is left of their own limits. */
final class LimitsResource {

    static final String URI = "sallyport://limits";

    private static final Duration LIST_KEPT = Duration.ofMinutes(10);
    private static final Duration READ_KEPT = Duration.ofSeconds(1);
    private static final String LIST =
            """
            "resources":[{"uri":"%s","name":"limits","description":"What is left of your rates and budgets.","mimeType":"application/json"}]\
            """
                    .formatted(URI);

    private final Allowances allowances;
    private final Supplier<Registry> registry;

    LimitsResource(Allowances allowances, Supplier<Registry> registry) {
        this.allowances = allowances;
        this.registry = registry;
    }

    Outcome list(Request request) {
        return new Outcome.Cacheable(json -> json.raw(LIST), LIST_KEPT);
    }

    Outcome templates(Request request) {
        return new Outcome.Cacheable(json -> json.raw("\"resourceTemplates\":[]"), LIST_KEPT);
    }

    Outcome read(Request request) {
        JsonNode uri = request.params().get("uri");
        if (uri == null || !uri.isString()) {
            return Outcome.refused(
                    ErrorCode.PARAMS_INVALID, "Method resources/read needs params.uri, a string");
        }
        if (!uri.stringValue().equals(URI)) {
            return new Outcome.Refused(
                    Refusal.of(
                            ErrorCode.NAME_UNKNOWN, "There is no such resource; there is " + URI),
                    null);
        }
        String left = left(request.caller(), request.inbound().remoteAddress()).toString();
        return new Outcome.Cacheable(
                json ->
                        json.raw("\"contents\":[{\"uri\":")
                                .string(URI)
                                .raw(",\"mimeType\":\"application/json\",\"text\":")
                                .string(left)
                                .raw("}]"),
                READ_KEPT);
    }

    private ObjectNode left(Caller caller, String address) {
        TenantLimits limits =
                registry.get()
                        .tenant(caller.tenant())
                        .map(Tenant::limitsInForce)
                        .orElse(TenantLimits.DEFAULT);
        ObjectNode root = Json.mapper().createObjectNode();
        Standing rate = allowances.standing(limits, caller, address);
        root.putObject("callsThisMinute")
                .put("limit", rate.limit())
                .put("left", rate.remaining())
                .put("resetSeconds", rate.resetSeconds());
        ArrayNode budgets = root.putArray("budgets");
        for (BudgetLeft one : allowances.left(limits, caller.tenant(), caller.subject())) {
            Budget budget = one.budget();
            ObjectNode entry =
                    budgets.addObject()
                            .put("name", budget.name())
                            .put("window", budget.window().wire());
            ArrayNode tools = entry.putArray("tools");
            budget.tools().stream().sorted().forEach(tools::add);
            if (!one.known()) {
                entry.put("unknown", "it cannot be told just now what is left");
                continue;
            }
            entry.put("resetSeconds", one.resetSeconds());
            put(entry, "calls", budget.calls(), one.left().calls());
            put(entry, "rows", budget.rows(), one.left().rows());
            put(entry, "bytes", budget.bytes(), one.left().bytes());
        }
        return root;
    }

    private static void put(ObjectNode entry, String measure, @Nullable Long limit, long left) {
        if (limit != null) {
            entry.putObject(measure).put("limit", limit).put("left", Math.min(left, limit));
        }
    }
}
