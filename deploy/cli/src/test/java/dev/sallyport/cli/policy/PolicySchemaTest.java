package dev.sallyport.cli.policy;

import static org.assertj.core.api.Assertions.assertThat;

import com.networknt.schema.InputFormat;
import com.networknt.schema.SchemaRegistry;
import com.networknt.schema.SpecificationVersion;
import dev.sallyport.schema.event.ApprovalBy;
import dev.sallyport.schema.event.Limits;
import dev.sallyport.schema.event.StatementClass;
import dev.sallyport.schema.json.Json;
import dev.sallyport.schema.registry.Budget;
import dev.sallyport.schema.registry.Callers;
import dev.sallyport.schema.registry.ColumnName;
import dev.sallyport.schema.registry.ColumnTag;
import dev.sallyport.schema.registry.Database;
import dev.sallyport.schema.registry.DatabaseKind;
import dev.sallyport.schema.registry.GatewayKey;
import dev.sallyport.schema.registry.Grant;
import dev.sallyport.schema.registry.Hours;
import dev.sallyport.schema.registry.Issuer;
import dev.sallyport.schema.registry.KeyPurpose;
import dev.sallyport.schema.registry.Mask;
import dev.sallyport.schema.registry.Masking;
import dev.sallyport.schema.registry.Network;
import dev.sallyport.schema.registry.RegistryCodec;
import dev.sallyport.schema.registry.Rule;
import dev.sallyport.schema.registry.Scope;
import dev.sallyport.schema.registry.StatementRules;
import dev.sallyport.schema.registry.Tenant;
import dev.sallyport.schema.registry.TenantLimits;
import dev.sallyport.schema.registry.Window;
import java.lang.reflect.RecordComponent;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import tools.jackson.databind.JsonNode;

/** The schema says what the records are. */
final class PolicySchemaTest {
    private static final JsonNode SCHEMA = Json.mapper().readTree(PolicySchema.text());

    private static final Map<String, Class<? extends Record>> RECORDS =
            Map.ofEntries(
                    Map.entry("Tenant", Tenant.class),
                    Map.entry("Issuer", Issuer.class),
                    Map.entry("TenantLimits", TenantLimits.class),
                    Map.entry("Rates", TenantLimits.Rates.class),
                    Map.entry("Budget", Budget.class),
                    Map.entry("Database", Database.class),
                    Map.entry("Limits", Limits.class),
                    Map.entry("StatementRules", StatementRules.class),
                    Map.entry("Grant", Grant.class),
                    Map.entry("Rule", Rule.class),
                    Map.entry("When", Rule.When.class),
                    Map.entry("Approval", Rule.Approval.class),
                    Map.entry("Callers", Callers.class),
                    Map.entry("Hours", Hours.class),
                    Map.entry("Masking", Masking.class),
                    Map.entry("ColumnTag", ColumnTag.class),
                    Map.entry("GatewayKey", GatewayKey.class));

    static Stream<String> records() {
        return RECORDS.keySet().stream().sorted();
    }

    @ParameterizedTest
    @MethodSource("records")
    void everyMemberOfARecordIsDescribed(String name) {
        JsonNode rule = SCHEMA.path("$defs").path(name);
        RecordComponent[] components =
                Objects.requireNonNull(RECORDS.get(name)).getRecordComponents();
        assertThat(rule.path("properties").propertyNames())
                .containsExactlyInAnyOrder(
                        Arrays.stream(components)
                                .map(RecordComponent::getName)
                                .toArray(String[]::new));
        assertThat(rule.path("additionalProperties").booleanValue()).isFalse();
        assertThat(rule.path("properties").properties())
                .allSatisfy(member ->
                        assertThat(member.getValue().path("description").asString(""))
                                .as(member.getKey())
                                .isNotBlank());
    }

