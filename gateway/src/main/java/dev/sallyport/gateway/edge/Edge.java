package dev.sallyport.gateway.edge;

import dev.sallyport.gateway.admission.Admission;
import dev.sallyport.gateway.admission.Hearing;
import dev.sallyport.gateway.admission.Place;
import dev.sallyport.gateway.identity.Authentication;
import dev.sallyport.gateway.identity.Authenticator;
import dev.sallyport.gateway.identity.ProtectedResource;
import dev.sallyport.gateway.limit.Standing;
import dev.sallyport.gateway.protocol.Answer;
import dev.sallyport.gateway.protocol.Busy;
import dev.sallyport.gateway.protocol.ErrorCode;
import dev.sallyport.gateway.protocol.Inbound;
import dev.sallyport.gateway.protocol.Mcp;
import dev.sallyport.gateway.protocol.Messages;
import dev.sallyport.gateway.protocol.Presence;
import dev.sallyport.gateway.protocol.Refusal;
import dev.sallyport.gateway.protocol.ToolResult;
import dev.sallyport.schema.health.Health;
import dev.sallyport.schema.http.Body;
import dev.sallyport.schema.http.CallerConnection;
import dev.sallyport.schema.http.CallerConnector;
import dev.sallyport.schema.http.Connections;
import dev.sallyport.schema.http.PlainErrors;
import dev.sallyport.schema.json.Json;
import dev.sallyport.schema.json.JsonBuffer;
import dev.sallyport.schema.token.Caller;
import io.javalin.Javalin;
import io.javalin.compression.CompressionStrategy;
import io.javalin.config.JavalinConfig;
import io.javalin.http.Context;
import io.javalin.http.HandlerType;
import io.javalin.http.HttpResponseException;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.time.Duration;
import java.util.Enumeration;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Supplier;
import org.eclipse.jetty.util.thread.QueuedThreadPool;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The HTTP server. Whatever a caller sends is answered with a status, a stable code and a sentence;
 * defects are logged under the request's id and answered without their details.
 */
public final class Edge implements AutoCloseable {

    static final String ENDPOINT = "/mcp";
    static final String HEALTH = "/healthz";

    /** Javalin goes by it, and a proxy that lets only some methods pass does not. */
    private static final String METHOD_OVERRIDE = "X-HTTP-Method-Override";

    private static final String REQUEST_ID = "requestId";

    /**
     * Header fields of a connection that are known again without being parsed. Looking one up costs
     * a step for each character, so an access token must not fit.
     */
    private static final int HEADER_CACHE_CHARS = 256;

    /** How long a message may take to arrive whose caller has no place. */
    private static final Duration HEARD_WITHIN = Duration.ofSeconds(1);

    private static final int CONNECTION_THREADS_MIN = 4;
    private static final int CONNECTION_THREADS_MAX = 16;

    private static final Logger LOG = LoggerFactory.getLogger(Edge.class);
    private static final Set<HandlerType> OTHER_METHODS =
            Set.of(
                    HandlerType.GET,
                    HandlerType.DELETE,
                    HandlerType.PUT,
                    HandlerType.PATCH,
                    HandlerType.HEAD);

    private final EdgeConfig config;
    private final Authenticator authenticator;
    private final Admission admission;
    private final TurnedAway turnedAway;
    private final Mcp mcp;
    private final Supplier<Health> health;
    private final ProtectedResource resource;
    private final Origins origins;
    private final Connections connections;
    private final Addresses addresses;
    private final Javalin server;

    private volatile boolean stopping;

    private Edge(
            EdgeConfig config,
            ProtectedResource resource,
            Authenticator authenticator,
            Admission admission,
            TurnedAway turnedAway,
            Mcp mcp,
            Supplier<Health> health) {
        this.config = config;
        this.resource = resource;
        this.authenticator = authenticator;
        this.admission = admission;
        this.turnedAway = turnedAway;
        this.mcp = mcp;
        this.health = health;
        this.origins = new Origins(config.allowedOrigins());
        this.connections = new Connections(config.limits().connectionsMax());
        this.addresses = new Addresses(config.trustedProxies());
        this.server = Javalin.create(this::configure);
    }

