package dev.sallyport.gateway;

import dev.sallyport.gateway.admission.Admission;
import dev.sallyport.gateway.admission.Place;
import dev.sallyport.gateway.config.GatewayConfig;
import dev.sallyport.gateway.gate.Decision;
import dev.sallyport.gateway.gate.Gate;
import dev.sallyport.gateway.protocol.ErrorCode;
import dev.sallyport.gateway.protocol.Inbound;
import dev.sallyport.gateway.protocol.Presence;
import dev.sallyport.gateway.protocol.Refusal;
import dev.sallyport.gateway.statement.Dialects;
import dev.sallyport.gateway.statement.Statement;
import dev.sallyport.gateway.tool.Arguments;
import dev.sallyport.gateway.tool.Call;
import dev.sallyport.gateway.tool.Tool;
import dev.sallyport.gateway.tool.Tools;
import dev.sallyport.schema.config.Settings;
import dev.sallyport.schema.event.Limits;
import dev.sallyport.schema.event.LiteralFeatures;
import dev.sallyport.schema.event.Principal;
import dev.sallyport.schema.event.StatementClass;
import dev.sallyport.schema.id.CallId;
import dev.sallyport.schema.id.DatabaseName;
import dev.sallyport.schema.registry.Registry;
import dev.sallyport.schema.registry.Rights.Opened;
import dev.sallyport.schema.registry.Scope;
import dev.sallyport.schema.token.Caller;
import java.time.Instant;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/**
 * Decides calls as a gateway does, and runs none: with the gateway's tools, its reading of
 * statements and its gate. It counts nothing, so that rates, budgets and cooldowns refuse nothing.
 */
public final class Trial {
    private final Gate gate;
    private final Tools tools;
    private final Dialects dialects;

    private Trial(Gate gate, Dialects dialects) {
        this.gate = gate;
        this.tools = new Tools(Tools.builtIn(gate.rowsDefault(), gate.ceiling().rowsMax()));
        this.dialects = dialects;
    }

    /** As a gateway whose configuration says nothing of limits, and that lets callers write. */
    public static Trial standard() {
        var limits = Settings.load(GatewayConfig.Limits.class, "gateway", null, Map.of());
        var timeouts = Settings.load(GatewayConfig.Timeouts.class, "gateway", null, Map.of());
        return new Trial(
                Gateway.gate(true, limits, timeouts),
                new Dialects(limits.statementMemoryBytesMax()));
    }

    /** What one call may take at the most, whatever its database allows. */
    public Limits ceiling() {
        return gate.ceiling();
    }

    /**
     * A call to decide on.
     *
     * @param caller as its token tells it, which is not checked
     * @param address where it comes from; empty where that is not told
     * @param at when it comes
     * @param readOnly whether the request itself asks that nothing be changed
     * @param arguments the tool's, as the caller sends them
     */
    public record Asked(
            Caller caller,
            String address,
            Instant at,
            boolean readOnly,
            String tool,
            ObjectNode arguments) {}

    /**
     * A call of which the log tells what it was, and not its text.
     *
     * @param statementClass the gravest effect of its statement
     * @param needed scopes that it needed, which tell of its other effects
     * @param tables those that its statement named; none where they are not told
     * @param rehearsed whether it was made to learn what it would change
     */
    public record Known(
            Caller caller,
            String address,
            Instant at,
            String tool,
            DatabaseName database,
            StatementClass statementClass,
            Set<Scope> needed,
            List<String> tables,
            boolean rehearsed) {
        public Known {
            needed = Set.copyOf(needed);
            tables = List.copyOf(tables);
        }

        private Set<StatementClass> effects() {
            Set<StatementClass> effects = EnumSet.of(statementClass);
            if (needed.contains(Scope.READ)) {
                effects.add(StatementClass.READ);
            }
            if (needed.contains(Scope.DELETE)) {
                effects.add(StatementClass.DELETE);
            } else if (needed.contains(Scope.WRITE)) {
                effects.add(StatementClass.WRITE);
            }
            return effects;
        }

        private Asked asked() {
            ObjectNode arguments = JsonNodeFactory.instance.objectNode();
            arguments.put(Tool.DATABASE, database.value());
            if (rehearsed) {
                arguments.put(Tool.DRY_RUN, true);
            }
            return new Asked(caller, address, at, false, tool, arguments);
        }
    }

    /** What a gateway says to such a call, as far as it does not depend on the text. */
    public Decision decide(Registry registry, Known known) {
        Optional<Tools.Ready> ready = tools.find(known.tool());
        if (ready.isEmpty() || !gate.knows(ready.get().tool(), known.caller(), registry)) {
            return new Decision.Refused(Gate.NO_SUCH_TOOL);
        }
        Tool tool = ready.get().tool();
        Asked asked = known.asked();
        Call call = call(asked, tool, asked.arguments());
        Optional<Opened> opened =
                registry.rights(call.tenant(), call.caller().subject()).in(known.database());
        Statement statement =
                new Statement(
                        known.statementClass(),
                        known.effects(),
                        1,
                        known.tables(),
                        List.of(),
                        List.of(),
                        "",
                        LiteralFeatures.NONE,
                        0,
                        List.of());
        return gate.decide(
                opened.isEmpty()
                        ? call
                        : call.in(opened.get(), tool.runsStatement() ? statement : null),
                registry);
    }

    /** What a gateway says to the call. */
    public Decision decide(Registry registry, Asked asked) {
        Caller caller = asked.caller();
        if (registry.suspension(caller.tenant(), caller.subject()).isPresent()) {
            return new Decision.Refused(
                    Refusal.of(ErrorCode.PRINCIPAL_SUSPENDED, "This principal is suspended"));
        }
        Optional<Tools.Ready> tool = tools.find(asked.tool());
        if (tool.isEmpty() || !gate.knows(tool.get().tool(), caller, registry)) {
            return new Decision.Refused(Gate.NO_SUCH_TOOL);
        }
        Arguments arguments = tool.get().arguments(asked.arguments());
        Optional<String> problem = tool.get().problem(arguments);
        if (problem.isPresent()) {
            return new Decision.Refused(
                    Refusal.toModel(ToolCalls.ARGUMENTS_INVALID, problem.get()));
        }
        Call call = call(asked, tool.get().tool(), arguments.taken());
        return gate.decide(ToolCalls.lookedUp(call, registry, dialects), registry);
    }

    private static Call call(Asked asked, Tool tool, ObjectNode arguments) {
        Caller caller = asked.caller();
        return new Call(
                idAt(asked.at()),
                caller,
                new Principal(caller.subject(), caller.client(), null, asked.address()),
                null,
                asked.readOnly(),
                tool,
                arguments,
                inbound(asked),
                null,
                null);
    }

    /** Rules take the time of a call from its id. */
    private static CallId idAt(Instant at) {
        UUID now = CallId.next().value();
        return new CallId(
                new UUID(
                        (at.toEpochMilli() << Short.SIZE) | (now.getMostSignificantBits() & 0xffff),
                        now.getLeastSignificantBits()));
    }

    private static Inbound inbound(Asked asked) {
        if (!(new Admission(1, 1).enter(asked.caller(), 0) instanceof Place place)) {
            throw new IllegalStateException("nobody else has a place");
        }
        return new Inbound(
                "trial",
                _ -> null,
                asked.readOnly(),
                asked.address(),
                Inbound.Notices.NONE,
                place,
                new Presence(() -> false));
    }
}
