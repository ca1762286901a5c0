package dev.sallyport.gateway.tool;

import dev.sallyport.gateway.gate.Gate;
import dev.sallyport.gateway.protocol.JsonBuffer;
import dev.sallyport.gateway.protocol.Offer;
import dev.sallyport.gateway.protocol.Outcome;
import dev.sallyport.gateway.protocol.Request;
import dev.sallyport.schema.registry.Registry;
import java.util.List;
import java.util.function.Supplier;
import java.util.stream.Stream;

/** The tools that a caller may call now, as clients show them to models. */
final class ToolList {

    private final Gate gate;
    private final Supplier<Registry> registry;
    private final List<Listed> tools =
            Stream.of(BuiltInTool.values()).map(ToolList::listed).toList();

    ToolList(Gate gate, Supplier<Registry> registry) {
        this.gate = gate;
        this.registry = registry;
    }

    Outcome list(Request request) {
        Registry now = registry.get();
        boolean readOnly = ReadOnlyHeader.asks(request.inbound().headers());
        return new Outcome.Cacheable(
                json -> {
                    json.raw("\"tools\":[");
                    String separator = "";
                    for (Listed listed : tools) {
                        if (gate.shows(listed.tool.action(), request.caller(), now, readOnly)) {
                            json.raw(separator).raw(listed.json);
                            separator = ",";
                        }
                    }
                    json.raw("]");
                },
                Offer.TIME_TO_LIVE);
    }

    private record Listed(BuiltInTool tool, String json) {}

    private static Listed listed(BuiltInTool tool) {
        boolean changes = tool.changesData();
        return new Listed(
                tool,
                new JsonBuffer()
                        .raw("{\"name\":")
                        .string(tool.wireName())
                        .raw(",\"description\":")
                        .string(tool.description())
                        .raw(",\"inputSchema\":")
                        .raw(tool.inputSchema())
                        .raw(",\"annotations\":{\"readOnlyHint\":" + !changes)
                        .raw(changes ? ",\"destructiveHint\":true}}" : "}}")
                        .toString());
    }
}
