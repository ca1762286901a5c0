package dev.sallyport.gateway.gate;

import dev.sallyport.gateway.gate.Decision.Allowed;
import dev.sallyport.gateway.gate.Decision.AllowedHere;
import dev.sallyport.gateway.gate.Decision.Held;
import dev.sallyport.gateway.gate.Decision.Refused;
import dev.sallyport.gateway.protocol.Approvals;
import dev.sallyport.gateway.protocol.ErrorCode;
import dev.sallyport.gateway.protocol.Refusal;
import dev.sallyport.gateway.statement.Statement;
import dev.sallyport.gateway.tool.Call;
import dev.sallyport.gateway.tool.Tool;
import dev.sallyport.gateway.tool.Work;
import dev.sallyport.schema.event.Access;
import dev.sallyport.schema.event.Limits;
import dev.sallyport.schema.event.StatementClass;
import dev.sallyport.schema.registry.Database;
import dev.sallyport.schema.registry.MatchedRules;
import dev.sallyport.schema.registry.Registry;
import dev.sallyport.schema.registry.Rights;
import dev.sallyport.schema.registry.Rights.Opened;
import dev.sallyport.schema.registry.Rule;
import dev.sallyport.schema.registry.Scope;
import dev.sallyport.schema.token.Caller;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * Decides whether a call may run. Nothing is allowed that the registry does not name: the database
 * must be the caller's tenant's, a grant must cover it, and the token's scopes are a ceiling above
 * the grant. What is allowed is held where a rule of the tenant asks for it. No I/O, no state, no
 * clock.
 *
 * @param writable whether this gateway lets anybody write
 * @param ceiling what one call may take at the most, whatever its database allows
 * @param rowsDefault rows of a result where the caller asks for no number
 */
public record Gate(boolean writable, Limits ceiling, int rowsDefault) {

    /** The same for a tool that does not exist and one that is kept from the caller. */
    public static final Refusal NO_SUCH_TOOL =
            Refusal.of(
                    ErrorCode.TOOL_UNKNOWN,
                    "There is no such tool; tools/list names those that you may call");

    /** Whether the caller may make some call of this tool now, and so is shown it. */
    public boolean shows(Tool tool, Caller caller, Registry registry, boolean readOnlyRequest) {
        if (tool.mayChange()
                && (!writable || readOnlyRequest || tenantReadOnly(caller, registry))) {
            return false;
        }
        Rights rights = registry.rights(caller.tenant(), caller.subject());
        return tool.usefulWith(caller.scopes())
                && rights.opened().stream()
                        .filter(opened -> !(tool.mayChange() && opened.database().readOnly()))
                        .anyMatch(opened -> tool.usefulWith(opened.scopes()));
    }

    /**
     * Whether any grant opens this tool to the caller, whatever the token says. A tool of which
     * that is not so is as good as none: it is answered as one that does not exist.
     */
    public boolean knows(Tool tool, Caller caller, Registry registry) {
        return registry.rights(caller.tenant(), caller.subject()).levels().stream()
                .anyMatch(tool::usefulWith);
    }

    /**
     * Whether the call may run.
     *
     * @param call with the database that it was looked up to concern, and the statement as that
     *     database reads it
     */
    public Decision decide(Call call, Registry registry) {
        Caller caller = call.caller();
        if (!knows(call.tool(), caller, registry)) {
            return new Refused(NO_SUCH_TOOL);
        }
        if (call.tool().work() instanceof Work.Databases) {
            return caller.scopes().contains(Scope.READ)
                    ? new AllowedHere(
                            registry.rights(caller.tenant(), caller.subject()).databases())
                    : new Refused(Refusal.scopesMissing(Set.of(Scope.READ)));
        }
        Opened opened = call.opened();
        return opened == null || !opened.database().tenant().equals(caller.tenant())
                ? Refused.toModel(
                        "database_unknown",
                        "There is no database of that name; show_databases lists those that you may use")
                : inDatabase(call, registry, opened);
    }

