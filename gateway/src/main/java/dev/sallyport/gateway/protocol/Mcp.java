package dev.sallyport.gateway.protocol;

import dev.sallyport.gateway.protocol.Messages.Incoming;
import dev.sallyport.schema.id.CallId;
import dev.sallyport.schema.json.Json;
import dev.sallyport.schema.json.JsonBuffer;
import dev.sallyport.schema.token.Caller;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/**
 * The one path of every MCP message: read, settle on a revision, check what that revision asks for,
 * hand the request to its handler, and give the outcome the form that the revision wants. Nothing
 * is remembered between two messages.
 */
public final class Mcp {

    /** In a result's {@code _meta}: the call's id in the audit log. */
    public static final String META_CALL = "dev.sallyport/call";

    /** In a result's {@code _meta}: what was made of the request, a list of sentences. */
    public static final String META_NOTES = "dev.sallyport/notes";

    private static final Logger LOG = LoggerFactory.getLogger(Mcp.class);
    private static final String CANCELLED = "notifications/cancelled";

    /**
     * Methods that revision 2026-07-28 took away: a handler for them serves initialize-based
     * clients only.
     */
    private static final Set<String> REMOVED =
            Set.of("logging/setLevel", "resources/subscribe", "resources/unsubscribe");

    private final Map<String, Handler> handlers;
    private final byte[] discovery;
    private final byte[] identification;
    private final Offer offer;
    private final Underway underway = new Underway();

    public Mcp(Offer offer) {
        this.offer = offer;
        this.handlers = offer.handlers();
        this.discovery = discovery(offer);
        this.identification =
                new JsonBuffer()
                        .raw("\"io.modelcontextprotocol/serverInfo\":")
                        .raw(serverInfo(offer))
                        .toByteArray();
    }

    /** Answers one message. Never throws for what a caller sent. */
    public Answer answer(Caller caller, Inbound inbound, byte[] body) {
        return switch (Messages.read(body)) {
            case Incoming.Unreadable(var id, var refusal) -> Messages.error(id, refusal);
            case Incoming.Notification(var method, var params) ->
                    notification(caller, inbound.headers(), method, params);
            case Incoming.Response _ -> response(inbound);
            case Incoming.Call call -> call(caller, inbound, call);
        };
    }

    /**
     * Answers a message of a caller for whom there is no place, if it calls one of the caller's
     * requests off; empty where it says anything else.
     */
    public Optional<Answer> cancellation(Caller caller, Headers headers, byte[] body) {
        return Messages.read(body) instanceof Incoming.Notification(var method, var params)
                        && method.equals(CANCELLED)
                ? Optional.of(notification(caller, headers, method, params))
                : Optional.empty();
    }

    private Answer notification(Caller caller, Headers headers, String method, ObjectNode params) {
        String version = headers.get(RequestHeaders.VERSION);
        if (version != null && Revision.of(version).isEmpty()) {
            return Messages.error(null, Negotiation.unsupported(version));
        }
        Optional<Refusal> contradiction = RequestHeaders.contradiction(headers, method, params);
        if (contradiction.isPresent()) {
            return Messages.error(null, contradiction.get());
        }
        // a stateless client closes its connection instead
        boolean stateless =
                version != null && Revision.of(version).filter(Revision::stateless).isPresent();
        JsonNode id = params.get("requestId");
        if (method.equals(CANCELLED) && !stateless && id != null) {
            underway.cancel(caller, headers, id);
        }
        return new Answer.Accepted();
    }

    private static Answer response(Inbound inbound) {
        String version = inbound.headers().get(RequestHeaders.VERSION);
        if (version != null && Revision.of(version).filter(r -> !r.stateless()).isPresent()) {
            return new Answer.Accepted();
        }
        return Messages.error(
                null,
                Refusal.of(
                        ErrorCode.INVALID_REQUEST,
                        "This server sends no requests, so it takes no responses"));
    }