    @Test
    void everyRecordInsideOfAnotherIsHeldAgainstTheRecords() {
        List<Class<?>> inside =
                RECORDS.values().stream()
                        .flatMap(type -> Arrays.stream(type.getRecordComponents()))
                        .flatMap(component -> types(component.getGenericType().getTypeName()))
                        .filter(Class::isRecord)
                        .filter(type -> !isText(type))
                        .collect(Collectors.toList());
        assertThat(RECORDS.values())
                .containsAll(inside.stream().map(PolicySchemaTest::asRecord).toList());
    }

    /** Names, references and networks are. */
    private static boolean isText(Class<?> type) {
        return type == Network.class
                || type == ColumnName.class
                || type.getRecordComponents().length == 1;
    }

    private static Class<? extends Record> asRecord(Class<?> type) {
        return type.asSubclass(Record.class);
    }

    private static Stream<Class<?>> types(String name) {
        return Arrays.stream(name.split("[<>, ]+"))
                .filter(one -> one.startsWith("dev.sallyport"))
                .map(PolicySchemaTest::type);
    }

    private static Class<?> type(String name) {
        try {
            return Class.forName(name);
        } catch (ClassNotFoundException e) {
            throw new AssertionError(e);
        }
    }

    @Test
    void wordsAreTheRecordsOwn() {
        assertThat(words("Tool")).containsExactlyInAnyOrderElementsOf(TenantLimits.TOOLS);
        assertThat(SCHEMA.at("/$defs/TenantLimits/properties/tools/properties").propertyNames())
                .containsExactlyInAnyOrderElementsOf(TenantLimits.TOOLS);
        assertThat(words("Grant", "properties", "scopes", "items"))
                .containsExactlyInAnyOrderElementsOf(
                        Stream.of(Scope.values()).map(Scope::wire).toList());
        assertThat(words("Issuer", "properties", "algorithms", "items"))
                .containsExactlyInAnyOrderElementsOf(Issuer.ALGORITHMS);
        assertThat(words("ColumnTag", "properties", "mask"))
                .containsExactlyInAnyOrderElementsOf(
                        Stream.of(Mask.values()).map(Mask::wire).toList());
        assertThat(SCHEMA.at("/$defs/ColumnTag/properties/columns/maxItems").intValue())
                .isEqualTo(Masking.COLUMNS_MAX);
        assertThat(SCHEMA.at("/$defs/ColumnTag/properties/text/maxLength").intValue())
                .isEqualTo(ColumnTag.TEXT_MAX);
        assertThat(words("Database", "properties", "kind"))
                .containsExactlyInAnyOrderElementsOf(
                        Stream.of(DatabaseKind.values()).map(DatabaseKind::wire).toList());
        assertThat(words("GatewayKey", "properties", "purpose"))
                .containsExactlyInAnyOrderElementsOf(
                        Stream.of(KeyPurpose.values()).map(KeyPurpose::wire).toList());
        assertThat(words("Budget", "properties", "window"))
                .containsExactlyInAnyOrderElementsOf(
                        Stream.of(Window.values())
                                .map(window -> Json.mapper().valueToTree(window).asString())
                                .toList());
        assertThat(words("When", "properties", "tools", "items"))
                .containsExactlyInAnyOrderElementsOf(Rule.TOOLS);
        assertThat(words("When", "properties", "classes", "items"))
                .containsExactlyInAnyOrderElementsOf(
                        Stream.of(StatementClass.values()).map(StatementClass::wire).toList());
        assertThat(words("Hours", "properties", "days", "items"))
                .containsExactlyInAnyOrderElementsOf(
                        Stream.of(Hours.Day.values()).map(Hours.Day::wire).toList());
        assertThat(words("Approval", "properties", "by"))
                .containsExactlyInAnyOrderElementsOf(
                        Stream.of(ApprovalBy.values()).map(ApprovalBy::wire).toList());
        assertThat(SCHEMA.at("/$defs/When/properties/rowsAbove/maximum").longValue())
                .isEqualTo(Rule.When.ROWS_MAX);
        assertThat(SCHEMA.at("/$defs/Approval/properties/approvers/maxItems").intValue())
                .isEqualTo(Rule.Approval.APPROVERS_MAX);
        assertThat(SCHEMA.at("/$defs/Approval/properties/validSeconds/maximum").intValue())
                .isEqualTo(Rule.Approval.VALID_SECONDS_MAX);
        assertThat(SCHEMA.at("/$defs/Rule/properties/cooldownSeconds/maximum").intValue())
                .isEqualTo(Rule.COOLDOWN_SECONDS_MAX);
        assertThat(SCHEMA.at("/$defs/Rate/maximum").intValue())
                .isEqualTo(TenantLimits.PER_MINUTE_MAX);
        assertThat(SCHEMA.at("/$defs/Amount/maximum").longValue()).isEqualTo(Budget.AMOUNT_MAX);
        assertThat(SCHEMA.at("/$defs/TenantLimits/properties/budgets/maxItems").intValue())
                .isEqualTo(TenantLimits.BUDGETS_MAX);
        assertThat(SCHEMA.at("/$defs/SqlNames/maxItems").intValue())
                .isEqualTo(StatementRules.NAMES_MAX);
    }

