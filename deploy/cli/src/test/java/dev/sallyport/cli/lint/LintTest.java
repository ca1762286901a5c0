package dev.sallyport.cli.lint;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sallyport.cli.Main;
import dev.sallyport.cli.lint.Finding.Kind;
import dev.sallyport.cli.policy.PolicyFiles;
import dev.sallyport.gateway.Trial;
import dev.sallyport.schema.id.TenantId;
import dev.sallyport.schema.registry.RegistryEntry;
import dev.sallyport.schema.registry.Suspension;
import java.io.ByteArrayInputStream;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

final class LintTest {
    private static final String POLICY =
            """
            tenant/acme:
              name: Acme
              cell: main
              issuers:
                - {uri: "https://login.example/", jwksUri: "https://login.example/jwks", algorithms: [RS256], claims: {}}
              readOnly: false
              limits:
                callsPerMinute: 100
                destroyingPerMinute: 10
                tools: {db_execute: {callsPerMinute: 20}}
                budgets:
                  - {name: daily, subjects: ["*"], window: day, calls: 5000, rows: 100000}
                  - {name: bens, subjects: [ben], tools: [db_query], window: hour, calls: 100}
            database/acme/shop:
              kind: postgresql
              jdbcUrl: jdbc:postgresql://db.example/shop
              user: agent
              password: env:A
              sealKey: env:B
              connectionsMax: 4
              readOnly: false
              limits: {rowsMax: 1000, bytesMax: 1048576, timeoutMillis: 10000}
            grant/acme/analysts:
              subjects: [anna, ben]
              databases: [shop]
              scopes: [mcp:read]
              statistics: false
            grant/acme/writers:
              subjects: [ben]
              databases: [shop]
              scopes: [mcp:read, mcp:write, mcp:delete]
              statistics: false
            rule/acme/deletes:
              when: {classes: [delete]}
              approval: {by: another, approvers: [carla, dan]}
            rule/acme/many:
              when: {rowsAbove: 100}
              approval: {by: another, approvers: [carla], validSeconds: 600}
            """;

    private static List<Finding> found(String yaml, RegistryEntry... more) {
        List<RegistryEntry> entries =
                new ArrayList<>(
                        PolicyFiles.read(
                                        List.of(PolicyFiles.STANDARD_INPUT),
                                        new ByteArrayInputStream(
                                                yaml.getBytes(StandardCharsets.UTF_8)))
                                .all());
        entries.addAll(List.of(more));
        return Lint.findings(entries, Trial.standard().ceiling());
    }

    private static String changed(String from, String to) {
        assertThat(POLICY).contains(from);
        return POLICY.replace(from, to);
    }

    /** What is changed, and what is found then; each kind at least once. */
    record Case(String from, String to, Kind kind, String key, String words) {
        @Override
        public String toString() {
            return kind.code() + " " + key;
        }
    }

    private static Case of(String from, String to, Kind kind, String key, String words) {
        return new Case(from, to, kind, key, words);
    }

