package dev.sallyport.gateway.gate;

import dev.sallyport.gateway.gate.Decision.Allowed;
import dev.sallyport.gateway.gate.Decision.AllowedHere;
import dev.sallyport.gateway.gate.Decision.Code;
import dev.sallyport.gateway.gate.Decision.Refused;
import dev.sallyport.gateway.gate.Decision.ScopesMissing;
import dev.sallyport.gateway.statement.Statement;
import dev.sallyport.schema.event.Limits;
import dev.sallyport.schema.event.StatementClass;
import dev.sallyport.schema.id.DatabaseName;
import dev.sallyport.schema.registry.Database;
import dev.sallyport.schema.registry.Registry;
import dev.sallyport.schema.registry.Rights;
import dev.sallyport.schema.registry.Scope;
import dev.sallyport.schema.token.Caller;
import java.util.EnumSet;
import java.util.Optional;
import java.util.Set;

/**
 * Decides whether a call may run. Nothing is allowed that the registry does not name: the database
 * must be the caller's tenant's, a grant must cover it, and the token's scopes are a ceiling above
 * the grant. No I/O, no state, no clock.
 *
 * @param writable whether this gateway lets anybody write
 * @param ceiling what one call may take at the most, whatever its database allows
 * @param rowsDefault rows of a result where the caller asks for no number
 */
public record Gate(boolean writable, Limits ceiling, int rowsDefault) {

    /** The same for a tool that does not exist and one that is kept from the caller. */
    public static final String NO_SUCH_TOOL =
            "There is no such tool; tools/list names those that you may call";

    /** Whether the caller may make some call of this action now, and so is shown the tool. */
    public boolean shows(Action action, Caller caller, Registry registry, boolean readOnlyRequest) {
        if (action.changes()
                && (!writable || readOnlyRequest || tenantReadOnly(caller, registry))) {
            return false;
        }
        Rights rights = rights(caller, registry);
        return action.usefulWith(caller.scopes())
                && rights.databases().stream()
                        .filter(database -> !(action.changes() && database.readOnly()))
                        .anyMatch(database -> action.usefulWith(granted(rights, database)));
    }

    /**
     * Whether any grant opens this action to the caller, whatever the token says. A tool of which
     * that is not so is as good as none: it is answered as one that does not exist.
     */
    public boolean knows(Action action, Caller caller, Registry registry) {
        return rights(caller, registry).levels().stream().anyMatch(action::usefulWith);
    }

    public Decision decide(Call call, Caller caller, Registry registry) {
        if (!knows(call.action(), caller, registry)) {
            return Refused.of(Code.TOOL_UNKNOWN, NO_SUCH_TOOL);
        }
        DatabaseName name = call.database();
        if (name == null) {
            return caller.scopes().contains(Scope.READ)
                    ? new AllowedHere(rights(caller, registry).databases())
                    : new ScopesMissing(Set.of(Scope.READ));
        }
        Optional<Database> database =
                rights(caller, registry).in(name).map(Rights.Opened::database);
        return database.isPresent()
                ? inDatabase(call, caller, registry, database.get())
                : Refused.of(
                        Code.DATABASE_UNKNOWN,
                        "There is no database of that name; show_databases lists those that you may use");
    }

    private Decision inDatabase(Call call, Caller caller, Registry registry, Database database) {
        Statement statement = call.statement();
        if (statement == null) {
            return scopes(
                    call, caller, registry, database, EnumSet.of(Scope.READ), StatementClass.READ);
        }
        if (statement.refused()) {
            var first = statement.refusals().getFirst();
            return new Refused(Code.STATEMENT_REFUSED, first.code(), first.message());
        }
        if (statement.parameterCount() != call.parameters()) {
            return Refused.of(
                    Code.PARAMETERS_MISMATCH,
                    "The statement has %d placeholders and params has %d values: give one value for each $n or ?"
                            .formatted(statement.parameterCount(), call.parameters()));
        }
        StatementClass kind = statement.statementClass();
        if (call.action() == Action.QUERY && kind != StatementClass.READ) {
            return Refused.of(
                    Code.NOT_A_QUERY,
                    "db_query takes statements that only read, and this one is classified as "
                            + kind.wire()
                            + ": use db_execute for it");
        }
        if (kind != StatementClass.READ && readOnly(call, caller, registry, database)) {
            return Refused.of(
                    Code.READ_ONLY,
                    "Nothing can be changed here: the gateway, the request, the tenant or the database is read-only");
        }
        return scopes(call, caller, registry, database, needed(statement), kind);
    }

    private Decision scopes(
            Call call,
            Caller caller,
            Registry registry,
            Database database,
            Set<Scope> needed,
            StatementClass kind) {
        if (!granted(rights(caller, registry), database).containsAll(needed)) {
            return Refused.of(
                    Code.NOT_GRANTED,
                    "Nobody granted you %s in this database: ask its owner"
                            .formatted(words(needed)));
        }
        if (!caller.scopes().containsAll(needed)) {
            return new ScopesMissing(needed);
        }
        return new Allowed(database, kind, limits(call, database), needed);
    }

    /** Every effect of a statement has to be paid for, not only the gravest. */
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

    private boolean readOnly(Call call, Caller caller, Registry registry, Database database) {
        return !writable
                || call.readOnly()
                || database.readOnly()
                || tenantReadOnly(caller, registry);
    }

    private static boolean tenantReadOnly(Caller caller, Registry registry) {
        return registry.tenant(caller.tenant()).map(tenant -> tenant.readOnly()).orElse(true);
    }

    private Limits limits(Call call, Database database) {
        int rows = call.rowsWanted() > 0 ? call.rowsWanted() : rowsDefault;
        Limits most = database.limits().within(ceiling);
        return new Limits(Math.min(rows, most.rowsMax()), most.bytesMax(), most.timeoutMillis());
    }

    private static Rights rights(Caller caller, Registry registry) {
        return registry.rights(caller.tenant(), caller.subject());
    }

    private static Set<Scope> granted(Rights rights, Database database) {
        return rights.in(database.name()).map(Rights.Opened::scopes).orElse(Set.of());
    }

    private static String words(Set<Scope> scopes) {
        return String.join(" and ", scopes.stream().map(Scope::wire).sorted().toList());
    }
}
