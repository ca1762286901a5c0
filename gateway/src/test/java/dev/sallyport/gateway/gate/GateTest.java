package dev.sallyport.gateway.gate;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.sallyport.gateway.gate.Decision.Allowed;
import dev.sallyport.gateway.gate.Decision.AllowedHere;
import dev.sallyport.gateway.gate.Decision.Refused;
import dev.sallyport.gateway.protocol.Refusal;
import dev.sallyport.gateway.tool.Call;
import dev.sallyport.gateway.tool.Tool;
import dev.sallyport.gateway.tool.Tools;
import dev.sallyport.gateway.tool.Work;
import dev.sallyport.schema.event.Access;
import dev.sallyport.schema.event.Instruction;
import dev.sallyport.schema.event.Limits;
import dev.sallyport.schema.event.StatementClass;
import dev.sallyport.schema.id.CellId;
import dev.sallyport.schema.id.DatabaseName;
import dev.sallyport.schema.id.TenantId;
import dev.sallyport.schema.json.Json;
import dev.sallyport.schema.registry.Database;
import dev.sallyport.schema.registry.Grant;
import dev.sallyport.schema.registry.Registry;
import dev.sallyport.schema.registry.Scope;
import dev.sallyport.schema.registry.Tenant;
import dev.sallyport.schema.token.Caller;
import java.math.BigDecimal;
import java.net.URI;
import java.time.Instant;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.function.Function;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

class GateTest {

    private static final TenantId ACME = new TenantId("acme");
    private static final TenantId GLOBEX = new TenantId("globex");
    private static final DatabaseName SHOP = new DatabaseName("shop");
    private static final DatabaseName LEDGER = new DatabaseName("ledger");
    private static final Limits CEILING = new Limits(80, 500_000, 60_000);
    private static final Set<Scope> ALL = EnumSet.allOf(Scope.class);

    private final Gate gate = new Gate(true, CEILING, 50);

    @Test
    void aDatabaseOfAnotherTenantDoesNotExist() {
        Registry registry = registry(false, false);

        assertThat(refusal(gate.decide(query(LEDGER, "select 1", 0, registry), registry)))
                .isEqualTo(
                        refusal(
                                gate.decide(
                                        query(new DatabaseName("nowhere"), "select 1", 0, registry),
                                        registry)))
                .extracting(Refusal::code)
                .isEqualTo("database_unknown");
    }

    @Test
    void aGrantInOneTenantIsNoneInAnother() {
        var registry =
                Registry.of(
                        1,
                        List.of(
                                tenant(ACME, false),
                                GatePolicyTest.database(ACME, SHOP, false),
                                new Grant(GLOBEX, "g", Set.of("*"), Set.of(SHOP), ALL)));

        assertThat(refusal(gate.decide(query(SHOP, "select 1", 0, registry), registry)).code())
                .isEqualTo("tool_unknown");
    }

    @Test
    void everyReadOnlySwitchIsEnoughAlone() {
        Function<Registry, Call> insert = registry -> insert(false, registry);
        Function<Registry, Call> asked = registry -> insert(true, registry);

        assertThat(gate.decide(insert.apply(registry(false, false)), registry(false, false)))
                .isInstanceOf(Allowed.class);
        assertThat(
                        refusal(
                                        gate.decide(
                                                asked.apply(registry(false, false)),
                                                registry(false, false)))
                                .code())
                .isEqualTo("read_only");
        assertThat(
                        refusal(
                                        gate.decide(
                                                insert.apply(registry(true, false)),
                                                registry(true, false)))
                                .code())
                .isEqualTo("read_only");
        assertThat(
                        refusal(
                                        gate.decide(
                                                insert.apply(registry(false, true)),
                                                registry(false, true)))
                                .code())
                .isEqualTo("read_only");
        var closed = new Gate(false, CEILING, 50);
        assertThat(
                        refusal(
                                        closed.decide(
                                                insert.apply(registry(false, false)),
                                                registry(false, false)))
                                .code())
                .isEqualTo("read_only");
        assertThat(closed.shows(tool("db_execute"), caller(), registry(false, false), false))
                .isFalse();
        assertThat(closed.shows(tool("db_query"), caller(), registry(false, false), false))
                .isTrue();
    }

