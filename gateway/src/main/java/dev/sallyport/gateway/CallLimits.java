package dev.sallyport.gateway;

import dev.sallyport.gateway.admission.Place;
import dev.sallyport.gateway.limit.Allowances;
import dev.sallyport.gateway.limit.Paced;
import dev.sallyport.gateway.limit.Reserved;
import dev.sallyport.gateway.protocol.Busy;
import dev.sallyport.gateway.protocol.Limited;
import dev.sallyport.gateway.protocol.Refusal;
import dev.sallyport.gateway.protocol.Request;
import dev.sallyport.gateway.statement.Statement;
import dev.sallyport.gateway.tool.Call;
import dev.sallyport.gateway.tool.Tool;
import dev.sallyport.schema.event.Limits;
import dev.sallyport.schema.event.StatementClass;
import dev.sallyport.schema.id.TenantId;
import dev.sallyport.schema.registry.Budget;
import dev.sallyport.schema.registry.Registry;
import dev.sallyport.schema.registry.Tenant;
import dev.sallyport.schema.registry.TenantLimits;
import java.time.Duration;
import java.util.Collections;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Holds calls against the limits of their tenants. */
final class CallLimits {

    /** What cannot be told to be harmless counts as destroying. */
    private static final Set<StatementClass> DESTROYING =
            Collections.unmodifiableSet(
                    EnumSet.of(
                            StatementClass.DELETE,
                            StatementClass.DDL,
                            StatementClass.ADMIN,
                            StatementClass.UNKNOWN));

    private final Allowances allowances;
    private final Supplier<Registry> registry;
    private final Duration callTime;

    CallLimits(Allowances allowances, Supplier<Registry> registry, Duration callTime) {
        this.allowances = allowances;
        this.registry = registry;
        this.callTime = callTime;
    }

    /**
     * Counts a call of the tool, or of a name that no tool has; the answer is why it may not be.
     */
    Optional<Refusal> pace(Request request, Tool tool) {
        return kept(
                allowances.pace(
                        limits(request.caller().tenant()),
                        request.caller(),
                        request.inbound().remoteAddress(),
                        tool.name()),
                request.inbound().place(),
                "calls");
    }

    /** The same of a call that destroys; other calls are not counted. */
    Optional<Refusal> paceDestroying(Call call) {
        if (!destroys(call.statement())) {
            return Optional.empty();
        }
        Paced paced =
                allowances.paceDestroying(
                        limits(call.tenant()),
                        call.caller(),
                        call.inbound().remoteAddress(),
                        call.tool().name());
        return kept(
                paced,
                call.inbound().place(),
                "calls that delete, change the schema or cannot be read");
    }

    private static boolean destroys(@Nullable Statement statement) {
        return statement != null && !Collections.disjoint(statement.effects(), DESTROYING);
    }

    private static Optional<Refusal> kept(Paced paced, Place place, String what) {
        return switch (paced) {
            case Paced.Kept(var standing) -> {
                place.stands(standing);
                yield Optional.empty();
            }
            case Paced.TooFast(var standing) -> {
                place.stands(standing);
                yield Optional.of(Limited.rate(what, standing.limit(), standing.resetSeconds()));
            }
            case Paced.Unknown() -> Optional.of(Limited.unavailable());
            case Paced.Crowded() -> Optional.of(Busy.tenant());
        };
    }

    /** Reserves what the call may take within these limits. */
    Reserved reserve(Call call, Limits most) {
        return allowances.reserve(
                limits(call.tenant()),
                call.tenant(),
                call.caller().subject(),
                call.tool().name(),
                most,
                callTime.minus(call.inbound().place().since()));
    }

    /** Why the call may not run; empty where it may. */
    static Optional<Refusal> refusal(Reserved reserved) {
        return switch (reserved) {
            case Reserved.Held _ -> Optional.empty();
            case Reserved.Exhausted(var budget, var measure, var resetSeconds) ->
                    Optional.of(
                            Limited.exhausted(
                                    budget.name(), measure, budget.window().wire(), resetSeconds));
            case Reserved.InUse(var budget, var measure) ->
                    Optional.of(Limited.inUse(budget.name(), measure));
            case Reserved.Unknown() -> Optional.of(Limited.unavailable());
            case Reserved.Crowded() -> Optional.of(Busy.tenant());
        };
    }

    /** What the caller is told where less is left than its call might have returned. */
    static List<String> lowered(Reserved.Held held) {
        return held.lowered().isEmpty()
                ? List.of()
                : List.of(
                        "this result may have at most %d rows and %d bytes: no more is left of your budget %s"
                                .formatted(
                                        held.limits().rowsMax(),
                                        held.limits().bytesMax(),
                                        held.lowered().stream()
                                                .map(Budget::name)
                                                .collect(Collectors.joining(" and "))));
    }

    private TenantLimits limits(TenantId tenant) {
        return registry.get()
                .tenant(tenant)
                .map(Tenant::limitsInForce)
                .orElse(TenantLimits.DEFAULT);
    }
}
