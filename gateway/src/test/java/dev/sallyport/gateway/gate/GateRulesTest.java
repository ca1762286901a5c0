package dev.sallyport.gateway.gate;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sallyport.gateway.gate.Decision.Allowed;
import dev.sallyport.gateway.gate.Decision.AllowedHere;
import dev.sallyport.gateway.gate.Decision.Held;
import dev.sallyport.gateway.gate.Decision.Refused;
import dev.sallyport.gateway.tool.Call;
import dev.sallyport.schema.event.ApprovalBy;
import dev.sallyport.schema.event.Limits;
import dev.sallyport.schema.event.StatementClass;
import dev.sallyport.schema.id.CellId;
import dev.sallyport.schema.id.DatabaseName;
import dev.sallyport.schema.id.TenantId;
import dev.sallyport.schema.registry.Demand;
import dev.sallyport.schema.registry.Grant;
import dev.sallyport.schema.registry.Registry;
import dev.sallyport.schema.registry.RegistryEntry;
import dev.sallyport.schema.registry.Rule;
import dev.sallyport.schema.registry.Scope;
import dev.sallyport.schema.registry.Tenant;
import dev.sallyport.schema.token.Caller;
import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.node.ObjectNode;

/**
 * What rules hold, as a table: which rules a tenant has, which statement comes, and what the gate
 * asks for. The table stands in {@code rules.golden}; a change of what is held is a change of that
 * file, for a reviewer to read.
 */
class GateRulesTest {

    private static final TenantId ACME = new TenantId("acme");
    private static final DatabaseName SHOP = new DatabaseName("shop");
    private static final DatabaseName ARCHIVE = new DatabaseName("archive");
    private static final Gate GATE = new Gate(true, new Limits(100, 1_000_000, 5_000), 50);

    private static final Map<String, List<Rule>> RULES = new LinkedHashMap<>();
    private static final Map<String, String> STATEMENTS = new LinkedHashMap<>();

    static {
        RULES.put("none", List.of());
        RULES.put("deletes confirmed", List.of(confirm(classes(StatementClass.DELETE))));
        RULES.put(
                "definitions by another",
                List.of(another(classes(StatementClass.DDL, StatementClass.ADMIN), 1)));
        RULES.put("orders confirmed", List.of(confirm(tables("orders"))));
        RULES.put("sales.orders by two", List.of(another(tables("sales.orders"), 2)));
        RULES.put(
                "above ten rows confirmed",
                List.of(confirm(new Rule.When(null, null, null, null, 10L))));
        RULES.put(
                "archive only",
                List.of(confirm(new Rule.When(Set.of(ARCHIVE), null, null, null, null))));
        RULES.put(
                "deletes wait",
                List.of(
                        new Rule(
                                ACME,
                                "wait",
                                classes(StatementClass.DELETE),
                                Rule.Approval.NONE,
                                60)));
        RULES.put(
                "everything confirmed, deletes by another",
                List.of(confirm(Rule.When.ANY), another(classes(StatementClass.DELETE), 1)));
        RULES.put(
                "deletes refused, all else confirmed",
                List.of(confirm(Rule.When.ANY), refusing(classes(StatementClass.DELETE))));
        RULES.put(
                "reads of orders refused",
                List.of(
                        refusing(
                                new Rule.When(
                                        null,
                                        null,
                                        Set.of(StatementClass.READ),
                                        Set.of("orders"),
                                        null))));

        STATEMENTS.put("read", "select id from orders");
        STATEMENTS.put("insert", "insert into orders values (1)");
        STATEMENTS.put("insert elsewhere", "insert into customers values (1)");
        STATEMENTS.put("update qualified", "update sales.orders set id = 1");
        STATEMENTS.put("update of another schema", "update stock.orders set id = 1");
        STATEMENTS.put("insert from orders", "insert into customers select id from orders");
        STATEMENTS.put("delete", "delete from orders where id = 1");
        STATEMENTS.put("delete elsewhere", "delete from customers");
        STATEMENTS.put(
                "write+delete",
                "with gone as (delete from orders returning id) insert into archive select id from gone");
        STATEMENTS.put(
                "hidden delete",
                "with gone as (delete from orders returning id) select id from gone");
        STATEMENTS.put("quoted", "delete from \"orders\"");
        STATEMENTS.put("odd name", "delete from \"a b\"");
        STATEMENTS.put("truncate", "truncate orders");
        STATEMENTS.put("ddl", "create table t (id int)");
        STATEMENTS.put("drop elsewhere", "drop table customers");
        STATEMENTS.put("admin", "grant select on orders to public");
        STATEMENTS.put("nobody can tell", "frobnicate customers");
    }

