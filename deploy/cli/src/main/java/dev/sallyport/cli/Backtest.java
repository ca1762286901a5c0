package dev.sallyport.cli;

import dev.sallyport.cli.policy.PolicyCase.Expected;
import dev.sallyport.cli.policy.PolicyCase.Verdict;
import dev.sallyport.gateway.Trial;
import dev.sallyport.schema.SchemaException;
import dev.sallyport.schema.event.Access;
import dev.sallyport.schema.event.ApprovalRequested;
import dev.sallyport.schema.event.CallAuthorized;
import dev.sallyport.schema.event.CallRefused;
import dev.sallyport.schema.event.CallSettled;
import dev.sallyport.schema.event.Ended;
import dev.sallyport.schema.event.Event;
import dev.sallyport.schema.event.Instruction;
import dev.sallyport.schema.event.Principal;
import dev.sallyport.schema.event.StatementClass;
import dev.sallyport.schema.id.CallId;
import dev.sallyport.schema.id.TenantId;
import dev.sallyport.schema.json.Json;
import dev.sallyport.schema.registry.Registry;
import dev.sallyport.schema.registry.Scope;
import dev.sallyport.schema.token.Caller;
import java.net.URI;
import java.time.Instant;
import java.util.Comparator;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * Decides recorded calls again. Events are taken in this order: outcomes, signals, commands; so
 * that it is known of a command how many rows it changed, and whether it was held.
 */
final class Backtest {
    /** Refusals that depend on the registry, and not on the text or on the token alone. */
    private static final Set<String> REGISTRYS =
            Set.of("tool_unknown", "database_unknown", "not_granted", "read_only", "rule_refuses");

    private static final URI ISSUER = URI.create("urn:sallyport:policy-backtest");
    private static final Set<Scope> ANY =
            EnumSet.of(Scope.READ, Scope.WRITE, Scope.DELETE, Scope.SQL);

    private final Registry tried;
    private final Trial trial;
    private final Function<Event<CallAuthorized>, @Nullable Instruction> open;
    private final Map<CallId, Long> changed = new HashMap<>();
    private final Map<CallId, ApprovalRequested> held = new HashMap<>();
    private final Map<Group, Calls> differences = new TreeMap<>(Comparator.comparing(Group::text));
    private long byText;
    private long byFacts;
    private long untold;

    /**
     * Nothing taken yet.
     *
     * @param tried the registry by which calls are decided again
     * @param open what a command does; null where its arguments cannot be opened
     */
    Backtest(
            Registry tried,
            Trial trial,
            Function<Event<CallAuthorized>, @Nullable Instruction> open) {
        this.tried = tried;
        this.trial = trial;
        this.open = open;
    }

    /** Calls that are decided otherwise in the same way. */
    private record Group(String text) {}

    /** How many they are, and one of them. */
    private record Calls(long count, CallId example) {}

    /** What it came to. */
    record Result(List<String> differences, long byText, long byFacts, long untold, long differ) {}

    /** Takes an event. */
    void take(Event<?> event) {
        switch (event.data()) {
            case CallSettled settled
                    when settled.ended() == Ended.SUCCEEDED
                            && settled.rehearsed() == null
                            && settled.statementClass() != StatementClass.READ ->
                    changed.put(settled.call(), settled.rowsAffected());
            case ApprovalRequested asked -> held.put(asked.call(), asked);
            case CallRefused refused -> refused(event.tenant(), event.time(), refused);
            case CallAuthorized call -> authorized(event, call);
            default -> {}
        }
    }

