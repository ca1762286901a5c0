package dev.sallyport.gateway.gate;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sallyport.gateway.gate.Decision.Allowed;
import dev.sallyport.gateway.gate.Decision.AllowedHere;
import dev.sallyport.gateway.gate.Decision.Code;
import dev.sallyport.gateway.gate.Decision.Refused;
import dev.sallyport.gateway.statement.Statements;
import dev.sallyport.schema.event.Limits;
import dev.sallyport.schema.id.CellId;
import dev.sallyport.schema.id.DatabaseName;
import dev.sallyport.schema.id.TenantId;
import dev.sallyport.schema.registry.Database;
import dev.sallyport.schema.registry.Grant;
import dev.sallyport.schema.registry.Registry;
import dev.sallyport.schema.registry.Scope;
import dev.sallyport.schema.registry.Tenant;
import dev.sallyport.schema.token.Caller;
import java.net.URI;
import java.time.Instant;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

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

        assertThat(refusal(gate.decide(query(LEDGER, "select 1", 0), caller(), registry)))
                .isEqualTo(
                        refusal(
                                gate.decide(
                                        query(new DatabaseName("nowhere"), "select 1", 0),
                                        caller(),
                                        registry)))
                .extracting(Refused::code)
                .isEqualTo(Code.DATABASE_UNKNOWN);
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

        assertThat(refusal(gate.decide(query(SHOP, "select 1", 0), caller(), registry)).code())
                .isEqualTo(Code.TOOL_UNKNOWN);
    }

    @Test
    void everyReadOnlySwitchIsEnoughAlone() {
        var insert = execute("insert into orders values (1)", false);
        var asked = execute("insert into orders values (1)", true);

        assertThat(gate.decide(insert, caller(), registry(false, false)))
                .isInstanceOf(Allowed.class);
        assertThat(refusal(gate.decide(asked, caller(), registry(false, false))).code())
                .isEqualTo(Code.READ_ONLY);
        assertThat(refusal(gate.decide(insert, caller(), registry(true, false))).code())
                .isEqualTo(Code.READ_ONLY);
        assertThat(refusal(gate.decide(insert, caller(), registry(false, true))).code())
                .isEqualTo(Code.READ_ONLY);
        var closed = new Gate(false, CEILING, 50);
        assertThat(refusal(closed.decide(insert, caller(), registry(false, false))).code())
                .isEqualTo(Code.READ_ONLY);
        assertThat(closed.shows(Action.EXECUTE, caller(), registry(false, false), false)).isFalse();
        assertThat(closed.shows(Action.QUERY, caller(), registry(false, false), false)).isTrue();
    }

    @Test
    void readsAreAllowedWhereWritesAreNot() {
        assertThat(gate.decide(query(SHOP, "select 1", 0), caller(), registry(true, true)))
                .isInstanceOf(Allowed.class);
    }

    @Test
    void limitsAreTheSmallestOfCallDatabaseAndCeiling() {
        assertThat(rows(0)).isEqualTo(50);
        assertThat(rows(10)).isEqualTo(10);
        assertThat(rows(1_000_000)).isEqualTo(80);
        var allowed =
                (Allowed) gate.decide(query(SHOP, "select 1", 0), caller(), registry(false, false));
        assertThat(allowed.limits().bytesMax()).isEqualTo(500_000);
        assertThat(allowed.limits().timeoutMillis()).isEqualTo(5_000);
    }

    @Test
    void placeholdersAndValuesMustMatch() {
        var registry = registry(false, false);

        assertThat(
                        refusal(gate.decide(query(SHOP, "select $1, $2", 1), caller(), registry))
                                .message())
                .contains("2 placeholders", "1 values");
        assertThat(refusal(gate.decide(query(SHOP, "select 1", 1), caller(), registry)).code())
                .isEqualTo(Code.PARAMETERS_MISMATCH);
        assertThat(gate.decide(query(SHOP, "select $1, $2", 2), caller(), registry))
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
        var list = new Call(Action.LIST_DATABASES, null, null, 0, 0, false);

        assertThat(((AllowedHere) gate.decide(list, caller(), registry)).databases())
                .extracting(Database::name)
                .containsExactly(SHOP);
    }

    private int rows(int wanted) {
        var call = new Call(Action.QUERY, SHOP, Statements.classify("select 1"), 0, wanted, false);
        return ((Allowed) gate.decide(call, caller(), registry(false, false))).limits().rowsMax();
    }

    private static Refused refusal(Decision decision) {
        assertThat(decision).isInstanceOf(Refused.class);
        return (Refused) decision;
    }

    private static Call query(DatabaseName database, String sql, int parameters) {
        return new Call(Action.QUERY, database, Statements.classify(sql), parameters, 0, false);
    }

    private static Call execute(String sql, boolean readOnly) {
        return new Call(Action.EXECUTE, SHOP, Statements.classify(sql), 0, 0, readOnly);
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