    /**
     * Starts to listen.
     *
     * @param turnedAway tells the log of callers for whose request there is no place
     * @param health what {@code /healthz} tells; it answers 503 where the gateway is not alive
     */
    public static Edge start(
            EdgeConfig config,
            ProtectedResource resource,
            Authenticator authenticator,
            Admission admission,
            TurnedAway turnedAway,
            Mcp mcp,
            Supplier<Health> health) {
        var edge = new Edge(config, resource, authenticator, admission, turnedAway, mcp, health);
        edge.server.start(config.host(), config.port());
        LOG.atInfo()
                .addKeyValue("host", config.host())
                .addKeyValue("port", edge.port())
                .log("gateway listens");
        return edge;
    }

    /** The port in use, also where the configuration left the choice to the system. */
    public int port() {
        return server.port();
    }

    /**
     * Refuses new requests, waits for those under way as long as the configuration allows, and
     * stops.
     */
    @Override
    public void close() {
        stopping = true;
        server.stop();
    }

    private void configure(JavalinConfig javalin) {
        javalin.startup.showJavalinBanner = false;
        javalin.startup.startupWatcherEnabled = false;
        javalin.jetty.threadPool = threads();
        javalin.http.compressionStrategy = CompressionStrategy.NONE;
        javalin.http.maxRequestSize = config.limits().bodyBytesMax();
        javalin.jetty.modifyHttpConfiguration(http -> {
            http.setSendServerVersion(false);
            http.setSendDateHeader(false);
            http.setRequestHeaderSize(config.limits().headerBytesMax());
            http.setHeaderCacheSize(HEADER_CACHE_CHARS);
        });
        javalin.jetty.modifyServer(jetty -> {
            jetty.setStopTimeout(config.timeouts().drain().toMillis());
            jetty.setErrorHandler(new PlainErrors(Edge::notHttp));
        });
        EdgeConfig.Timeouts timeouts = config.timeouts();
        var times = new CallerConnection.Times(timeouts.idle(), timeouts.head(), timeouts.answer());
        javalin.jetty.addConnector((jetty, http) -> {
            var connector = new CallerConnector(jetty, http, times, connections);
            connector.setHost(config.host());
            connector.setPort(config.port());
            connector.setAcceptQueueSize(config.limits().acceptQueueMax());
            return connector;
        });
        javalin.routes.before(this::before);
        // where a proxy in front passes the path of the public URL on as it is, that one is ours
        // too
        for (String path : new TreeSet<>(List.of(ENDPOINT, resource.path()))) {
            javalin.routes.post(path, this::message);
            javalin.routes.options(path, this::options);
            for (HandlerType method : OTHER_METHODS) {
                javalin.routes.addHttpHandler(method, path, Edge::methodNotAllowed);
            }
        }
        javalin.routes.get(HEALTH, this::health);
        for (String path :
                new TreeSet<>(
                        List.of(
                                ProtectedResource.METADATA_PATH,
                                ProtectedResource.METADATA_PATH + ENDPOINT,
                                resource.metadataPath()))) {
            javalin.routes.get(path, this::resourceMetadata);
            javalin.routes.options(path, this::options);
        }
        javalin.routes.exception(HttpResponseException.class, this::unrouted);
        javalin.routes.exception(Exception.class, Edge::defect);
    }

    /** What is answered to bytes that are not HTTP. */
    private static byte[] notHttp(int status) {
        return new JsonBuffer()
                .raw("{\"jsonrpc\":\"2.0\",\"error\":{\"code\":" + status + ",\"message\":")
                .string("The server could not read this as an HTTP request")
                .raw(",\"data\":{\"code\":\"http_invalid\"}}}")
                .toByteArray();
    }

    /**
     * Connections are accepted and read by a few platform threads, for whom waiting in the kernel
     * is cheap; each request runs on a virtual thread of its own, which may wait for its call.
     */
    private static QueuedThreadPool threads() {
        var pool = new QueuedThreadPool(CONNECTION_THREADS_MAX, CONNECTION_THREADS_MIN);
        pool.setName("edge");
        pool.setReservedThreads(0);
        pool.setVirtualThreadsExecutor(Thread::startVirtualThread);
        return pool;
    }

    /**
     * One MCP message: everything that can be told from the outside first, then who sends it, then
     * whether there is a place for it, then the body.
     */
    private void message(Context context) {
        var fields = new RequestFields(context.req());
        Refusal outside = outside(fields, context.req().getContentLengthLong());
        if (outside != null) {
            sendUnread(context, outside);
            return;
        }
        String remoteAddress = addresses.of(context.req());
        switch (authenticator.authenticate(fields.get("Authorization"), remoteAddress)) {
            case Authentication.Authenticated(var caller) ->
                    admitted(context, fields, caller, remoteAddress);
            case Authentication.Refused(var refusal) ->
                    sendUnread(context, challenged(refusal, addressed(fields)));
        }
    }