    @Test
    void readsAreAllowedWhereWritesAreNot() {
        assertThat(
                        gate.decide(
                                query(SHOP, "select 1", 0, registry(true, true)),
                                registry(true, true)))
                .isInstanceOf(Allowed.class);
    }

    @Test
    void limitsAreTheSmallestOfCallDatabaseAndCeiling() {
        assertThat(rows(0)).isEqualTo(50);
        assertThat(rows(10)).isEqualTo(10);
        assertThat(rows(1_000_000)).isEqualTo(80);
        var allowed =
                (Allowed)
                        gate.decide(
                                query(SHOP, "select 1", 0, registry(false, false)),
                                registry(false, false));
        assertThat(allowed.limits().bytesMax()).isEqualTo(500_000);
        assertThat(allowed.limits().timeoutMillis()).isEqualTo(5_000);
    }

    @Test
    void placeholdersAndValuesMustMatch() {
        var registry = registry(false, false);

        assertThat(
                        refusal(gate.decide(query(SHOP, "select $1, $2", 1, registry), registry))
                                .message())
                .contains("2 placeholders", "1 values");
        assertThat(refusal(gate.decide(query(SHOP, "select 1", 1, registry), registry)).code())
                .isEqualTo("parameters_mismatch");
        assertThat(gate.decide(query(SHOP, "select $1, $2", 2, registry), registry))
                .isInstanceOf(Allowed.class);
    }

    @Test
    void theListHoldsGrantedDatabasesOnly() {
        var registry =
                Registry.of(
                        1,
                        List.of(
                                tenant(ACME, false),
                                GatePolicyTest.database(ACME, SHOP, false),
                                GatePolicyTest.database(ACME, new DatabaseName("payroll"), false),
                                GatePolicyTest.database(GLOBEX, LEDGER, false),
                                new Grant(ACME, "g", Set.of("alice"), Set.of(SHOP), ALL),
                                new Grant(
                                        ACME,
                                        "h",
                                        Set.of("bob"),
                                        Set.of(new DatabaseName("payroll")),
                                        ALL)));
        var list =
                GatePolicyTest.call(
                        "show_databases",
                        GatePolicyTest.arguments(SHOP, null),
                        caller(),
                        false,
                        registry);

        assertThat(((AllowedHere) gate.decide(list, registry)).databases())
                .extracting(Database::name)
                .containsExactly(SHOP);
    }

    @Test
    void aToolWithAStatementOfItsOwnIsDecidedLikeAnyOther() {
        var restock =
                new Tool(
                        "restock",
                        "Adds to the stock of an article.",
                        "{}",
                        "{}",
                        Set.of(Scope.WRITE),
                        new Work.OwnStatement(
                                "update stock set n = n + $1 where article = $2",
                                List.of("amount", "article"),
                                true));
        Registry registry = registry(false, false);
        var arguments =
                GatePolicyTest.arguments(SHOP, null).put("amount", 3).put("article", "bolt");
        Call call = GatePolicyTest.call(restock, arguments, caller(), false, registry);

        assertThat(gate.shows(restock, caller(), registry, true)).isFalse();
        assertThat(((Allowed) gate.decide(call, registry)).scopes()).containsExactly(Scope.WRITE);
        assertThat(restock.access(StatementClass.WRITE, Json.mapper().createObjectNode()))
                .isEqualTo(Access.WRITE);
        assertThat(restock.instruction(arguments).encode())
                .asString(UTF_8)
                .isEqualTo(
                        "{\"sql\":\"update stock set n = n + $1 where article = $2\",\"params\":[3,\"bolt\"]}");
    }

