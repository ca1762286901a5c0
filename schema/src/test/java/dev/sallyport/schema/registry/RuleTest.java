package dev.sallyport.schema.registry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sallyport.schema.SchemaException;
import dev.sallyport.schema.event.ApprovalBy;
import dev.sallyport.schema.event.StatementClass;
import dev.sallyport.schema.id.DatabaseName;
import dev.sallyport.schema.id.TenantId;
import dev.sallyport.schema.json.Json;
import java.net.InetAddress;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.Collection;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class RuleTest {
    private static final TenantId ACME = new TenantId("acme");
    private static final DatabaseName SHOP = new DatabaseName("shop");

    private static Rule rule(String name, Rule.When when, Rule.Approval approval) {
        return new Rule(ACME, name, when, approval, null);
    }

    private static Rule confirm(Rule.When when) {
        return rule("c", when, new Rule.Approval(ApprovalBy.CONFIRM, null, null, null));
    }

    private static Rule.When classes(StatementClass... classes) {
        return new Rule.When(null, null, Set.of(classes), null, null);
    }

    private static Rule.When tables(String... tables) {
        return new Rule.When(null, null, null, Set.of(tables), null);
    }

    private static Rule.Approval another(@Nullable Integer needed, String... approvers) {
        return new Rule.Approval(ApprovalBy.ANOTHER, Set.of(approvers), needed, null);
    }

    private static boolean matches(
            Rule.When when, Set<StatementClass> effects, Collection<String> tables) {
        return !TenantRules.of(List.of(confirm(when)))
                .matching(RuledCall.of(SHOP, "db_execute", effects, tables))
                .isEmpty();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{\"when\":{},\"approval\":{\"by\":\"confirm\"},\"cooldown\":1}",
                "{\"when\":{\"table\":[\"a\"]},\"approval\":{\"by\":\"confirm\"}}",
                "{\"when\":{\"rowsAbove\":1.5},\"approval\":{\"by\":\"confirm\"}}",
                "{\"when\":{\"classes\":[\"reed\"]},\"approval\":{\"by\":\"confirm\"}}",
                "{\"when\":{\"classes\":[\"read\"]},\"approval\":{\"by\":\"confirm\"}}",
                "{\"when\":{\"classes\":[]},\"approval\":{\"by\":\"confirm\"}}",
                "{\"when\":{\"tools\":[\"db_query\"]},\"approval\":{\"by\":\"confirm\"}}",
                "{\"when\":{\"tables\":[\"Orders\"]},\"approval\":{\"by\":\"confirm\"}}",
                "{\"when\":{},\"approval\":{\"by\":\"nobody\"},\"cooldownSeconds\":1}",
                "{\"when\":{},\"approval\":{\"by\":\"nobody\",\"approvers\":[\"ana\"]}}",
                "{\"when\":{\"callers\":{}},\"approval\":{\"by\":\"nobody\"}}",
                "{\"when\":{\"callers\":{\"subject\":[\"ana\"]}},\"approval\":{\"by\":\"nobody\"}}",
                "{\"when\":{\"callers\":{\"subjects\":[\"*\"]}},\"approval\":{\"by\":\"nobody\"}}",
                "{\"when\":{\"callers\":{\"networks\":[\"10.0.0.0/33\"]}},\"approval\":{\"by\":\"nobody\"}}",
                "{\"when\":{\"callers\":{\"networks\":[\"office\"]}},\"approval\":{\"by\":\"nobody\"}}",
                "{\"when\":{\"hours\":{\"from\":\"18:00\",\"to\":\"8:00\",\"zone\":\"UTC\"}},\"approval\":{\"by\":\"nobody\"}}",
                "{\"when\":{\"hours\":{\"from\":\"18:00\",\"to\":\"24:00\",\"zone\":\"UTC\"}},\"approval\":{\"by\":\"nobody\"}}",
                "{\"when\":{\"hours\":{\"from\":\"18:00\",\"to\":\"18:00\",\"zone\":\"UTC\"}},\"approval\":{\"by\":\"nobody\"}}",
                "{\"when\":{\"hours\":{\"from\":\"18:00\",\"to\":\"08:00\",\"zone\":\"Mars\"}},\"approval\":{\"by\":\"nobody\"}}",
                "{\"when\":{\"hours\":{\"from\":\"18:00\",\"to\":\"08:00\"}},\"approval\":{\"by\":\"nobody\"}}",
                "{\"when\":{\"hours\":{\"from\":\"18:00\",\"to\":\"08:00\",\"zone\":\"UTC\",\"days\":[\"monday\"]}},\"approval\":{\"by\":\"nobody\"}}",
                "{\"when\":{},\"approval\":{\"by\":\"anybody\"}}",
                "{\"when\":{},\"approval\":{\"by\":\"confirm\",\"approver\":[\"ana\"]}}",
                "{\"when\":{},\"approval\":{\"by\":\"another\"}}",
                "{\"when\":{},\"approval\":{\"by\":\"another\",\"approvers\":[\"*\"]}}",
                "{\"when\":{},\"approval\":{\"by\":\"another\",\"approvers\":[\"a\"],\"needed\":2}}",
                "{\"when\":{},\"approval\":{\"by\":\"another\",\"approvers\":[\"a\"],\"validSeconds\":0}}",
                "{\"when\":{},\"approval\":{\"by\":\"none\"}}",
                "{\"when\":{},\"approval\":{}}",
                "{\"when\":{}}",
            })
    void aWordThatIsNotKnownIsAnErrorForWhoWritesAndForWhoReads(String members) {
        var written = Json.mapper().readTree(members);
        assertThatThrownBy(() -> RegistryCodec.fromPerson("rule/acme/r", written))
                .isInstanceOf(RegistryEntryException.class);

        String whole = "{\"tenant\":\"acme\",\"name\":\"r\"," + members.substring(1);
        assertThatThrownBy(() ->
                        RegistryCodec.decode("rule/acme/r", whole.getBytes(StandardCharsets.UTF_8)))
                .isInstanceOf(SchemaException.class);
    }

    @ParameterizedTest
    @ValueSource(strings = {"r", "No Name That A Rule Has", ""})
    void aRuleThatCannotBeReadRefusesEverything(String name) {
        TenantRules rules = TenantRules.of(List.of(Rule.unreadable(ACME, name)));

        for (StatementClass effect : StatementClass.values()) {
            assertThat(
                            rules.matching(
                                            RuledCall.of(
                                                    SHOP,
                                                    "db_query",
                                                    EnumSet.of(effect),
                                                    List.of("t")))
                                    .refusing())
                    .as(effect.wire())
                    .isPresent();
        }
    }

    @Test
    void onlyWhatReadsIsNeverHeld() {
        assertThat(matches(Rule.When.ANY, EnumSet.of(StatementClass.READ), List.of("t"))).isFalse();
        for (StatementClass effect : Rule.CHANGES) {
            assertThat(matches(Rule.When.ANY, EnumSet.of(effect), List.of("t")))
                    .as(effect.wire())
                    .isTrue();
        }
    }

    @Test
    void eachEffectOfAStatementCounts() {
        Rule.When deletes = classes(StatementClass.DELETE);
        assertThat(matches(deletes, EnumSet.of(StatementClass.WRITE), List.of("t"))).isFalse();
        assertThat(
                        matches(
                                deletes,
                                EnumSet.of(StatementClass.WRITE, StatementClass.DELETE),
                                List.of("t")))
                .isTrue();
        // what a statement does that could not be read may be anything
        assertThat(matches(deletes, EnumSet.of(StatementClass.UNKNOWN), List.of("t"))).isTrue();
        assertThat(
                        matches(
                                deletes,
                                EnumSet.of(StatementClass.WRITE, StatementClass.UNKNOWN),
                                List.of("t")))
                .isTrue();
    }

    @ParameterizedTest
    @CsvSource({
        "orders, orders, true",
        "orders, sales.orders, true",
        "orders, shop.sales.orders, true",
        "sales.orders, orders, true",
        "sales.orders, sales.orders, true",
        "sales.orders, shop.sales.orders, true",
        "sales.orders, stock.orders, false",
        "sales.orders, sales.order, false",
        "orders, customers, false",
        // odd names come in quotes, and what may not be told as a mark
        "'orders', '\"orders\"', true",
        "orders, '\"Orders\"', false",
        "orders, '\"?\"', true",
        "orders, 'sales.\"?\"', true",
        "orders, '\"a.b\".orders', true",
        "b.orders, '\"a.b\".orders', false",
    })
    void tablesAreMatchedByWhatIsTold(String table, String named, boolean matches) {
        assertThat(matches(tables(table), EnumSet.of(StatementClass.WRITE), List.of(named)))
                .isEqualTo(matches);
    }

    @Test
    void whereTheTextDoesNotTellTheTablesEveryTableIsMeant() {
        assertThat(matches(tables("orders"), EnumSet.of(StatementClass.WRITE), List.of())).isTrue();
        for (StatementClass effect :
                List.of(StatementClass.DDL, StatementClass.ADMIN, StatementClass.UNKNOWN)) {
            assertThat(matches(tables("orders"), EnumSet.of(effect), List.of("customers")))
                    .as(effect.wire())
                    .isTrue();
        }
    }

    @Test
    void anotherDatabaseIsNotConcerned() {
        Rule.When shop = new Rule.When(Set.of(SHOP), null, null, null, null);
        TenantRules rules = TenantRules.of(List.of(confirm(shop)));
        assertThat(
                        rules.matching(
                                        RuledCall.of(
                                                new DatabaseName("archive"),
                                                "db_execute",
                                                EnumSet.of(StatementClass.DELETE),
                                                List.of("t")))
                                .isEmpty())
                .isTrue();
    }

    private static Demand demand(@Nullable Long rows, Rule... rules) {
        return new MatchedRules(Arrays.asList(rules)).demand(rows);
    }

    @Test
    void theStrictestOfEachCounts() {
        Rule confirm =
                new Rule(
                        ACME,
                        "a",
                        Rule.When.ANY,
                        new Rule.Approval(ApprovalBy.CONFIRM, null, null, 30),
                        600);
        Rule ana =
                new Rule(
                        ACME,
                        "b",
                        Rule.When.ANY,
                        new Rule.Approval(ApprovalBy.ANOTHER, Set.of("ana", "ben"), 2, 90),
                        60);
        Rule ben = rule("c", Rule.When.ANY, another(null, "ben", "cid"));
        Rule wait = new Rule(ACME, "d", Rule.When.ANY, Rule.Approval.NONE, 900);

        assertThat(demand(1L, wait).by()).isEqualTo(ApprovalBy.NONE);
        assertThat(demand(1L, wait, confirm).by()).isEqualTo(ApprovalBy.CONFIRM);
        Demand all = demand(1L, wait, ben, ana, confirm);
        assertThat(all)
                .isEqualTo(
                        new Demand(
                                List.of("a", "b", "c", "d"),
                                ApprovalBy.ANOTHER,
                                new java.util.TreeSet<>(Set.of("ben")),
                                2,
                                Duration.ofSeconds(30),
                                Duration.ofSeconds(900)));
        assertThat(all.canBeMet("zoe")).as("two of one person").isFalse();
    }

    @Test
    void theRequesterIsNotOneOfTheOthers() {
        Demand one = demand(1L, rule("r", Rule.When.ANY, another(1, "ana", "ben")));
        assertThat(one.canBeMet("ana")).isTrue();
        Demand two = demand(1L, rule("r", Rule.When.ANY, another(2, "ana", "ben")));
        assertThat(two.canBeMet("ana")).isFalse();
        assertThat(two.canBeMet("cid")).isTrue();
    }

    @Test
    void rowsThatCannotBeToldAreTooMany() {
        Rule many =
                rule(
                        "r",
                        new Rule.When(null, null, null, null, 10L),
                        new Rule.Approval(ApprovalBy.CONFIRM, null, null, null));
        assertThat(demand(10L, many).by()).isEqualTo(ApprovalBy.NONE);
        assertThat(demand(11L, many).by()).isEqualTo(ApprovalBy.CONFIRM);
        assertThat(demand(null, many).by()).isEqualTo(ApprovalBy.CONFIRM);
    }

    @Test
    void whatCannotBeRehearsedIsForAnotherPerson() {
        Rule plain = confirm(Rule.When.ANY);
        Rule named =
                rule(
                        "n",
                        Rule.When.ANY,
                        new Rule.Approval(ApprovalBy.CONFIRM, Set.of("ana"), null, null));

        Demand nobody = new MatchedRules(List.of(plain)).demandUnrehearsed();
        assertThat(nobody.by()).isEqualTo(ApprovalBy.ANOTHER);
        assertThat(nobody.canBeMet("zoe")).isFalse();
        Demand ana = new MatchedRules(List.of(plain, named)).demandUnrehearsed();
        assertThat(ana.by()).isEqualTo(ApprovalBy.ANOTHER);
        assertThat(ana.approvers()).containsExactly("ana");
        Demand others =
                new MatchedRules(List.of(named, rule("o", Rule.When.ANY, another(null, "ben"))))
                        .demandUnrehearsed();
        assertThat(others.approvers()).containsExactly("ben");
        Rule wait = new Rule(ACME, "w", Rule.When.ANY, Rule.Approval.NONE, 1);
        assertThat(new MatchedRules(List.of(wait)).demandUnrehearsed().by())
                .isEqualTo(ApprovalBy.NONE);
    }

    @Test
    void whatHoldsWithoutARuleIsOneConstant() {
        TenantRules strict = TenantRules.of(List.of(), ApprovalBy.CONFIRM);

        assertThat(destroying(strict, StatementClass.DELETE)).isEqualTo(ApprovalBy.CONFIRM);
        assertThat(destroying(strict, StatementClass.DDL)).isEqualTo(ApprovalBy.CONFIRM);
        assertThat(destroying(strict, StatementClass.WRITE)).isEqualTo(ApprovalBy.NONE);
        assertThat(destroying(TenantRules.NONE, StatementClass.DELETE))
                .isEqualTo(TenantRules.WITHOUT_RULE);
    }

    private static ApprovalBy destroying(TenantRules rules, StatementClass effect) {
        return rules.matching(RuledCall.of(SHOP, "db_execute", EnumSet.of(effect), List.of("t")))
                .demand(1L)
                .by();
    }

    @Test
    void aRuleSaysOnlyWhatItCanMean() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new Rule(ACME, "Big", Rule.When.ANY, Rule.Approval.NONE, 1));
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new Rule(ACME, "r", Rule.When.ANY, Rule.Approval.NONE, 0));
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new Rule.Approval(ApprovalBy.NONE, Set.of("ana"), null, null));
    }

    private static boolean matches(Rule.When when, RuledCall call) {
        return !TenantRules.of(List.of(rule("n", when, Rule.Approval.NOBODY)))
                .matching(call)
                .isEmpty();
    }

    private static RuledCall delete() {
        return RuledCall.of(SHOP, "db_execute", EnumSet.of(StatementClass.DELETE), List.of("t"));
    }

    private static RuledCall read(String... tables) {
        return RuledCall.of(SHOP, "db_query", EnumSet.of(StatementClass.READ), List.of(tables));
    }

    private static Rule.When when(
            @Nullable Callers callers, @Nullable Callers except, @Nullable Hours hours) {
        return new Rule.When(null, null, null, null, null, callers, except, hours);
    }

    @Test
    void aRuleCanBeAboutItsCallers() {
        Callers ana = new Callers(Set.of("ana"), null, null);
        Callers office = new Callers(null, null, Set.of(Network.of("10.1.0.0/16")));
        Callers both =
                new Callers(Set.of("ana"), Set.of("desktop"), Set.of(Network.of("2001:db8::/32")));
        RuledCall fromOffice =
                delete().by("ana", "desktop", InetAddress.ofLiteral("10.1.2.3"), null);
        RuledCall fromHome = delete().by("ben", "web", InetAddress.ofLiteral("192.0.2.1"), null);
        RuledCall bySix = delete().by("ana", "desktop", InetAddress.ofLiteral("2001:db8::7"), null);

        assertThat(matches(when(ana, null, null), fromOffice)).isTrue();
        assertThat(matches(when(ana, null, null), fromHome)).isFalse();
        assertThat(matches(when(null, office, null), fromOffice)).isFalse();
        assertThat(matches(when(null, office, null), fromHome)).isTrue();
        assertThat(matches(when(null, office, null), bySix)).isTrue();
        assertThat(matches(when(both, null, null), bySix)).isTrue();
        assertThat(matches(when(both, null, null), fromOffice)).isFalse();
        assertThat(matches(when(ana, office, null), fromOffice)).isFalse();
        // what is not told of a call counts as what the rule names
        assertThat(matches(when(ana, null, null), delete())).isTrue();
        assertThat(matches(when(null, office, null), delete())).isTrue();
    }

    @ParameterizedTest
    @CsvSource({
        // Berlin is two hours ahead in summer and one in winter; 2026-07-03 is a Friday
        "08:00, 18:00, , 2026-07-03T05:59:59Z, false",
        "08:00, 18:00, , 2026-07-03T06:00:00Z, true",
        "08:00, 18:00, , 2026-07-03T15:59:59Z, true",
        "08:00, 18:00, , 2026-07-03T16:00:00Z, false",
        "08:00, 18:00, , 2026-01-02T06:30:00Z, false",
        "18:00, 08:00, , 2026-07-03T16:00:00Z, true",
        "18:00, 08:00, , 2026-07-03T23:00:00Z, true",
        "18:00, 08:00, , 2026-07-03T05:59:00Z, true",
        "18:00, 08:00, , 2026-07-03T12:00:00Z, false",
        // the night of Friday goes into Saturday, whose own has not begun
        "18:00, 08:00, fri, 2026-07-03T16:00:00Z, true",
        "18:00, 08:00, fri, 2026-07-04T04:00:00Z, true",
        "18:00, 08:00, fri, 2026-07-03T04:00:00Z, false",
        "18:00, 08:00, fri, 2026-07-04T16:00:00Z, false",
        "00:00, 23:59, sat, 2026-07-03T22:00:00Z, true",
        "00:00, 23:59, sat, 2026-07-03T21:59:00Z, false"
    })
    void aRuleCanBeAboutTheTime(
            String from, String to, @Nullable String day, Instant at, boolean matches) {
        Hours hours =
                new Hours(
                        from, to, "Europe/Berlin", day == null ? null : Set.of(Hours.Day.of(day)));

        assertThat(matches(when(null, null, hours), delete().by(null, null, null, at)))
                .isEqualTo(matches);
        assertThat(matches(when(null, null, hours), delete())).isTrue();
    }

    @Test
    void aReadCanBeRefusedAndOnlyWhereTheRuleNamesReads() {
        Rule.When reads =
                new Rule.When(null, null, Set.of(StatementClass.READ), Set.of("salaries"), null);

        assertThat(matches(reads, read("salaries"))).isTrue();
        assertThat(matches(reads, read("customers", "hr.salaries"))).isTrue();
        assertThat(matches(reads, read("customers"))).isFalse();
        assertThat(matches(reads, read())).as("it reads no table").isFalse();
        assertThat(matches(reads, delete())).isFalse();
        assertThat(
                        matches(
                                reads,
                                RuledCall.of(
                                        SHOP,
                                        "db_execute",
                                        EnumSet.of(StatementClass.WRITE),
                                        List.of("salaries"))))
                .as("a change can return rows")
                .isTrue();
        assertThat(matches(Rule.When.ANY, read("salaries"))).isFalse();
        assertThatIllegalArgumentException().isThrownBy(() -> confirm(reads));
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new Rule.When(null, Set.of("db_query"), null, null, null));
    }

    @Test
    void whatNobodyCanAllowIsTheStrictest() {
        Rule many = rule("m", new Rule.When(null, null, null, null, 10L), Rule.Approval.NOBODY);
        MatchedRules rules =
                new MatchedRules(List.of(rule("a", Rule.When.ANY, another(null, "ben")), many));

        assertThat(rules.refusing()).as("it may be few rows").isEmpty();
        assertThat(rules.demand(10L).by()).isEqualTo(ApprovalBy.ANOTHER);
        assertThat(rules.demand(11L).by()).isEqualTo(ApprovalBy.NOBODY);
        assertThat(rules.demandUnrehearsed().by()).isEqualTo(ApprovalBy.NOBODY);
        Rule always = rule("n", Rule.When.ANY, Rule.Approval.NOBODY);
        assertThat(new MatchedRules(List.of(many, always)).refusing()).contains(always);
    }
}
