package dev.sallyport.gateway.gate;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sallyport.gateway.admission.Admission;
import dev.sallyport.gateway.admission.Place;
import dev.sallyport.gateway.gate.Decision.Allowed;
import dev.sallyport.gateway.gate.Decision.AllowedHere;
import dev.sallyport.gateway.gate.Decision.Held;
import dev.sallyport.gateway.gate.Decision.Refused;
import dev.sallyport.gateway.protocol.Inbound;
import dev.sallyport.gateway.protocol.Presence;
import dev.sallyport.gateway.statement.Statements;
import dev.sallyport.gateway.tool.Call;
import dev.sallyport.gateway.tool.Tool;
import dev.sallyport.gateway.tool.Tools;
import dev.sallyport.schema.event.Limits;
import dev.sallyport.schema.event.Principal;
import dev.sallyport.schema.id.CallId;
import dev.sallyport.schema.id.CellId;
import dev.sallyport.schema.id.DatabaseName;
import dev.sallyport.schema.id.TenantId;
import dev.sallyport.schema.registry.Database;
import dev.sallyport.schema.registry.DatabaseKind;
import dev.sallyport.schema.registry.Grant;
import dev.sallyport.schema.registry.Registry;
import dev.sallyport.schema.registry.RegistryEntry;
import dev.sallyport.schema.registry.Scope;
import dev.sallyport.schema.registry.Tenant;
import dev.sallyport.schema.secret.SecretReference;
import dev.sallyport.schema.token.Caller;
import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/**
 * The whole policy as a table: who is granted what, with which token, calls which tool, and what
 * the gate says. The table stands in {@code policy.golden}; a change of policy is a change of that
 * file, for a reviewer to read.
 */
class GatePolicyTest {

    private static final TenantId ACME = new TenantId("acme");
    private static final DatabaseName SHOP = new DatabaseName("shop");
    private static final Limits LIMITS = new Limits(100, 1_000_000, 5_000);
    private static final Gate GATE = new Gate(true, LIMITS, 50);

    private static final Map<String, Set<Scope>> ROLES = new LinkedHashMap<>();
    private static final Map<String, Set<Scope>> TOKENS = new LinkedHashMap<>();
    private static final Map<String, Asked> CALLS = new LinkedHashMap<>();

    static {
        ROLES.put("stranger", Set.of());
        ROLES.put("reader", EnumSet.of(Scope.READ));
        ROLES.put("writer", EnumSet.of(Scope.READ, Scope.WRITE));
        ROLES.put("keeper", EnumSet.of(Scope.READ, Scope.WRITE, Scope.DELETE));
        ROLES.put("owner", EnumSet.of(Scope.READ, Scope.WRITE, Scope.DELETE, Scope.SQL));
        ROLES.put("admin-only", EnumSet.of(Scope.ADMIN));

        TOKENS.put("none", Set.of());
        TOKENS.put("read", EnumSet.of(Scope.READ));
        TOKENS.put("write", EnumSet.of(Scope.WRITE));
        TOKENS.put("read+write", EnumSet.of(Scope.READ, Scope.WRITE));
        TOKENS.put("read+write+delete", EnumSet.of(Scope.READ, Scope.WRITE, Scope.DELETE));
        TOKENS.put("read+sql", EnumSet.of(Scope.READ, Scope.SQL));
        TOKENS.put("admin", EnumSet.of(Scope.ADMIN));
        TOKENS.put("all", EnumSet.allOf(Scope.class));

        CALLS.put("show_databases", asked("show_databases", null));
        CALLS.put("show_tables", asked("show_tables", null));
        CALLS.put("describe_table", asked("describe_table", null));
        CALLS.put("db_query read", asked("db_query", "select id from orders"));
        CALLS.put("db_query write", asked("db_query", "update orders set id = 1"));
        CALLS.put("db_query danger", asked("db_query", "select pg_sleep(1)"));
        CALLS.put("db_execute read", asked("db_execute", "select id from orders"));
        CALLS.put("db_execute write", asked("db_execute", "insert into orders values (1)"));
        CALLS.put("db_execute delete", asked("db_execute", "delete from orders where id = 1"));
        CALLS.put(
                "db_execute write+delete",
                asked(
                        "db_execute",
                        "with gone as (delete from orders returning id) insert into archive select"
                                + " id from gone"));
        CALLS.put("db_execute ddl", asked("db_execute", "create table t (id int)"));
        CALLS.put("db_execute admin", asked("db_execute", "grant select on orders to public"));
        CALLS.put("db_execute unknown", asked("db_execute", "frobnicate orders"));
        CALLS.put("db_execute danger", asked("db_execute", "do $$ begin end $$"));
    }