    private Answer call(Caller caller, Inbound inbound, Incoming.Call call) {
        return switch (Negotiation.of(inbound.headers(), call)) {
            case Negotiation.Refused(var refusal) -> Messages.error(call.id(), refusal);
            case Negotiation.Agreed(var revision, var capabilities) -> {
                var request =
                        new Request(
                                revision,
                                call.id(),
                                call.method(),
                                call.params(),
                                capabilities,
                                caller,
                                inbound);
                if (revision.stateless()) {
                    yield answer(revision, call, request);
                }
                try (var _ = underway.begin(caller, inbound, call.id())) {
                    yield answer(revision, call, request);
                }
            }
        };
    }

    private Answer answer(Revision revision, Incoming.Call call, Request request) {
        return switch (outcome(request)) {
            case Outcome.Complete(var members) ->
                    reply(revision, call.id(), "complete", members, Meta.NONE);
            case Outcome.Told(var result, var logged, var notes) ->
                    told(revision, request, result, logged, notes);
            case Outcome.Initialized(var members) -> {
                Answer.Reply told = reply(revision, call.id(), "complete", members, Meta.NONE);
                yield new Answer.Reply(
                        told.httpStatus(),
                        told.body(),
                        Map.of(Underway.SESSION, UUID.randomUUID().toString()));
            }
            case Outcome.Cacheable(var members, var timeToLive, var notes) ->
                    reply(
                            revision,
                            call.id(),
                            "complete",
                            revision.stateless()
                                    ? json -> {
                                        members.writeTo(json);
                                        // Every list depends on the caller: nobody else may be
                                        // served from it.
                                        json.raw(
                                                ",\"ttlMs\":"
                                                        + timeToLive.toMillis()
                                                        + ",\"cacheScope\":\"private\"");
                                    }
                                    : members,
                            new Meta(null, null, notes));
            case Outcome.InputRequired(var members) -> {
                if (!revision.stateless()) {
                    throw new IllegalStateException(
                            "input_required cannot be said in revision " + revision.wireName());
                }
                yield reply(revision, call.id(), "input_required", members, Meta.NONE);
            }
            case Outcome.Unheard() -> new Answer.Accepted();
            case Outcome.Refused(var refusal, var logged) ->
                    switch (refusal.form()) {
                        case Refusal.Form.RpcError(var status, _) ->
                                Messages.error(
                                        call.id(), refusal, status(revision, refusal, status));
                        case Refusal.Form.Result(var status) -> {
                            Answer.Reply told =
                                    told(
                                            revision,
                                            request,
                                            new ToolResult.Refused(
                                                    refusal.code(), refusal.message()),
                                            logged,
                                            List.of());
                            yield new Answer.Reply(status, told.body(), refusal.headers());
                        }
                    };
        };
    }

    /**
     * To an initialize-based client 404 means that its session is gone; an unknown method is an
     * ordinary answer there.
     */
    private static int status(Revision revision, Refusal refusal, int status) {
        return !revision.stateless() && refusal.is(ErrorCode.METHOD_UNKNOWN) ? 200 : status;
    }

    private Answer.Reply told(
            Revision revision,
            Request request,
            ToolResult result,
            @Nullable CallId logged,
            List<String> notes) {
        boolean structured = ToolResult.isStructured(request.inbound().headers());
        return reply(
                new JsonBuffer(result.bytesExpected(structured)),
                revision,
                request.id(),
                "complete",
                json -> result.writeTo(json, structured),
                new Meta(logged, result.code(), notes));
    }

    private Outcome outcome(Request request) {
        boolean stateless = request.revision().stateless();
        String method = request.method();
        if (stateless && method.equals("server/discover")) {
            return new Outcome.Cacheable(json -> json.raw(discovery), Offer.TIME_TO_LIVE);
        }
        if (!stateless && method.equals("initialize")) {
            return initialize(request);
        }
        if (!stateless && method.equals("ping")) {
            return new Outcome.Complete(Outcome.Members.NONE);
        }
        Handler handler = handlers.get(method);
        if (handler == null || (stateless && REMOVED.contains(method))) {
            return Outcome.refused(
                    ErrorCode.METHOD_UNKNOWN,
                    "No such method; in revision %s this server has %s"
                            .formatted(request.revision().wireName(), known(stateless)));
        }
        try {
            return handler.answer(request);
        } catch (RuntimeException defect) {
            LOG.atError()
                    .addKeyValue("requestId", request.inbound().requestId())
                    .addKeyValue("method", method)
                    .setCause(defect)
                    .log("a handler failed");
            return Outcome.refused(
                    ErrorCode.INTERNAL,
                    "The gateway failed on this request; its log has the details under request id "
                            + request.inbound().requestId());
        }
    }