    private void admitted(
            Context context, RequestFields fields, Caller caller, String remoteAddress) {
        tell(context, admission.standing(caller, remoteAddress));
        long told = context.req().getContentLengthLong();
        switch (admission.enter(caller, told < 0 ? config.limits().bodyBytesMax() : (int) told)) {
            case Place place -> {
                try (place) {
                    message(context, fields, caller, remoteAddress, place);
                }
            }
            case Admission.Entry.Full _ ->
                    withoutPlace(context, fields, caller, remoteAddress, Busy.gateway());
            case Admission.Entry.ShareTaken _ ->
                    withoutPlace(context, fields, caller, remoteAddress, Busy.tenant());
        }
    }

    /**
     * Whoever has its whole share under way must still be able to call some of it off. Anything
     * else is turned away.
     */
    private void withoutPlace(
            Context context,
            RequestFields fields,
            Caller caller,
            String remoteAddress,
            Refusal refusal) {
        Body body = new Body.TooLarge();
        Optional<Answer> heard = Optional.empty();
        Optional<Hearing> hearing = mayBeHeard(context) ? admission.hear(caller) : Optional.empty();
        if (hearing.isPresent()) {
            try (Hearing _ = hearing.get()) {
                body =
                        Body.read(
                                context.req(),
                                Admission.HEARD_BYTES_MAX,
                                HEARD_WITHIN,
                                connection(context));
                if (body instanceof Body.Whole whole) {
                    heard = mcp.cancellation(caller, fields, whole.bytes());
                }
            }
        }
        switch (heard.orElse(null)) {
            case Answer.Accepted _ -> context.status(202);
            case Answer.Reply reply -> send(context, reply);
            case null ->
                    turnAway(
                            context,
                            fields,
                            caller,
                            remoteAddress,
                            refusal,
                            body instanceof Body.Whole);
        }
    }

    private static boolean mayBeHeard(Context context) {
        return context.req().getContentLengthLong() <= Admission.HEARD_BYTES_MAX;
    }

    private static CallerConnection connection(Context context) {
        return CallerConnection.of(context.req());
    }

    private void turnAway(
            Context context,
            RequestFields fields,
            Caller caller,
            String remoteAddress,
            Refusal refusal,
            boolean bodyRead) {
        boolean told =
                turnedAway.tell(caller, remoteAddress, fields.get("User-Agent"), refusal.code());
        Refusal answer = told ? refusal : Busy.unlogged();
        if (bodyRead) {
            send(context, answer);
        } else {
            sendUnread(context, answer);
        }
    }

    private void message(
            Context context,
            RequestFields fields,
            Caller caller,
            String remoteAddress,
            Place place) {
        CallerConnection connection = connection(context);
        switch (Body.read(
                context.req(),
                config.limits().bodyBytesMax(),
                config.timeouts().body(),
                connection)) {
            case Body.TooLarge _ -> sendUnread(context, bodyTooLarge());
            case Body.Broken _ ->
                    sendUnread(
                            context,
                            Refusal.of(
                                    ErrorCode.BODY_INCOMPLETE,
                                    "The body did not arrive whole; send all of it within %d s"
                                            .formatted(config.timeouts().body().toSeconds())));
            case Body.Whole whole -> {
                place.bodyCame(whole.bytes().length);
                String accept = fields.get("Accept");
                var stream = new EventStream(context.res(), Accepts.eventStream(accept));
                var inbound =
                        new Inbound(
                                requestId(context),
                                fields,
                                ReadOnlyRequest.asks(context.req()),
                                remoteAddress,
                                stream,
                                place,
                                new Presence(connection::isClosedByCaller));
                Answer answer = mcp.answer(caller, inbound, whole.bytes());
                tell(context, place.standing());
                send(context, stream, Accepts.jsonAnswer(accept), answer);
            }
        }
    }

    /** Without effect where notices have begun a stream. */
    private static void tell(Context context, @Nullable Standing standing) {
        if (standing == null) {
            return;
        }
        HttpServletResponse response = context.res();
        response.setHeader("X-RateLimit-Limit", Long.toString(standing.limit()));
        response.setHeader("X-RateLimit-Remaining", Long.toString(standing.remaining()));
        response.setHeader("X-RateLimit-Reset", Long.toString(standing.resetSeconds()));
    }

