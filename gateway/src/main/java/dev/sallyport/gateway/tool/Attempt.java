package dev.sallyport.gateway.tool;

import dev.sallyport.gateway.gate.Call;
import dev.sallyport.gateway.protocol.Request;
import dev.sallyport.schema.event.Principal;
import dev.sallyport.schema.event.TraceContext;
import dev.sallyport.schema.id.CallId;
import dev.sallyport.schema.id.TenantId;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/**
 * One attempt to call a tool: who, under which id, and what it turned out to be.
 *
 * @param tool the tool's name as events tell it: one of ours, or {@code unknown}
 * @param call null while the arguments have not been understood
 */
record Attempt(
        CallId id,
        TenantId tenant,
        Principal principal,
        String tool,
        @Nullable Call call,
        @Nullable TraceContext trace) {

    /** Characters of the agent's own name that are kept. */
    private static final int AGENT_CHARS_MAX = 100;

    static final String UNKNOWN_TOOL = "unknown";

    static Attempt of(Request request, String tool) {
        var caller = request.caller();
        var headers = request.inbound().headers();
        var principal =
                new Principal(
                        caller.subject(),
                        caller.client(),
                        agent(request),
                        request.inbound().remoteAddress());
        JsonNode meta = request.params().path("_meta");
        String traceparent = meta.path("traceparent").asString(headers.get("traceparent"));
        String tracestate = meta.path("tracestate").asString(headers.get("tracestate"));
        return new Attempt(
                CallId.next(),
                caller.tenant(),
                principal,
                tool,
                null,
                TraceContext.ofHeaders(traceparent, tracestate));
    }

    Attempt understood(Call as) {
        return new Attempt(id, tenant, principal, tool, as, trace);
    }

    private static @Nullable String agent(Request request) {
        String name =
                request.params()
                        .path("_meta")
                        .path("io.modelcontextprotocol/clientInfo")
                        .path("name")
                        .asString(request.inbound().headers().get("User-Agent"));
        if (name == null || name.isBlank()) {
            return null;
        }
        // Nobody vouches for it, so it is kept short and printable.
        return name.codePoints()
                .limit(AGENT_CHARS_MAX)
                .map(c -> Character.isISOControl(c) ? '?' : c)
                .collect(StringBuilder::new, StringBuilder::appendCodePoint, StringBuilder::append)
                .toString();
    }
}