    private static List<String> words(String... path) {
        JsonNode rule = SCHEMA.path("$defs");
        for (String step : path) {
            rule = rule.path(step);
        }
        return rule.path("enum").valueStream().map(JsonNode::asString).toList();
    }

    @Test
    void itIsASchema() {
        var registry = SchemaRegistry.withDefaultDialect(SpecificationVersion.DRAFT_2020_12);
        var meta =
                registry.getSchema(
                        com.networknt.schema.SchemaLocation.of(
                                "https://json-schema.org/draft/2020-12/schema"));
        assertThat(meta.validate(PolicySchema.text(), InputFormat.JSON)).isEmpty();
    }

    /** Each member taken out of a whole entry, and whether the entry can be without it. */
    @ParameterizedTest
    @MethodSource("records")
    void whatTheSchemaRequiresTheRegistryDoesToo(String name) {
        String key = WHOLE.get(name);
        if (key == null) {
            return;
        }
        JsonNode whole = PlacedYaml.read("f", ENTRIES).getFirst().value().path(key);
        RegistryCodec.fromPerson(key, whole);
        List<String> required =
                SCHEMA.path("$defs")
                        .path(name)
                        .path("required")
                        .valueStream()
                        .map(JsonNode::asString)
                        .toList();
        for (String member : whole.propertyNames()) {
            var without = ((tools.jackson.databind.node.ObjectNode) whole).deepCopy();
            without.remove(member);
            @Nullable Exception refused = null;
            try {
                RegistryCodec.fromPerson(key, without);
            } catch (RuntimeException e) {
                refused = e;
            }
            assertThat(refused != null)
                    .as(name + "." + member)
                    .isEqualTo(required.contains(member));
        }
    }

    private static final Map<String, String> WHOLE =
            Map.of(
                    "Tenant", "tenant/a",
                    "Database", "database/a/d",
                    "Grant", "grant/a/g",
                    "Rule", "rule/a/r",
                    "GatewayKey", "key/g");

    private static final String ENTRIES =
            """
            tenant/a: {id: a, name: A, cell: main, issuers: [], readOnly: false, limits: {}}
            database/a/d:
              tenant: a
              name: d
              description: x
              kind: postgresql
              jdbcUrl: jdbc:postgresql://h/d
              user: u
              password: env:P
              sealKey: env:K
              connectionsMax: 1
              readOnly: false
              limits: {rowsMax: 1, bytesMax: 1, timeoutMillis: 1}
              statements: {oneTenant: false, xml: false, cardNumbers: false}
              masking: {tags: [{tag: pii, mask: fixed, text: x, columns: [public.t.c]}]}
            grant/a/g: {tenant: a, name: g, subjects: [], databases: [], scopes: [], statistics: false}
            rule/a/r: {tenant: a, name: r, when: {}, approval: {by: confirm}, cooldownSeconds: 1}
            key/g: {gateway: g, publicKey: MCowBQYDK2VwAyEAGb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE=, purpose: approvals}
            """;
}
