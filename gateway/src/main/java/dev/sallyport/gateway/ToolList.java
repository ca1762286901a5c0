package dev.sallyport.gateway;

import dev.sallyport.gateway.gate.Gate;
import dev.sallyport.gateway.protocol.Offer;
import dev.sallyport.gateway.protocol.Outcome;
import dev.sallyport.gateway.protocol.Request;
import dev.sallyport.gateway.tool.ReadOnlyHeader;
import dev.sallyport.gateway.tool.Tools;
import dev.sallyport.schema.registry.Registry;
import java.util.function.Supplier;

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
        Registry now = registry.get();
        boolean readOnly = ReadOnlyHeader.asks(request.inbound().headers());
        return new Outcome.Cacheable(
                json -> {
                    json.raw("\"tools\":[");
                    String separator = "";
                    for (Tools.Ready ready : tools.all()) {
                        if (gate.shows(ready.tool(), request.caller(), now, readOnly)) {
                            json.raw(separator).raw(ready.listed());
                            separator = ",";
                        }
                    }
                    json.raw("]");
                },
                Offer.TIME_TO_LIVE);
    }
}