    @ParameterizedTest
    @EnumSource
    void onlyTheToolThatChangesDataMayWrite(StatementClass kind) {
        for (Tool tool : Tools.builtIn(1_000, 10_000)) {
            boolean writes = tool.name().equals("db_execute") && kind != StatementClass.READ;
            assertThat(tool.access(kind, Json.mapper().createObjectNode()))
                    .as(tool.name())
                    .isEqualTo(writes ? Access.WRITE : Access.READ);
        }
    }

    @ParameterizedTest
    @EnumSource
    void aDryRunIsNoWrite(StatementClass kind) {
        ObjectNode dryRun = Json.mapper().createObjectNode().put("dryRun", true);
        for (Tool tool : Tools.builtIn(1_000, 10_000)) {
            assertThat(tool.access(kind, dryRun)).as(tool.name()).isNotEqualTo(Access.WRITE);
        }
        assertThat(tool("db_execute").access(StatementClass.DELETE, dryRun))
                .isEqualTo(Access.REHEARSE);
    }

    @ParameterizedTest
    @ValueSource(strings = {"show_tables", "describe_table", "db_query", "db_execute"})
    void whatAnExecutorIsToldIsSomethingThatExecutorsRead(String name) {
        ObjectNode arguments = GatePolicyTest.arguments(SHOP, "select 1").put("table", "orders");
        arguments.putArray("params").add("a").add(new BigDecimal("0.10"));

        Instruction told = tool(name).instruction(arguments);

        assertThat(Instruction.decode(told.encode())).isEqualTo(told);
    }

    private static Tool tool(String name) {
        return Tools.builtIn(1_000, 10_000).stream()
                .filter(t -> t.name().equals(name))
                .findFirst()
                .orElseThrow();
    }

    private int rows(int wanted) {
        Registry registry = registry(false, false);
        ObjectNode arguments = GatePolicyTest.arguments(SHOP, "select 1").put("limit", wanted);
        Call call = GatePolicyTest.call("db_query", arguments, caller(), false, registry);
        return ((Allowed) gate.decide(call, registry)).limits().rowsMax();
    }

    private static Refusal refusal(Decision decision) {
        assertThat(decision).isInstanceOf(Refused.class);
        return ((Refused) decision).refusal();
    }

    private static Call query(
            DatabaseName database, String sql, int parameters, Registry registry) {
        ObjectNode arguments = GatePolicyTest.arguments(database, sql);
        ArrayNode params = arguments.putArray("params");
        for (int i = 0; i < parameters; i++) {
            params.add(i);
        }
        return GatePolicyTest.call("db_query", arguments, caller(), false, registry);
    }

    private static Call insert(boolean readOnly, Registry registry) {
        return GatePolicyTest.call(
                "db_execute",
                GatePolicyTest.arguments(SHOP, "insert into orders values (1)"),
                caller(),
                readOnly,
                registry);
    }

    private static Caller caller() {
        return new Caller(
                ACME, "alice", "agent", ALL, URI.create("https://issuer.example"), Instant.MAX);
    }

    private static Tenant tenant(TenantId id, boolean readOnly) {
        return new Tenant(id, id.value(), new CellId("cell"), List.of(), readOnly);
    }

    private static Registry registry(boolean tenantReadOnly, boolean databaseReadOnly) {
        return Registry.of(
                1,
                List.of(
                        tenant(ACME, tenantReadOnly),
                        tenant(GLOBEX, false),
                        GatePolicyTest.database(ACME, SHOP, databaseReadOnly),
                        GatePolicyTest.database(GLOBEX, LEDGER, false),
                        new Grant(ACME, "g", Set.of("alice"), Set.of(SHOP), ALL),
                        new Grant(GLOBEX, "g", Set.of("*"), Set.of(LEDGER), ALL)));
    }
}
