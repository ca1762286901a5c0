package dev.sallyport.gateway;

import dev.sallyport.gateway.gate.Gate;
import dev.sallyport.gateway.protocol.ErrorCode;
import dev.sallyport.gateway.protocol.Offer;
import dev.sallyport.gateway.protocol.Outcome;
import dev.sallyport.gateway.protocol.Request;
import dev.sallyport.gateway.protocol.ToolResult;
import dev.sallyport.gateway.tool.Tools;
import dev.sallyport.schema.registry.Registry;
import dev.sallyport.schema.registry.Scope;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.function.Supplier;
import tools.jackson.databind.JsonNode;

/** The tools that a caller may call now, as clients show them to models. */
final class ToolList {

    private final Gate gate;
    private final Supplier<Registry> registry;
    private final Tools tools;

    ToolList(Tools tools, Gate gate, Supplier<Registry> registry) {
        this.tools = tools;
        this.gate = gate;
        this.registry = registry;
    }

    Outcome list(Request request) {
        JsonNode cursor = request.params().path("cursor");
        if (!cursor.isMissingNode() && !cursor.isNull() && !cursor.asString("x").isEmpty()) {
            return Outcome.refused(
                    ErrorCode.PARAMS_INVALID,
                    "params.cursor leads nowhere: all tools stand on one page, so leave it out");
        }
        Registry now = registry.get();
        boolean readOnly = request.inbound().readOnly();
        boolean structured = ToolResult.isStructured(request.inbound().headers());
        List<Tools.Ready> shown =
                tools.all().stream()
                        .filter(ready -> gate.shows(ready.tool(), request.caller(), now, readOnly))
                        .toList();
        return new Outcome.Cacheable(
                json -> {
                    json.raw("\"tools\":[");
                    String separator = "";
                    for (Tools.Ready ready : shown) {
                        json.raw(separator)
                                .raw(structured ? ready.listedWithOutput() : ready.listed());
                        separator = ",";
                    }
                    json.raw("]");
                },
                Offer.TIME_TO_LIVE,
                shown.isEmpty() ? List.of(whyNone(request, now)) : List.of());
    }

    private String whyNone(Request request, Registry now) {
        Set<Scope> wanted = EnumSet.noneOf(Scope.class);
        for (Tools.Ready ready : tools.all()) {
            if (gate.knows(ready.tool(), request.caller(), now)) {
                wanted.addAll(ready.tool().scopes());
            }
        }
        return wanted.isEmpty()
                ? "there are no tools for you: no database is granted to you, ask its owner"
                : "the access token has none of the scopes that the tools need; get one with %s"
                        .formatted(
                                String.join(
                                        " or ",
                                        wanted.stream().map(Scope::wire).sorted().toList()));
    }
}