    @Test
    void thePolicyIsTheOneThatWasAgreed() throws IOException {
        List<String> lines = new ArrayList<>();
        ROLES.forEach((role, granted) ->
                TOKENS.forEach((token, scopes) ->
                        CALLS.forEach((name, call) ->
                                lines.add(
                                        "%-11s %-18s %-24s %s"
                                                .formatted(
                                                        role,
                                                        token,
                                                        name,
                                                        said(granted, scopes, call))))));

        assertThat(String.join("\n", lines)).isEqualTo(golden());
    }

    @Test
    void everyToolStandsInTheTable() {
        assertThat(CALLS.values().stream().map(Asked::tool).collect(Collectors.toSet()))
                .containsExactlyInAnyOrderElementsOf(
                        Tools.builtIn(1_000, 10_000).stream().map(Tool::name).toList());
    }

    private record Asked(String tool, @Nullable String sql) {}

    private static Asked asked(String tool, @Nullable String sql) {
        return new Asked(tool, sql);
    }

    private static String said(Set<Scope> granted, Set<Scope> scopes, Asked asked) {
        Registry registry = registry(granted);
        ObjectNode arguments = arguments(SHOP, asked.sql());
        Call call = call(asked.tool(), arguments, caller(scopes), false, registry);
        return switch (GATE.decide(call, registry)) {
            case Allowed allowed -> "allowed " + words(allowed.scopes());
            case AllowedHere _ -> "allowed here";
            case Held(_, var rules) -> "held " + rules;
            case Refused(var refusal) when !refusal.scopes().isEmpty() ->
                    "challenged " + String.join("+", refusal.scopes());
            case Refused(var refusal) -> "refused " + refusal.code();
        };
    }

    private static String words(Set<Scope> scopes) {
        return scopes.stream().map(Scope::wire).sorted().collect(Collectors.joining("+"));
    }

    static ObjectNode arguments(DatabaseName database, @Nullable String sql) {
        ObjectNode arguments =
                JsonNodeFactory.instance.objectNode().put("database", database.value());
        return sql == null ? arguments : arguments.put("sql", sql);
    }

    /** The call as it is when its database was looked up. */
    static Call call(
            String tool, ObjectNode arguments, Caller caller, boolean readOnly, Registry registry) {
        return call(
                Tools.builtIn(1_000, 10_000).stream()
                        .filter(t -> t.name().equals(tool))
                        .findFirst()
                        .orElseThrow(),
                arguments,
                caller,
                readOnly,
                registry);
    }

    static Call call(
            Tool tool, ObjectNode arguments, Caller caller, boolean readOnly, Registry registry) {
        var call =
                new Call(
                        CallId.next(),
                        caller,
                        new Principal(caller.subject(), caller.client(), null, null),
                        null,
                        readOnly,
                        tool,
                        arguments,
                        new Inbound(
                                "request-1",
                                _ -> null,
                                readOnly,
                                "127.0.0.1",
                                Inbound.Notices.NONE,
                                (Place) new Admission(1, 1).enter(caller, 0),
                                new Presence(() -> false)),
                        null,
                        null);
        String sql = tool.sql(arguments);
        return registry.rights(caller.tenant(), caller.subject())
                .in(Objects.requireNonNull(call.named()))
                .map(opened -> call.in(opened, sql == null ? null : Statements.classify(sql)))
                .orElse(call);
    }

    private static Caller caller(Set<Scope> scopes) {
        return new Caller(
                ACME, "alice", "agent", scopes, URI.create("https://issuer.example"), Instant.MAX);
    }

    static Registry registry(Set<Scope> granted) {
        List<RegistryEntry> entries = new ArrayList<>();
        entries.add(new Tenant(ACME, "Acme", new CellId("cell"), List.of(), false));
        entries.add(database(ACME, SHOP, false));
        if (!granted.isEmpty()) {
            entries.add(new Grant(ACME, "grant", Set.of("alice"), Set.of(SHOP), granted));
        }
        return Registry.of(1, entries);
    }

    static Database database(TenantId tenant, DatabaseName name, boolean readOnly) {
        return new Database(
                tenant,
                name,
                null,
                DatabaseKind.POSTGRESQL,
                "jdbc:postgresql://localhost/shop",
                "agent",
                new SecretReference("env:PASSWORD"),
                new SecretReference("env:SEAL"),
                1,
                readOnly,
                LIMITS,
                null);
    }

    private static String golden() throws IOException {
        try (var in = GatePolicyTest.class.getResourceAsStream("policy.golden")) {
            return in == null ? "" : new String(in.readAllBytes(), StandardCharsets.UTF_8).strip();
        }
    }
}
