package dev.sallyport.gateway.tool;

import dev.sallyport.gateway.dispatch.Command;
import dev.sallyport.gateway.dispatch.Dispatched.Answered;
import dev.sallyport.gateway.dispatch.Dispatched.DeadlineExceeded;
import dev.sallyport.gateway.dispatch.Dispatched.LogUnavailable;
import dev.sallyport.gateway.dispatch.Dispatched.Overloaded;
import dev.sallyport.gateway.dispatch.Dispatched.TooLarge;
import dev.sallyport.gateway.dispatch.Dispatcher;
import dev.sallyport.gateway.gate.Call;
import dev.sallyport.gateway.gate.Decision.Allowed;
import dev.sallyport.gateway.gate.Decision.AllowedHere;
import dev.sallyport.gateway.gate.Decision.Code;
import dev.sallyport.gateway.gate.Decision.Refused;
import dev.sallyport.gateway.gate.Decision.ScopesMissing;
import dev.sallyport.gateway.gate.Gate;
import dev.sallyport.gateway.protocol.ErrorCode;
import dev.sallyport.gateway.protocol.Fault;
import dev.sallyport.gateway.protocol.Outcome;
import dev.sallyport.gateway.protocol.Request;
import dev.sallyport.gateway.protocol.ToolResult;
import dev.sallyport.gateway.statement.Classifier;
import dev.sallyport.gateway.statement.Statement;
import dev.sallyport.schema.SchemaException;
import dev.sallyport.schema.event.Ended;
import dev.sallyport.schema.id.DatabaseName;
import dev.sallyport.schema.registry.Registry;
import dev.sallyport.schema.registry.Tenant;
import dev.sallyport.schema.reply.Reply;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/**
 * The built-in tools from call to answer: check the arguments, ask the gate, and either answer with
 * a refusal that the log has taken, or send the command and pass on its result.
 */
final class ToolCalls {

    private static final Logger LOG = LoggerFactory.getLogger(ToolCalls.class);
    private static final byte[] NO_RESULT = "{}".getBytes(StandardCharsets.US_ASCII);
    private static final String ARGUMENTS_INVALID = "arguments_invalid";
    private static final String CALL_TOO_LARGE = "call_too_large";
    private static final String LOG_UNAVAILABLE =
            "The audit log did not acknowledge the call, and nothing runs unlogged. Look the call up under this id before"
                    + " you repeat a write: where only the acknowledgement was lost, it may run";
    private static final String DEADLINE_EXCEEDED =
            "There was no answer by the deadline; how the call ends stands in the audit log under this id";
    private static final String OVERLOADED = "Too many calls are under way: try again, nothing ran";
    private static final String TOO_LARGE =
            "The statement and its parameters are too large for one event of the log: split the work";

    private final Gate gate;
    private final Classifier classifier;
    private final Supplier<Registry> registry;
    private final Dispatcher dispatcher;
    private final DatabaseList databases;
    private final Refusing refusing;
    private final ArgumentCheck check = new ArgumentCheck();

    ToolCalls(
            Gate gate,
            Classifier classifier,
            Supplier<Registry> registry,
            Dispatcher dispatcher,
            DatabaseList databases,
            Refusing refusing) {
        this.gate = gate;
        this.classifier = classifier;
        this.registry = registry;
        this.dispatcher = dispatcher;
        this.databases = databases;
        this.refusing = refusing;
    }

    Outcome call(Request request) {
        JsonNode name = request.params().get("name");
        if (name == null || !name.isString()) {
            return Outcome.failed(
                    ErrorCode.PARAMS_INVALID, "Method tools/call needs params.name, a string");
        }
        Optional<BuiltInTool> tool = BuiltInTool.of(name.stringValue());
        if (tool.isEmpty() || !gate.knows(tool.get().action(), request.caller(), registry.get())) {
            return refusing.refused(
                    Attempt.of(
                            request, tool.map(BuiltInTool::wireName).orElse(Attempt.UNKNOWN_TOOL)),
                    Refused.of(Code.TOOL_UNKNOWN, Gate.NO_SUCH_TOOL));
        }
        return withArguments(request, tool.get());
    }