    static Stream<Case> cases() {
        String writers =
                "subjects: [ben]\n  databases: [shop]\n  scopes: [mcp:read, mcp:write, mcp:delete]";
        return Stream.of(
                of("claims: {}}", "claims: {}}", Kind.TENANT_UNKNOWN, "rule/other/r", "tenant"),
                of(
                        "issuers:\n    - {uri: \"https://login.example/\", jwksUri: \"https://login.example/jwks\", algorithms: [RS256], claims: {}}",
                        "issuers: []",
                        Kind.TENANT_WITHOUT_ISSUER,
                        "tenant/acme",
                        "no token"),
                of(
                        "grant/acme/analysts:",
                        "database/acme/gis:\n  kind: postgresql\n  jdbcUrl: jdbc:postgresql://db.example/gis\n  user: agent\n  password: env:A\n  sealKey: env:B\n  connectionsMax: 4\n  readOnly: false\n  limits: {rowsMax: 1, bytesMax: 1, timeoutMillis: 1}\ngrant/acme/analysts:",
                        Kind.DATABASE_WITHOUT_GRANT,
                        "database/acme/gis",
                        "nobody sees it"),
                of(
                        "rowsMax: 1000,",
                        "rowsMax: 20000,",
                        Kind.LIMIT_ABOVE_CEILING,
                        "database/acme/shop",
                        "limits.rowsMax is 20000, and gateways give one call 10000"),
                of(
                        "subjects: [anna, ben]",
                        "subjects: []",
                        Kind.GRANT_WITHOUT_SUBJECTS,
                        "grant/acme/analysts",
                        "no subjects"),
                of(
                        "subjects: [anna, ben]\n  databases: [shop]",
                        "subjects: [anna, ben]\n  databases: []",
                        Kind.GRANT_WITHOUT_DATABASES,
                        "grant/acme/analysts",
                        "no databases"),
                of(
                        "scopes: [mcp:read]",
                        "scopes: []",
                        Kind.GRANT_WITHOUT_SCOPES,
                        "grant/acme/analysts",
                        "no scopes"),
                of(
                        "subjects: [anna, ben]\n  databases: [shop]",
                        "subjects: [anna, ben]\n  databases: [shop, shopp]",
                        Kind.GRANT_DATABASE_UNKNOWN,
                        "grant/acme/analysts",
                        "no database shopp"),
                of(
                        "scopes: [mcp:read]",
                        "scopes: [mcp:read, audit:read]",
                        Kind.GRANT_SCOPE_WITHOUT_EFFECT,
                        "grant/acme/analysts",
                        "audit:read cannot be granted"),
                of(
                        "connectionsMax: 4\n  readOnly: false",
                        "connectionsMax: 4\n  readOnly: true",
                        Kind.GRANT_READ_ONLY,
                        "grant/acme/writers",
                        "read-only"),
                of(
                        writers,
                        writers.replace("mcp:write, ", ""),
                        Kind.GRANT_DELETE_WITHOUT_WRITE,
                        "grant/acme/writers",
                        "not granted to ben in shop"),
                of(
                        writers,
                        writers.replace("[ben]", "[zoe]"),
                        Kind.GRANT_SUBJECTS_SUSPENDED,
                        "grant/acme/writers",
                        "suspended"),
                of(
                        "subjects: [anna, ben]",
                        "subjects: [ben]",
                        Kind.GRANT_REDUNDANT,
                        "grant/acme/analysts",
                        "grant/acme/writers gives all of it"),
                of(
                        "destroyingPerMinute: 10",
                        "destroyingPerMinute: 50",
                        Kind.RATE_NEVER_BINDS,
                        "tenant/acme",
                        "50 calls of db_execute a minute may destroy, and there are 20"),
                of(
                        "{db_execute: {callsPerMinute: 20}}",
                        "{db_execute: {callsPerMinute: 20}, db_query: {callsPerMinute: 50, destroyingPerMinute: 3}}",
                        Kind.RATE_NEVER_BINDS,
                        "tenant/acme",
                        "no call of this tool destroys"),
                of(
                        "window: hour, calls: 100",
                        "window: hour, calls: 6001",
                        Kind.BUDGET_NEVER_BINDS,
                        "tenant/acme",
                        "budgets bens: calls is 6001, and one client at one address makes 6000 calls"),
                of(
                        "calls: 5000, rows: 100000",
                        "calls: 5000, rows: 5000001",
                        Kind.BUDGET_NEVER_BINDS,
                        "tenant/acme",
                        "5000 calls give 5000000 rows"),
                of(
                        "window: hour, calls: 100",
                        "window: day, calls: 5001",
                        Kind.BUDGET_SHADOWED,
                        "tenant/acme",
                        "budgets bens: daily counts the same calls"),
                of(
                        "subjects: [ben], tools",
                        "subjects: [bob], tools",
                        Kind.BUDGET_SUBJECT_WITHOUT_GRANT,
                        "tenant/acme",
                        "nothing is granted to bob"),
                of(
                        "when: {classes: [delete]}",
                        "when: {classes: [delete], databases: [shopp]}",
                        Kind.RULE_DATABASE_UNKNOWN,
                        "rule/acme/deletes",
                        "no database shopp"),
                of(
                        "claims: {}}\n  readOnly: false",
                        "claims: {}}\n  readOnly: true",
                        Kind.RULE_READ_ONLY,
                        "rule/acme/deletes",
                        "read-only"),
                of(
                        "when: {classes: [delete]}",
                        "when: {classes: [ddl]}",
                        Kind.RULE_WITHOUT_GRANT,
                        "rule/acme/deletes",
                        "nobody is granted"),
                of(
                        "when: {rowsAbove: 100}",
                        "when: {}",
                        Kind.RULE_SHADOWED,
                        "rule/acme/deletes",
                        "rule/acme/many matches the same calls"),
                of(
                        "approvers: [carla], valid",
                        "approvers: [eva], valid",
                        Kind.RULE_IMPOSSIBLE,
                        "rule/acme/deletes",
                        "rule/acme/many"),
                of(
                        "approvers: [carla], valid",
                        "approvers: [carla, zoe], needed: 2, valid",
                        Kind.RULE_APPROVERS_SUSPENDED,
                        "rule/acme/many",
                        "1 of its approvers are suspended, and 2 of 2"));
    }

