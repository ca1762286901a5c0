package dev.sallyport.gateway;

import dev.sallyport.gateway.dispatch.Order;
import dev.sallyport.gateway.gate.Decision.Allowed;
import dev.sallyport.gateway.gate.Decision.AllowedHere;
import dev.sallyport.gateway.gate.Decision.Held;
import dev.sallyport.gateway.gate.Decision.Refused;
import dev.sallyport.gateway.gate.Gate;
import dev.sallyport.gateway.limit.Reserved;
import dev.sallyport.gateway.protocol.Confirmation;
import dev.sallyport.gateway.protocol.ErrorCode;
import dev.sallyport.gateway.protocol.Limited;
import dev.sallyport.gateway.protocol.Outcome;
import dev.sallyport.gateway.protocol.Refusal;
import dev.sallyport.gateway.protocol.Request;
import dev.sallyport.gateway.statement.Dialects;
import dev.sallyport.gateway.tool.Arguments;
import dev.sallyport.gateway.tool.Call;
import dev.sallyport.gateway.tool.Tool;
import dev.sallyport.gateway.tool.Tools;
import dev.sallyport.schema.SchemaException;
import dev.sallyport.schema.event.Limits;
import dev.sallyport.schema.id.DatabaseName;
import dev.sallyport.schema.registry.Database;
import dev.sallyport.schema.registry.Registry;
import dev.sallyport.schema.registry.Rights.Opened;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/**
 * Tools from call to answer: check the arguments, look the database up, read the statement as it
 * does, ask the gate, and either answer with a refusal that the log has taken, or send the command
 * and pass on its result, or ask for an approval first.
 */
final class ToolCalls {

    private static final Logger LOG = LoggerFactory.getLogger(ToolCalls.class);
    private static final ObjectNode NONE = JsonNodeFactory.instance.objectNode();
    private static final Limits NOTHING_OF_A_DATABASE = new Limits(1, 1, 1);
    static final String ARGUMENTS_INVALID = "arguments_invalid";

    private final Gate gate;
    private final Tools tools;
    private final Dialects dialects;
    private final Supplier<Registry> registry;
    private final CallRuns runs;
    private final HeldCalls held;
    private final DatabaseList databases;
    private final CallLimits limits;
    private final RefusedCalls refused;

    ToolCalls(
            Gate gate,
            Tools tools,
            Dialects dialects,
            Supplier<Registry> registry,
            CallRuns runs,
            HeldCalls held,
            DatabaseList databases,
            CallLimits limits,
            RefusedCalls refused) {
        this.gate = gate;
        this.tools = tools;
        this.dialects = dialects;
        this.registry = registry;
        this.runs = runs;
        this.held = held;
        this.databases = databases;
        this.limits = limits;
        this.refused = refused;
    }

    Outcome call(Request request) {
        JsonNode name = request.params().get("name");
        Optional<Tools.Ready> tool =
                name != null && name.isString() ? tools.find(name.stringValue()) : Optional.empty();
        Tool called = tool.map(Tools.Ready::tool).orElse(Tool.UNKNOWN);
        Optional<Refusal> tooFast = limits.pace(request, called);
        if (tooFast.isPresent()) {
            return refused.answer(Call.of(request, called, NONE), tooFast.get());
        }
        if (name == null || !name.isString()) {
            return Outcome.refused(
                    ErrorCode.PARAMS_INVALID, "Method tools/call needs params.name, a string");
        }
        JsonNode given = request.params().get("arguments");
        if (tool.isEmpty() || !gate.knows(called, request.caller(), registry.get())) {
            return refused.answer(Call.of(request, called, NONE), Gate.NO_SUCH_TOOL);
        }
        if (given != null && !given.isNull() && !given.isObject()) {
            return Outcome.refused(
                    ErrorCode.PARAMS_INVALID,
                    given.isString()
                            ? "params.arguments must be an object and came as text: send the object itself"
                            : "params.arguments must be an object");
        }
        Arguments arguments =
                tool.get()
                        .arguments(
                                given instanceof ObjectNode object ? object : NONE,
                                Confirmation.approval(request));
        Optional<String> problem = tool.get().problem(arguments);
        Outcome outcome =
                problem.isPresent()
                        ? refused(
                                Call.of(request, tool.get().tool(), NONE),
                                ARGUMENTS_INVALID,
                                tool.get().tool().name() + ": " + problem.get())
                        : decided(Call.of(request, tool.get().tool(), arguments.taken()), request);
        return arguments.ignored().isEmpty()
                ? outcome
                : outcome.noted(
                        "arguments without meaning here were ignored: "
                                + String.join(", ", arguments.ignored()));
    }

    private Outcome decided(Call asked, Request request) {
        Registry now = registry.get();
        Call call = lookedUp(asked, now, dialects);
        try {
            return switch (gate.decide(call, now)) {
                case AllowedHere(var reachable) -> listed(call, reachable, now);
                case Allowed allowed -> ran(call, allowed, now);
                case Held waiting -> held.answer(call, waiting, now, request);
                case Refused(var refusal) -> refused.answer(call, refusal);
            };
        } catch (SchemaException e) {
            // The tenant's keys are not in order: nothing was published.
            LOG.atError()
                    .addKeyValue("callId", call.id())
                    .addKeyValue("tenant", call.tenant())
                    .setCause(e)
                    .log("a call could not be written down");
            return refused(
                    call,
                    e.code(),
                    "The tenant's keys are not in order: its administrator can mend it");
        }
    }

    private Outcome ran(Call call, Allowed allowed, Registry now) {
        Order order = Order.plain(call.tool().access(allowed.statementClass(), call.arguments()));
        return CallRuns.outcome(call, runs.run(call, allowed, order, now));
    }

    /** The call in its database, whose dialect says what the statement is. */
    static Call lookedUp(Call call, Registry now, Dialects dialects) {
        DatabaseName name = call.named();
        Optional<Opened> opened =
                name == null
                        ? Optional.empty()
                        : now.rights(call.tenant(), call.caller().subject()).in(name);
        if (opened.isEmpty()) {
            return call;
        }
        String sql = call.tool().sql(call.arguments());
        return call.in(opened.get(), sql == null ? null : dialects.read(sql, opened.get()));
    }

    /** Listing databases takes a call of a budget, and nothing of a database. */
    private Outcome listed(Call call, List<Database> reachable, Registry registryThen) {
        Reserved reserved = limits.reserve(call, NOTHING_OF_A_DATABASE);
        Optional<Refusal> refusal = CallLimits.refusal(reserved);
        if (refusal.isPresent() || !(reserved instanceof Reserved.Held held)) {
            return refused.answer(call, refusal.orElseGet(Limited::unavailable));
        }
        held.reservation().settle(0, 0);
        return databases.answer(call, reachable, registryThen);
    }

    private Outcome refused(Call call, String code, String message) {
        return refused.answer(call, Refusal.toModel(code, message));
    }
}