    private Refusal bodyTooLarge() {
        return Refusal.of(
                ErrorCode.BODY_TOO_LARGE,
                "The body may have at most " + config.limits().bodyBytesMax() + " bytes");
    }

    private @Nullable Refusal outside(RequestFields fields, long bodyBytes) {
        if (stopping) {
            return Refusal.of(
                    ErrorCode.STOPPING,
                    "The gateway is stopping; repeat the request, it was not looked at");
        }
        Optional<String> contradictory = fields.contradictory();
        if (contradictory.isPresent()) {
            return Refusal.of(
                    ErrorCode.HEADER_REPEATED,
                    "Header %s stands there several times with several values: send one"
                            .formatted(contradictory.get()));
        }
        String origin = fields.get("Origin");
        if (origin != null && !origins.allow(origin)) {
            return originNotAllowed();
        }
        String contentType = fields.get("Content-Type");
        if (!Accepts.json(contentType)) {
            return Refusal.of(
                    ErrorCode.UNSUPPORTED_MEDIA_TYPE,
                    "Header Content-Type must be application/json, in UTF-8");
        }
        String coding = fields.get("Content-Encoding");
        if (coding != null && !coding.equalsIgnoreCase("identity")) {
            return Refusal.of(
                    ErrorCode.UNSUPPORTED_MEDIA_TYPE,
                    "The body must come as it is, without Content-Encoding");
        }
        String structured = fields.get(ToolResult.STRUCTURED);
        if (structured != null && !structured.equals("true") && !structured.equals("false")) {
            return Refusal.of(
                    ErrorCode.HEADER_INVALID,
                    "Header %s must be true or false".formatted(ToolResult.STRUCTURED));
        }
        String accept = fields.get("Accept");
        if (!Accepts.jsonAnswer(accept) && !Accepts.eventStream(accept)) {
            return Refusal.of(
                    ErrorCode.NOT_ACCEPTABLE,
                    "Header Accept must list application/json or text/event-stream");
        }
        return bodyBytes > config.limits().bodyBytesMax() ? bodyTooLarge() : null;
    }

    private void before(Context context) {
        String requestId = RequestIds.next();
        context.attribute(REQUEST_ID, requestId);
        context.header("X-Request-Id", requestId);
        context.header("X-Content-Type-Options", "nosniff");
        context.header("X-Frame-Options", "DENY");
        context.header("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'");
        context.header("Referrer-Policy", "no-referrer");
        context.header("Cache-Control", "no-store");
        if (config.https()) {
            context.header("Strict-Transport-Security", "max-age=31536000; includeSubDomains");
        }
        String origin = allowedOrigin(context);
        if (origin != null) {
            Cors.readable(context, origin);
        }
        if (context.header(METHOD_OVERRIDE) != null) {
            sendUnread(
                    context,
                    Refusal.of(
                            ErrorCode.HEADER_INVALID,
                            "Header %s is not taken: the method is the request's own"
                                    .formatted(METHOD_OVERRIDE)));
            context.skipRemainingHandlers();
        }
    }

    private @Nullable String allowedOrigin(Context context) {
        Enumeration<String> named = context.req().getHeaders("Origin");
        String origin = named.hasMoreElements() ? named.nextElement() : null;
        return origin != null && !named.hasMoreElements() && origins.allow(origin) ? origin : null;
    }

    /** Only a browser asks, before it lets a page of another origin send. */
    private void options(Context context) {
        String fields = context.header("Access-Control-Request-Headers");
        if (context.header("Origin") == null) {
            methodNotAllowed(context);
        } else if (allowedOrigin(context) == null) {
            send(context, originNotAllowed());
        } else {
            Cors.preflight(context, fields == null ? "" : fields);
        }
    }

    private static Refusal originNotAllowed() {
        return Refusal.of(
                ErrorCode.ORIGIN_NOT_ALLOWED,
                "Pages of this origin may not call the gateway; its operator can allow it in allowedOrigins");
    }

    private static String requestId(Context context) {
        String id = context.attribute(REQUEST_ID);
        return id == null ? "none" : id;
    }

    /**
     * @param jsonTaken whether the caller takes JSON; one that takes nothing but a stream gets a
     *     stream of this one message, but for an error, which HTTP tells by its status
     */
    private static void send(
            Context context, EventStream stream, boolean jsonTaken, Answer answer) {
        switch (answer) {
            case Answer.Accepted _ -> context.status(202);
            case Answer.Reply reply
                    when stream.open() || (!jsonTaken && reply.httpStatus() == 200) -> {
                // without effect where notices have begun the stream
                reply.headers().forEach(context.res()::setHeader);
                stream.finish(reply.body());
            }
            case Answer.Reply reply -> send(context, reply);
        }
    }