    /** A call that ran by an approval was decided before, when it was held. */
    private void authorized(Event<?> event, CallAuthorized call) {
        if (call.approval() != null) {
            return;
        }
        ApprovalRequested asked = held.remove(call.call());
        Expected before =
                asked == null
                        ? new Expected(Verdict.ALLOWED, null, null, null, null)
                        : new Expected(Verdict.HELD, null, asked.by(), null, null);
        Long rows = asked == null ? changed.get(call.call()) : rehearsedRows(asked);
        boolean rehearsed = call.access() == Access.REHEARSE && asked == null;
        Set<Scope> scopes =
                call.scopes().stream()
                        .flatMap(word -> Scope.find(word).stream())
                        .collect(Collectors.toUnmodifiableSet());
        Caller caller = caller(event.tenant(), call.principal(), scopes);
        Instruction instruction = open.apply(typed(event, call));
        Expected now;
        if (instruction instanceof Instruction.Statement(var sql, var params)) {
            byText++;
            ObjectNode arguments = Json.mapper().createObjectNode();
            arguments.put("database", call.database().value()).put("sql", sql);
            if (!params.isEmpty()) {
                ArrayNode values = arguments.putArray("params");
                params.forEach(values::add);
            }
            if (rehearsed) {
                arguments.put("dryRun", true);
            }
            now =
                    PolicyVerdict.of(
                            trial.decide(
                                    tried,
                                    new Trial.Asked(
                                            caller,
                                            address(call.principal()),
                                            event.time(),
                                            false,
                                            call.tool(),
                                            arguments)),
                            caller.subject(),
                            rows);
        } else {
            byFacts++;
            now =
                    PolicyVerdict.of(
                            trial.decide(
                                    tried,
                                    new Trial.Known(
                                            caller,
                                            address(call.principal()),
                                            event.time(),
                                            call.tool(),
                                            call.database(),
                                            call.statementClass(),
                                            scopes,
                                            call.tables(),
                                            rehearsed)),
                            caller.subject(),
                            rows);
        }
        compare(
                event.tenant(),
                call.principal(),
                "%s in %s, %s"
                        .formatted(call.tool(), call.database(), call.statementClass().wire()),
                before,
                now,
                1,
                call.call(),
                "");
    }

    /** Null where it could not be rehearsed. */
    private static @Nullable Long rehearsedRows(ApprovalRequested asked) {
        return asked.effectDigest() == null ? null : Long.valueOf(asked.rowsAffected());
    }

    private static Event<CallAuthorized> typed(Event<?> event, CallAuthorized call) {
        return new Event<>(
                event.id(),
                event.source(),
                event.time(),
                event.tenant(),
                event.trace(),
                event.signedBy(),
                call);
    }

    /** The log has no text of what was refused, and not what else the token could do. */
    private void refused(TenantId tenant, Instant at, CallRefused call) {
        if (!REGISTRYS.contains(call.code())
                || call.database() == null
                || (call.statementClass() == StatementClass.UNKNOWN
                        && call.fingerprint() == null)) {
            untold += call.count();
            return;
        }
        byFacts += call.count();
        Caller caller = caller(tenant, call.principal(), ANY);
        Expected now =
                PolicyVerdict.of(
                        trial.decide(
                                tried,
                                new Trial.Known(
                                        caller,
                                        address(call.principal()),
                                        at,
                                        call.tool(),
                                        call.database(),
                                        call.statementClass(),
                                        Set.of(),
                                        List.of(),
                                        false)),
                        caller.subject(),
                        null);
        compare(
                tenant,
                call.principal(),
                "%s in %s, %s"
                        .formatted(call.tool(), call.database(), call.statementClass().wire()),
                new Expected(Verdict.REFUSED, call.code(), null, null, null),
                now,
                call.count(),
                call.call(),
                now.decision() == Verdict.REFUSED ? "" : ", if the token has the scopes");
    }

    private void compare(
            TenantId tenant,
            Principal principal,
            String what,
            Expected before,
            Expected now,
            long count,
            CallId call,
            String condition) {
        Expected shown = new Expected(now.decision(), now.code(), now.by(), now.rules(), null);
        boolean refusedStill =
                before.decision() == Verdict.REFUSED && now.decision() == Verdict.REFUSED;
        if (refusedStill || before.isMetBy(shown)) {
            return;
        }
        Group group =
                new Group(
                        "%s: %s: %s: %s -> %s%s"
                                .formatted(
                                        tenant,
                                        principal.subject(),
                                        what,
                                        before,
                                        shown,
                                        condition));
        differences.merge(
                group,
                new Calls(count, call),
                (one, other) -> new Calls(one.count + other.count, one.example));
    }

    private static Caller caller(TenantId tenant, Principal principal, Set<Scope> scopes) {
        return new Caller(
                tenant, principal.subject(), principal.client(), scopes, ISSUER, Instant.MAX);
    }

    private static String address(Principal principal) {
        return principal.address() == null ? "" : principal.address();
    }

    /** What all that was taken came to. Held calls of which there is no command cannot be told. */
    Result result() {
        return new Result(
                differences.entrySet().stream()
                        .map(entry ->
                                "%s: %d calls, such as %s"
                                        .formatted(
                                                entry.getKey().text,
                                                entry.getValue().count,
                                                entry.getValue().example))
                        .toList(),
                byText,
                byFacts,
                untold + held.size(),
                differences.values().stream().mapToLong(Calls::count).sum());
    }

    /** What a command does, or null where it cannot be opened. */
    static @Nullable Instruction opened(Supplier<byte[]> arguments) {
        try {
            return Instruction.decode(arguments.get());
        } catch (SchemaException e) {
            return null;
        }
    }
}
