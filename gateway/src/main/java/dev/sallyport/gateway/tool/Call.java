package dev.sallyport.gateway.tool;

import dev.sallyport.gateway.protocol.Inbound;
import dev.sallyport.gateway.protocol.Request;
import dev.sallyport.gateway.statement.Statement;
import dev.sallyport.schema.event.Principal;
import dev.sallyport.schema.event.StatementClass;
import dev.sallyport.schema.event.TraceContext;
import dev.sallyport.schema.id.CallId;
import dev.sallyport.schema.id.DatabaseName;
import dev.sallyport.schema.id.TenantId;
import dev.sallyport.schema.registry.Database;
import dev.sallyport.schema.registry.Rights.Opened;
import dev.sallyport.schema.registry.RuledCall;
import dev.sallyport.schema.token.Caller;
import java.net.InetAddress;
import java.util.Collection;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * One call of a tool, from the request to the log.
 *
 * @param principal the caller as events tell it
 * @param readOnly whether the request itself asks that nothing be changed
 * @param arguments as the caller sent them, where they are what the tool takes; empty otherwise
 * @param inbound its request: the place that it has, and whether its caller still waits
 * @param opened the database and what is granted there; null while it was not looked up, where the
 *     caller has no such database, and where the tool concerns none
 * @param statement what the tool's statement is in the reading of that database; null where the
 *     tool runs none
 */
public record Call(
        CallId id,
        Caller caller,
        Principal principal,
        @Nullable TraceContext trace,
        boolean readOnly,
        Tool tool,
        ObjectNode arguments,
        Inbound inbound,
        @Nullable Opened opened,
        @Nullable Statement statement) {

    /** Characters of the agent's own name that are kept. */
    private static final int AGENT_CHARS_MAX = 100;

    public Call {
        if (opened != null && tool.runsStatement() != (statement != null)) {
            throw new IllegalArgumentException(
                    "a statement must be read just where the tool runs one: " + tool.name());
        }
    }

    /** The call that the request makes, before anything was looked up. */
    public static Call of(Request request, Tool tool, ObjectNode arguments) {
        var caller = request.caller();
        var headers = request.inbound().headers();
        JsonNode meta = request.params().path("_meta");
        String traceparent = meta.path("traceparent").asString(headers.get("traceparent"));
        String tracestate = meta.path("tracestate").asString(headers.get("tracestate"));
        return new Call(
                CallId.next(),
                caller,
                new Principal(
                        caller.subject(),
                        caller.client(),
                        agent(request, meta),
                        request.inbound().remoteAddress()),
                TraceContext.ofHeaders(traceparent, tracestate),
                request.inbound().readOnly(),
                tool,
                arguments,
                request.inbound(),
                null,
                null);
    }

    /** The call in this database. */
    public Call in(Opened database, @Nullable Statement read) {
        return new Call(
                id, caller, principal, trace, readOnly, tool, arguments, inbound, database, read);
    }

    /** The call as the rules of its tenant look at it. */
    public RuledCall ruled(
            DatabaseName database, Set<StatementClass> effects, Collection<String> tables) {
        return RuledCall.of(database, tool.name(), effects, tables)
                .by(caller.subject(), caller.client(), address(), id.at());
    }

    /** Where it comes from; null where that is no address. */
    private @Nullable InetAddress address() {
        try {
            return InetAddress.ofLiteral(inbound.remoteAddress());
        } catch (IllegalArgumentException e) {
            return null;
        }
    }

    public TenantId tenant() {
        return caller.tenant();
    }

    /** The database, once it was looked up and found. */
    public @Nullable Database database() {
        return opened == null ? null : opened.database();
    }

    /** The database that the arguments name, whether there is one or not. */
    public @Nullable DatabaseName named() {
        String name = arguments.path(Tool.DATABASE).asString(null);
        return name == null ? null : new DatabaseName(name);
    }

    /** The approval that the caller names; null where it names none. */
    public @Nullable String approval() {
        return arguments.path(Tool.APPROVAL).asString(null);
    }

    /** The same call as one of its own in the log. */
    public Call again() {
        return new Call(
                CallId.next(),
                caller,
                principal,
                trace,
                readOnly,
                tool,
                arguments,
                inbound,
                opened,
                statement);
    }

    /** How many rows the caller asks for; 0 where it does not say. */
    public int rowsWanted() {
        return arguments.path("limit").asInt(0);
    }

    private static @Nullable String agent(Request request, JsonNode meta) {
        String name =
                meta.path("io.modelcontextprotocol/clientInfo")
                        .path("name")
                        .asString(request.inbound().headers().get("User-Agent"));
        return shown(name);
    }

    /** A client's own name as events tell it; null where it has none. */
    public static @Nullable String shown(@Nullable String name) {
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