    private Decision inDatabase(Call call, Registry registry, Opened opened) {
        Statement statement = call.statement();
        if (statement == null) {
            return scopes(call, opened, EnumSet.of(Scope.READ), StatementClass.READ);
        }
        if (statement.refused()) {
            var first = statement.objections().getFirst();
            return Refused.toModel(first.code(), first.message());
        }
        int given = call.tool().parameters(call.arguments());
        if (statement.parameterCount() != given) {
            return Refused.toModel(
                    "parameters_mismatch",
                    "The statement has %d placeholders and params has %d values: give one value for each $n or ?"
                            .formatted(statement.parameterCount(), given));
        }
        StatementClass kind = statement.statementClass();
        if (!call.tool().mayChange() && kind != StatementClass.READ) {
            boolean elsewhere =
                    !readOnly(call, registry, opened.database())
                            && opened.scopes().containsAll(needed(statement))
                            && call.caller().scopes().containsAll(needed(statement));
            return Refused.toModel(
                    "not_a_query",
                    "%s takes statements that only read, and this one is classified as %s%s"
                            .formatted(
                                    call.tool().name(),
                                    kind.wire(),
                                    // never the name of a tool that the caller cannot use
                                    elsewhere ? ": use db_execute for it" : ""));
        }
        if (kind != StatementClass.READ && readOnly(call, registry, opened.database())) {
            return Refused.toModel(
                    "read_only",
                    "Nothing can be changed here: the gateway, the request, the tenant or the database is read-only");
        }
        Decision decision = scopes(call, opened, needed(statement), kind);
        return decision instanceof Allowed allowed
                ? held(call, allowed, statement, registry)
                : decision;
    }

    /**
     * What the tenant's rules say. What changes nothing waits for nobody, a read and a rehearsal,
     * but it can be refused.
     */
    private static Decision held(
            Call call, Allowed allowed, Statement statement, Registry registry) {
        MatchedRules rules =
                registry.rules(call.tenant())
                        .matching(
                                call.ruled(
                                        allowed.database().name(),
                                        statement.effects(),
                                        statement.tables()));
        Optional<Rule> refusing = rules.refusing();
        if (refusing.isPresent()) {
            return new Refused(Approvals.ruledOut(List.of(refusing.get().name())));
        }
        if (call.tool().access(allowed.statementClass(), call.arguments()) != Access.WRITE) {
            return allowed;
        }
        return rules.isEmpty() && call.approval() == null ? allowed : new Held(allowed, rules);
    }

    private Decision scopes(Call call, Opened opened, Set<Scope> needed, StatementClass kind) {
        if (!opened.scopes().containsAll(needed)) {
            return Refused.toModel(
                    "not_granted",
                    "Nobody granted you %s in this database: ask its owner"
                            .formatted(words(needed)));
        }
        if (!call.caller().scopes().containsAll(needed)) {
            return new Refused(Refusal.scopesMissing(needed));
        }
        Database database = opened.database();
        return new Allowed(database, kind, limits(call, database), needed);
    }

    /** What each effect of the statement needs, not only the gravest. */
    private static Set<Scope> needed(Statement statement) {
        var needed = EnumSet.noneOf(Scope.class);
        for (StatementClass effect : statement.effects()) {
            switch (effect) {
                case READ -> needed.add(Scope.READ);
                case WRITE -> needed.add(Scope.WRITE);
                case DELETE -> {
                    needed.add(Scope.WRITE);
                    needed.add(Scope.DELETE);
                }
                case DDL, ADMIN, UNKNOWN -> needed.add(Scope.SQL);
            }
        }
        return needed;
    }

    private boolean readOnly(Call call, Registry registry, Database database) {
        return !writable
                || call.readOnly()
                || database.readOnly()
                || tenantReadOnly(call.caller(), registry);
    }

    private static boolean tenantReadOnly(Caller caller, Registry registry) {
        return registry.tenant(caller.tenant()).map(tenant -> tenant.readOnly()).orElse(true);
    }

    private Limits limits(Call call, Database database) {
        int rows = call.rowsWanted() > 0 ? call.rowsWanted() : rowsDefault;
        Limits most = database.limits().within(ceiling);
        return new Limits(Math.min(rows, most.rowsMax()), most.bytesMax(), most.timeoutMillis());
    }

    private static String words(Set<Scope> scopes) {
        return String.join(" and ", scopes.stream().map(Scope::wire).sorted().toList());
    }
}