    private static Rule refusing(Rule.When when) {
        return new Rule(ACME, "refusing", when, Rule.Approval.NOBODY, null);
    }

    private static Rule confirm(Rule.When when) {
        return new Rule(
                ACME,
                "confirm",
                when,
                new Rule.Approval(ApprovalBy.CONFIRM, null, null, null),
                null);
    }

    private static Rule another(Rule.When when, int needed) {
        return new Rule(
                ACME,
                "another",
                when,
                new Rule.Approval(ApprovalBy.ANOTHER, Set.of("ben", "cid"), needed, null),
                null);
    }

    private static Rule.When classes(StatementClass... classes) {
        return new Rule.When(null, null, Set.of(classes), null, null);
    }

    private static Rule.When tables(String... tables) {
        return new Rule.When(null, null, null, Set.copyOf(Arrays.asList(tables)), null);
    }

    @Test
    void whatIsHeldIsWhatWasAgreed() throws IOException {
        List<String> lines = new ArrayList<>();
        RULES.forEach((rules, entries) ->
                STATEMENTS.forEach((name, sql) ->
                        lines.add("%-41s %-25s %s".formatted(rules, name, said(entries, sql)))));

        assertThat(String.join("\n", lines)).isEqualTo(golden());
    }

    @Test
    void aRehearsalIsNotHeld() {
        ObjectNode arguments = GatePolicyTest.arguments(SHOP, "delete from orders");
        arguments.put("dryRun", true);
        assertThat(decide(List.of(confirm(Rule.When.ANY)), arguments)).isInstanceOf(Allowed.class);
    }

    @Test
    void aCallThatNamesAnApprovalGoesTheWayOfThose() {
        ObjectNode arguments = GatePolicyTest.arguments(SHOP, "insert into orders values (1)");
        arguments.put("approval", "x");
        assertThat(decide(List.of(), arguments)).isInstanceOf(Held.class);
    }

    @Test
    void whoLacksTheRightIsRefusedAndNotHeld() {
        ObjectNode arguments = GatePolicyTest.arguments(SHOP, "delete from orders");
        Registry registry = registry(List.of(confirm(Rule.When.ANY)), EnumSet.of(Scope.WRITE));
        Call call =
                GatePolicyTest.call(
                        "db_execute",
                        arguments,
                        caller(EnumSet.allOf(Scope.class)),
                        false,
                        registry);
        assertThat(GATE.decide(call, registry)).isInstanceOf(Refused.class);
    }

    private static String said(List<Rule> rules, String sql) {
        return switch (decide(rules, GatePolicyTest.arguments(SHOP, sql))) {
            case Allowed _ -> "allowed";
            case AllowedHere _ -> "allowed here";
            case Refused(var refusal) -> "refused " + refusal.code();
            case Held(_, var matched) ->
                    "held: "
                            + (matched.askForRows() ? words(matched.demand(1L)) + " or " : "")
                            + words(matched.demand(null));
        };
    }

    private static String words(Demand demand) {
        return demand.by().wire()
                + (demand.by() == ApprovalBy.ANOTHER ? " " + demand.needed() : "")
                + (demand.cooldown().isZero() ? "" : " cooldown " + demand.cooldown());
    }

    private static Decision decide(List<Rule> rules, ObjectNode arguments) {
        Registry registry = registry(rules, EnumSet.allOf(Scope.class));
        return GATE.decide(
                GatePolicyTest.call(
                        "db_execute",
                        arguments,
                        caller(EnumSet.allOf(Scope.class)),
                        false,
                        registry),
                registry);
    }

    private static Registry registry(List<Rule> rules, Set<Scope> granted) {
        List<RegistryEntry> entries = new ArrayList<>(rules);
        entries.add(new Tenant(ACME, "Acme", new CellId("cell"), List.of(), false));
        entries.add(GatePolicyTest.database(ACME, SHOP, false));
        entries.add(new Grant(ACME, "grant", Set.of("alice"), Set.of(SHOP), granted));
        return Registry.of(1, entries);
    }

    private static Caller caller(Set<Scope> scopes) {
        return new Caller(
                ACME, "alice", "agent", scopes, URI.create("https://issuer.example"), Instant.MAX);
    }

    private static String golden() throws IOException {
        try (var in = GateRulesTest.class.getResourceAsStream("rules.golden")) {
            return in == null ? "" : new String(in.readAllBytes(), StandardCharsets.UTF_8).strip();
        }
    }
}