    private String known(boolean stateless) {
        var names = new TreeSet<>(handlers.keySet());
        if (stateless) {
            names.removeAll(REMOVED);
            names.add("server/discover");
        } else {
            names.add("initialize");
            names.add("ping");
        }
        return String.join(", ", names);
    }

    private Outcome initialize(Request request) {
        Revision revision =
                Optional.ofNullable(Messages.text(request.params().get("protocolVersion")))
                        .flatMap(Revision::of)
                        .filter(r -> !r.stateless())
                        .orElse(Revision.newestWithInitialize());
        return new Outcome.Initialized(json ->
                json.raw("\"protocolVersion\":")
                        .string(revision.wireName())
                        .raw(",\"capabilities\":")
                        .raw(Messages.bytes(offer.capabilities()))
                        .raw(",\"serverInfo\":")
                        .raw(serverInfo(offer))
                        .raw(",\"instructions\":")
                        .string(offer.instructions()));
    }

    private Answer.Reply reply(
            Revision revision, JsonNode id, String resultType, Outcome.Members members, Meta meta) {
        return reply(new JsonBuffer(), revision, id, resultType, members, meta);
    }

    private Answer.Reply reply(
            JsonBuffer json,
            Revision revision,
            JsonNode id,
            String resultType,
            Outcome.Members members,
            Meta meta) {
        json.raw("{\"jsonrpc\":\"2.0\",\"id\":");
        Messages.id(json, id);
        json.raw(",\"result\":{");
        if (revision.stateless()) {
            json.raw("\"resultType\":\"" + resultType + "\",");
        }
        int before = json.length();
        members.writeTo(json);
        if (revision.stateless() || meta.saysSomething()) {
            json.raw(json.length() > before ? "," : "");
            meta(json, revision.stateless(), meta);
        }
        return new Answer.Reply(200, json.raw("}}").toByteArray(), Map.of());
    }

    /**
     * What stands beside a result.
     *
     * @param call the call's id in the audit log
     * @param code the stable code of what went wrong
     */
    private record Meta(@Nullable CallId call, @Nullable String code, List<String> notes) {
        static final Meta NONE = new Meta(null, null, List.of());

        boolean saysSomething() {
            return call != null || code != null || !notes.isEmpty();
        }
    }

    private void meta(JsonBuffer json, boolean identified, Meta meta) {
        json.raw("\"_meta\":{");
        String separator = "";
        if (identified) {
            json.raw(identification);
            separator = ",";
        }
        if (meta.call() != null) {
            json.raw(separator + "\"" + META_CALL + "\":\"").raw(meta.call().toString()).raw("\"");
            separator = ",";
        }
        if (meta.code() != null) {
            json.raw(separator + "\"" + ToolResult.META_CODE + "\":").string(meta.code());
            separator = ",";
        }
        if (!meta.notes().isEmpty()) {
            json.raw(separator + "\"" + META_NOTES + "\":")
                    .raw(Json.mapper().writeValueAsBytes(meta.notes()));
        }
        json.raw("}");
    }

    private static byte[] discovery(Offer offer) {
        var versions = JsonNodeFactory.instance.arrayNode();
        Revision.wireNames().forEach(versions::add);
        return new JsonBuffer()
                .raw("\"supportedVersions\":")
                .raw(Messages.bytes(versions))
                .raw(",\"capabilities\":")
                .raw(Messages.bytes(offer.capabilities()))
                .raw(",\"instructions\":")
                .string(offer.instructions())
                .toByteArray();
    }

    private static byte[] serverInfo(Offer offer) {
        ObjectNode info = JsonNodeFactory.instance.objectNode();
        return Messages.bytes(info.put("name", offer.name()).put("version", offer.version()));
    }
}