    /** Answers a request whose body was not read, or not whole. */
    private void sendUnread(Context context, Refusal refusal) {
        if (!Body.passOver(context.req(), config.limits().bodyBytesMax())) {
            context.res().setHeader("Connection", "close");
        }
        send(context, refusal);
    }

    private static void send(Context context, Refusal refusal) {
        send(context, Messages.error(null, refusal));
    }

    /** Javalin would copy the body through a buffer of its own. */
    private static void send(Context context, Answer.Reply reply) {
        HttpServletResponse response = context.res();
        response.setStatus(reply.httpStatus());
        response.setContentType("application/json");
        reply.headers().forEach(response::setHeader);
        response.setContentLength(reply.body().length);
        try {
            response.getOutputStream().write(reply.body());
        } catch (IOException e) {
            LOG.atDebug().setCause(e).log("the client went before it was answered");
        }
    }

    private static void methodNotAllowed(Context context) {
        context.header("Allow", "POST");
        send(
                context,
                Refusal.of(
                        ErrorCode.METHOD_NOT_ALLOWED,
                        "The MCP endpoint takes POST only: it keeps no sessions and opens no streams by GET"));
    }

    /** The router found no endpoint; nothing here answers with these exceptions itself. */
    private void unrouted(HttpResponseException e, Context context) {
        String path = context.path();
        String plain = path.endsWith("/") ? path.substring(0, path.length() - 1) : path;
        if (plain.equals(ENDPOINT) || path.equals(resource.path())) {
            // a method that nobody has a name for
            methodNotAllowed(context);
            return;
        }
        send(
                context,
                Refusal.of(
                        ErrorCode.NOT_FOUND,
                        "There is nothing here; the MCP endpoint is POST " + ENDPOINT));
    }

    private void health(Context context) {
        Health now = health.get();
        var figures = new TreeMap<>(now.figures());
        figures.put("connections", connections.open());
        figures.put("connectionsRefused", connections.refused());
        if (stopping) {
            figures.put("status", "stopping");
        }
        context.status(now.alive() && !stopping ? 200 : 503)
                .contentType("application/json")
                .result(Json.mapper().writeValueAsBytes(figures));
    }

    private void resourceMetadata(Context context) {
        ProtectedResource addressed = addressed(new RequestFields(context.req()));
        context.contentType("application/json")
                .header("Cache-Control", "public, max-age=300")
                .header("Vary", "Origin, Host");
        var json = new JsonBuffer().raw("{\"resource\":").string(addressed.identifier().toString());
        array(json.raw(",\"authorization_servers\":"), resource.authorizationServers());
        array(json.raw(",\"scopes_supported\":"), resource.scopes());
        json.raw(",\"bearer_methods_supported\":[\"header\"],\"resource_name\":\"Sallyport\"}");
        context.result(json.toByteArray());
    }

    private ProtectedResource addressed(RequestFields fields) {
        return resource.addressedAs(fields.get("Host"));
    }

    private static void array(JsonBuffer json, List<String> values) {
        json.raw("[");
        for (Iterator<String> i = values.iterator(); i.hasNext(); ) {
            json.string(i.next()).raw(i.hasNext() ? "," : "");
        }
        json.raw("]");
    }

    /** A refusal that another token would mend tells how to get one (RFC 9728, RFC 6750). */
    private static Refusal challenged(Refusal refusal, ProtectedResource resource) {
        if (refusal.is(ErrorCode.TOKEN_MISSING)) {
            return refusal.withHeader(
                    ProtectedResource.CHALLENGE_HEADER, resource.tokenChallenge());
        }
        return refusal.is(ErrorCode.TOKEN_REJECTED)
                ? refusal.withHeader(
                        ProtectedResource.CHALLENGE_HEADER, resource.invalidTokenChallenge())
                : refusal;
    }

    private static void defect(Exception defect, Context context) {
        LOG.atError()
                .addKeyValue("requestId", requestId(context))
                .setCause(defect)
                .log("the edge failed on a request");
        if (!context.res().isCommitted()) {
            send(
                    context,
                    Refusal.of(
                            ErrorCode.INTERNAL,
                            "The gateway failed on this request; its log has the details under request id "
                                    + requestId(context)));
        }
    }
}