    private Outcome withArguments(Request request, BuiltInTool tool) {
        JsonNode given = request.params().get("arguments");
        if (given != null && !given.isObject()) {
            return Outcome.failed(ErrorCode.PARAMS_INVALID, "params.arguments must be an object");
        }
        ObjectNode arguments =
                given instanceof ObjectNode object ? object : JsonNodeFactory.instance.objectNode();
        Optional<String> problem = check.problem(tool, arguments);
        if (problem.isPresent()) {
            Attempt attempt = Attempt.of(request, tool.wireName());
            return refused(attempt, ARGUMENTS_INVALID, tool.wireName() + ": " + problem.get());
        }
        return decided(request, tool, arguments);
    }

    private Outcome decided(Request request, BuiltInTool tool, ObjectNode arguments) {
        Registry now = registry.get();
        String sql = arguments.path("sql").asString(null);
        var call =
                new Call(
                        tool.action(),
                        database(arguments),
                        sql == null ? null : classifier.classify(sql),
                        arguments.path("params").size(),
                        arguments.path("limit").asInt(0),
                        ReadOnlyHeader.asks(request.inbound().headers()));
        Attempt attempt = Attempt.of(request, tool.wireName()).understood(call);
        try {
            return switch (gate.decide(call, request.caller(), now)) {
                case AllowedHere(var reachable) -> databases.answer(attempt, reachable, now);
                case Allowed allowed -> run(attempt, allowed, call.statement(), arguments, now);
                case Refused refused -> refusing.refused(attempt, refused);
                case ScopesMissing(var needed) -> refusing.scopesMissing(attempt, needed);
            };
        } catch (SchemaException e) {
            // The tenant's keys are not in order: nothing was published.
            LOG.atError()
                    .addKeyValue("callId", attempt.id())
                    .addKeyValue("tenant", attempt.tenant())
                    .setCause(e)
                    .log("a call could not be written down");
            return refused(
                    attempt,
                    e.code(),
                    "The tenant's keys are not in order: its administrator can mend it");
        }
    }

    private Outcome run(
            Attempt attempt,
            Allowed allowed,
            @Nullable Statement statement,
            ObjectNode arguments,
            Registry registryThen) {
        Optional<Tenant> tenant = registryThen.tenant(attempt.tenant());
        if (tenant.isEmpty()) {
            return refused(attempt, "tenant_unknown", "The tenant is gone from the registry");
        }
        var command =
                new Command(
                        attempt.id(),
                        attempt.tenant(),
                        attempt.principal(),
                        attempt.tool(),
                        allowed,
                        statement,
                        arguments,
                        registryThen.version(),
                        attempt.trace());
        return switch (dispatcher.dispatch(command, tenant.get().cell(), registryThen)) {
            case Answered(var reply) -> answered(attempt, reply);
            case LogUnavailable() -> failed(attempt, ErrorCode.LOG_UNAVAILABLE, LOG_UNAVAILABLE);
            case DeadlineExceeded() ->
                    failed(attempt, ErrorCode.DEADLINE_EXCEEDED, DEADLINE_EXCEEDED);
            case Overloaded() ->
                    refusing.told(
                            attempt,
                            ErrorCode.OVERLOADED.code(),
                            failed(attempt, ErrorCode.OVERLOADED, OVERLOADED));
            case TooLarge() -> refused(attempt, CALL_TOO_LARGE, TOO_LARGE);
        };
    }

    private Outcome refused(Attempt attempt, String code, String message) {
        return refusing.told(attempt, code, ToolResult.error(code, message, attempt.id()));
    }

    private static Outcome answered(Attempt attempt, Reply reply) {
        if (reply.ended() == Ended.SUCCEEDED) {
            byte[] result = reply.result();
            return ToolResult.data(result.length == 0 ? NO_RESULT : result, attempt.id());
        }
        String code = reply.code();
        String message = reply.message();
        return ToolResult.error(
                code == null ? "call_" + reply.ended().wire() : code,
                message == null ? "The call ended as " + reply.ended().wire() : message,
                attempt.id());
    }

    private static Outcome failed(Attempt attempt, ErrorCode code, String message) {
        return new Outcome.Failed(Fault.of(code, message).with("call", attempt.id().toString()));
    }

    private static @Nullable DatabaseName database(ObjectNode arguments) {
        String name = arguments.path("database").asString(null);
        return name == null ? null : new DatabaseName(name);
    }
}