    private static final Suspension ZOE =
            new Suspension(new TenantId("acme"), "zoe", "a test", null, Instant.EPOCH);

    @ParameterizedTest
    @MethodSource("cases")
    void whatHasNoEffectIsFound(Case one) {
        String other =
                one.kind == Kind.TENANT_UNKNOWN
                        ? "rule/other/r:\n  when: {}\n  approval: {by: confirm}\n"
                        : "";

        assertThat(found(changed(one.from, one.to) + other, ZOE))
                .anySatisfy(finding -> {
                    assertThat(finding.kind()).isEqualTo(one.kind);
                    assertThat(finding.key()).isEqualTo(one.key);
                    assertThat(finding.message()).contains(one.words);
                });
    }

    @Test
    void everyKindIsFoundSomewhere() {
        assertThat(cases().map(Case::kind)).contains(Kind.values());
    }

    @Test
    void whatHasAnEffectIsNotFound() {
        assertThat(found(POLICY, ZOE)).isEmpty();
    }

    @Test
    void theLocalStacksTenantsHaveNoFinding() throws Exception {
        try (InputStream in =
                Objects.requireNonNull(Main.class.getResourceAsStream("stack/tenants.yaml"))) {
            String yaml =
                    new String(in.readAllBytes(), StandardCharsets.UTF_8)
                            .replace("${shop}", "jdbc:postgresql://db.example/shop")
                            .replace("${oauth}", "https://login.example")
                            .replace("${secrets}", "/run/secrets");

            assertThat(found(yaml)).isEmpty();
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "when: {classes: [delete], tables: [orders]}",
                "when: {classes: [delete, ddl]}",
                "when: {classes: [delete], hours: {from: \"20:00\", to: \"07:00\", zone: UTC}}",
                "when: {classes: [delete], callers: {clients: [robot]}}",
                "when: {}"
            })
    void aRuleThatHoldsMoreThanAnotherIsNotShadowed(String when) {
        assertThat(
                        found(
                                changed("when: {classes: [delete]}", when)
                                        .replace("approvers: [carla, dan]", "approvers: [carla]")))
                .isEmpty();
    }

    @Test
    void whatARuleRefusesNoOtherNeedsToHold() {
        String refused =
                POLICY
                        + """
                        rule/acme/closed:
                          when: {classes: [read]}
                          approval: {by: nobody}
                        """;

        assertThat(found(refused))
                .extracting(finding -> finding.kind().code() + " " + finding.key())
                .containsExactly("rule_shadowed rule/acme/deletes", "rule_shadowed rule/acme/many");
    }

    @Test
    void ofTwoThatSayTheSameOneIsTold() {
        String twice =
                POLICY
                        + """
                        rule/acme/deletes-too:
                          when: {classes: [delete], tools: [db_execute]}
                          approval: {by: another, approvers: [carla, dan]}
                        grant/acme/readers:
                          subjects: [anna, ben]
                          databases: [shop]
                          scopes: [mcp:read]
                          statistics: false
                        """;

        assertThat(found(twice))
                .extracting(Finding::key)
                .containsExactly("grant/acme/readers", "rule/acme/deletes-too");
    }
}
