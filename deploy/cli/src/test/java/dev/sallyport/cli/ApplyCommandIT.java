package dev.sallyport.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.sallyport.embedded.TestServers;
import dev.sallyport.schema.event.Event;
import dev.sallyport.schema.event.EventCodec;
import dev.sallyport.schema.event.RegistryChanged;
import dev.sallyport.schema.id.CellId;
import dev.sallyport.schema.topic.KafkaSettings;
import dev.sallyport.schema.topic.Topics;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyPairGenerator;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

/** What an administrator writes into the registry, on a real broker. */
final class ApplyCommandIT {
    private static final String DATABASE =
            """
            database/omega/gis:
              kind: postgresql
              jdbcUrl: jdbc:postgresql://db.omega.example/gis
              user: omega_agent
              password: env:OMEGA_PASSWORD
              sealKey: env:OMEGA_KEY
              connectionsMax: 4
              readOnly: true
              limits: {rowsMax: 1000, bytesMax: 1048576, timeoutMillis: 10000}
              statements:
                oneTenant: false
                xml: false
                cardNumbers: false
                functions: [st_within, st_area]
            """;

    private static final String TENANT =
            """
            tenant/omega:
              name: Omega
              cell: main
              issuers: []
              readOnly: false
            """;

    private static final String GRANT =
            """
            grant/omega/agents:
              subjects: [ben, ana]
              databases: [gis]
              scopes: [mcp:read, mcp:write]
              statistics: false
            """;

    @TempDir
    @SuppressWarnings("NullAway.Init")
    Path folder;

    @BeforeAll
    static void makeTopics() {
        try (Admin admin = Admin.create(kafka().client("test"))) {
            Topics.createMissing(admin, Set.of(new CellId("main")), 2, (short) 1);
        }
    }

    private static KafkaSettings kafka() {
        return new KafkaSettings(TestServers.kafka().bootstrapServers(), Map.of());
    }

    private record Ended(int code, String out, String err) {}

    private static Ended run(String... arguments) {
        List<String> all = new ArrayList<>(List.of(arguments));
        all.addAll(List.of("--kafka", TestServers.kafka().bootstrapServers()));
        StringWriter out = new StringWriter();
        StringWriter err = new StringWriter();
        CommandLine line = Main.commandLine();
        line.setOut(new PrintWriter(out)).setErr(new PrintWriter(err));
        return new Ended(line.execute(all.toArray(String[]::new)), out.toString(), err.toString());
    }

    /** Of this tenant alone, so that tests do not see each other's entries. */
    private Ended apply(String tenant, String yaml, String... more) throws Exception {
        Path file = folder.resolve("entries.yaml");
        Files.writeString(file, yaml.replace("omega", tenant));
        List<String> all = new ArrayList<>(List.of("apply", "-f", file.toString()));
        all.addAll(List.of(more));
        return run(all.toArray(String[]::new));
    }

    private static final String[] SURE = {"--yes", "--reason", "onboarding"};

    @Test
    void aSecondApplyHasNothingToDo() throws Exception {
        Ended first = apply("omega", TENANT + "---\n" + DATABASE + GRANT, SURE);
        assertThat(first.err()).isEmpty();
        assertThat(first.out())
                .contains("+ tenant/omega", "+ database/omega/gis", "3 to add, 0 to change, 0 to");

        Ended second = apply("omega", TENANT + DATABASE + GRANT);
        assertThat(second.code()).isZero();
        assertThat(second.out().strip()).isEqualTo("nothing to do");
        assertThat(run("get", "grant", "--tenant", "omega").out())
                .contains("grant/omega/agents", "ana, ben may mcp:read, mcp:write in gis");
        assertThat(run("describe", "database/omega/gis").out())
                .contains("functions: [st_area, st_within]", "password: \"env:OMEGA_PASSWORD\"");
    }

    @Test
    void theDifferenceNamesMembersAndIsNotMadeByADryRun() throws Exception {
        apply("delta", TENANT + DATABASE + GRANT, SURE);
        String changed =
                DATABASE.replace("readOnly: true", "readOnly: false")
                                .replace("rowsMax: 1000", "rowsMax: 5000")
                        + GRANT.replace("mcp:write", "mcp:delete");

        Ended dry = apply("delta", changed, "--dry-run");
        assertThat(dry.code()).isEqualTo(Main.DIFFERS);
        assertThat(dry.out())
                .contains(
                        "~ database/delta/gis",
                        "~ readOnly: true -> false",
                        "~ limits.rowsMax: 1000 -> 5000",
                        "~ scopes: added [mcp:delete], removed [mcp:write]",
                        "0 to add, 2 to change, 0 to remove");
        assertThat(run("describe", "database/delta/gis").out()).contains("readOnly: true");
    }

    @Test
    void whatIsExportedMakesNoDifference() throws Exception {
        apply("sigma", LIMITS + DATABASE + GRANT, SURE);
        Ended exported = run("export", "--tenant", "sigma");
        assertThat(exported.out()).contains("tenant/sigma", "database/sigma/gis");

        Ended again = apply("sigma", exported.out(), "--dry-run", "--tenant", "sigma");
        assertThat(again.err()).isEmpty();
        assertThat(again.out().strip()).isEqualTo("nothing to do");
        assertThat(run("export", "--tenant", "sigma").out()).isEqualTo(exported.out());
    }

    @Test
    void whoCannotBeAskedMustBeSureAndSayWhy() throws Exception {
        assertThat(apply("rho", TENANT, "--yes").err()).contains("reason_missing");
        Ended unsure = apply("rho", TENANT, "--reason", "onboarding");
        assertThat(unsure.code()).isEqualTo(1);
        assertThat(unsure.err()).contains("not_confirmed", "--yes");
        assertThat(apply("rho", TENANT, "--yes", "--reason", "two\nlines").err())
                .contains("reason_malformed");
        assertThat(run("get", "--tenant", "rho").out()).isEmpty();
    }

    @Test
    void everyChangeIsLoggedWithAuthorAndReason() throws Exception {
        apply("tau", TENANT, SURE);
        assertThat(run("delete", "tenant/tau", "--yes", "--reason", "they left").code()).isZero();

        List<RegistryChanged> changes = new ArrayList<>();
        try (var signals = new KafkaConsumer<String, byte[]>(kafka().consumer("test"))) {
            List<TopicPartition> partitions =
                    signals.partitionsFor(Topics.SIGNALS).stream()
                            .map(of -> new TopicPartition(of.topic(), of.partition()))
                            .toList();
            signals.assign(partitions);
            signals.seekToBeginning(partitions);
            await().until(() -> {
                signals.poll(Duration.ofMillis(100))
                        .forEach(record -> {
                            if (((Event<?>) EventCodec.decode(record.value())).data()
                                            instanceof RegistryChanged change
                                    && change.key().equals("tenant/tau")) {
                                changes.add(change);
                            }
                        });
                return changes.size() == 2;
            });
        }
        assertThat(changes)
                .extracting(RegistryChanged::reason)
                .containsExactly("onboarding", "they left");
        assertThat(changes.getFirst().by())
                .isEqualTo("sallyport apply by " + System.getProperty("user.name"));
        assertThat(changes.getLast().valueDigest()).isNull();
    }

    @Test
    void pruningRemovesWhatTheFilesDoNotName() throws Exception {
        apply("phi", TENANT + DATABASE + GRANT, SURE);
        apply("phi-other", TENANT + GRANT, SURE);

        assertThat(apply("phi", DATABASE, "--prune", "--tenant", "phi").err())
                .contains("prune_refused", "tenant/phi");
        assertThat(apply("phi", TENANT, "--prune").err()).contains("prune_refused", "--tenant");
        Ended pruned =
                apply(
                        "phi",
                        TENANT + DATABASE,
                        "--prune",
                        "--tenant",
                        "phi",
                        SURE[0],
                        SURE[1],
                        "x");
        assertThat(pruned.out())
                .contains("- grant/phi/agents", "scopes: [mcp:read, mcp:write]", "1 to remove");
        assertThat(run("get", "--tenant", "phi").out()).doesNotContain("agents").contains("gis");
        assertThat(run("get", "--tenant", "phi-other").out()).contains("grant/phi-other/agents");
    }

    @Test
    void filesOfOneTenantNameNoOther() throws Exception {
        Ended other = apply("chi", TENANT + GRANT, "--tenant", "chi-2", "--yes", "--reason", "x");
        assertThat(other.err())
                .contains("policy_other_tenant", "entries.yaml:", "grant/chi/agents");
        Ended inside = apply("chi", GRANT.replace("subjects:", "tenant: chi-2\n  subjects:"), SURE);
        assertThat(inside.err()).contains("grant/chi-2/agents");
        assertThat(run("get", "--tenant", "chi").out()).isEmpty();
        assertThat(run("get", "--tenant", "chi-2").out()).isEmpty();
    }

    @Test
    void aMisspeltOrMissingMemberChangesNothingAndIsTold() throws Exception {
        Ended misspelt = apply("psi", TENANT + DATABASE.replace("readOnly", "readonly"), SURE);
        assertThat(misspelt.code()).isEqualTo(1);
        assertThat(misspelt.err())
                .contains("policy_malformed", "entries.yaml:13", "database/psi/gis", "readonly");

        Ended missing = apply("psi", TENANT + DATABASE.replace("  readOnly: true\n", ""), SURE);
        assertThat(missing.err()).contains("entries.yaml:6", "readOnly");

        Ended function = apply("psi", DATABASE.replace("st_area", "ST_Area()"), SURE);
        assertThat(function.err()).contains("entries.yaml:14", "name or schema.name");

        Ended quoted = apply("psi", DATABASE.replace("readOnly: true", "readOnly: \"no\""), SURE);
        assertThat(quoted.err()).contains("entries.yaml:8", "readOnly", "true or false");

        assertThat(apply("psi", GRANT.replace("mcp:write", "mcp:everything"), SURE).err())
                .contains("entries.yaml:4", "scopes.1: must be one of mcp:read, mcp:write");
        assertThat(apply("psi", "suspension/psi/x: {}", SURE).err()).contains("reinstate");
        assertThat(apply("psi", "- a list", SURE).err()).contains("entries by key");
        assertThat(apply("psi", "horoscope/psi: {}", SURE).err()).contains("tenant/ID");
        Ended several =
                apply("psi", DATABASE.replace("4", "0").replace("timeoutMillis", "timeout"), SURE);
        assertThat(several.err())
                .contains("connectionsMax: must be 1 to 2147483647")
                .contains("limits.timeout: there is no such member")
                .contains("limits: timeoutMillis is missing (How long the statement may run");
        assertThat(
                        apply(
                                        "psi",
                                        TENANT
                                                + "  limits: {tools: {db_qeury: {}}, budgets: [{name: a, window: day}]}\n",
                                        SURE)
                                .err())
                .contains(
                        "limits.tools.db_qeury: there is no such member: there are show_databases")
                .contains("limits.budgets.0: limits nothing");
        assertThat(apply("psi", DATABASE.replace("jdbc:postgresql", "jdbc:mysql"), SURE).err())
                .contains("jdbcUrl: must be: Where it is: jdbc:postgresql://host:port/database");
        Ended folded =
                apply(
                        "psi",
                        GRANT.replace("omega/", "PSI/") + GRANT.replace("/agents", "/Agents"),
                        SURE);
        assertThat(folded.err())
                .contains(
                        "grant/PSI/agents: tenant: tenant id must be 1 to 63 of a-z, 0-9, - and _")
                .contains("grant/psi/Agents: a grant's name must be 1 to 63 of a-z, 0-9, - and _");
        assertThat(apply("psi", TENANT + "---\n" + TENANT, SURE).err())
                .contains("entries.yaml:7", "entries.yaml:1");
        assertThat(run("get", "--tenant", "psi").out()).isEmpty();
    }

    @Test
    void aSecretWrittenForAReferenceIsNotRepeated() throws Exception {
        for (String wrong : List.of("hunter2", "{value: hunter2}", "[hunter2]")) {
            Ended ended = apply("xi", DATABASE.replace("env:OMEGA_PASSWORD", wrong), SURE);
            assertThat(ended.code()).isEqualTo(1);
            assertThat(ended.err() + ended.out()).contains("password").doesNotContain("hunter2");
        }
        String url = DATABASE.replace("/gis\n", "/gis?sslmode=require&secretThing=hunter2\n");
        Ended ended = apply("xi", url, "--dry-run");
        assertThat(ended.out()).contains("sslmode=require&secretThing=***");
    }

    @Test
    void aGatewaysKeyIsListedAndRemoved() throws Exception {
        String key =
                "key/g-9: {publicKey: %s}"
                        .formatted(
                                Base64.getEncoder()
                                        .encodeToString(
                                                KeyPairGenerator.getInstance("Ed25519")
                                                        .generateKeyPair()
                                                        .getPublic()
                                                        .getEncoded()));
        assertThat(apply("none", key, SURE).err()).isEmpty();
        assertThat(run("export").out()).contains("key/g-9");
        assertThat(run("delete", "key/g-9", SURE[0], SURE[1], SURE[2]).code()).isZero();
        assertThat(run("get").out()).doesNotContain("key/g-9");
        assertThat(run("delete", "key/g-9", "--dry-run").err()).contains("registry_entry_unknown");
        assertThat(run("delete", "suspension/a/b").err()).contains("registry_entry_refused");
    }

    @Test
    void theManualsExamplesAreTaken() throws Exception {
        for (String page : List.of("policy.md", "limits.md")) {
            String manual = Files.readString(docs().resolve(page));
            int from = manual.indexOf("```yaml") + "```yaml\n".length();
            String example = manual.substring(from, manual.indexOf("```", from));
            Ended ended = apply("acme", example, "--dry-run");
            assertThat(ended.err()).as(page).isEmpty();
        }
    }

    @Test
    void theSchemaIsPrintedAndExportsNameIt() {
        StringWriter out = new StringWriter();
        CommandLine line = Main.commandLine().setOut(new PrintWriter(out));
        assertThat(line.execute("schema")).isZero();
        assertThat(out.toString()).contains("json-schema.org/draft/2020-12", "callsPerMinute");
        assertThat(run("export", "--tenant", "nobody").out())
                .startsWith("# yaml-language-server: $schema=sallyport.schema.json");
    }

    private static Path docs() {
        Path folder = Path.of("").toAbsolutePath();
        while (!Files.exists(folder.resolve("docs/operations.md"))) {
            folder = Objects.requireNonNull(folder.getParent());
        }
        return folder.resolve("docs");
    }

    private static final String LIMITS =
            """
            tenant/omega:
              name: "5"
              cell: main
              issuers:
                - uri: https://issuer.example/a
                  jwksUri: https://issuer.example/a/jwks
                  algorithms: [RS256, ES256]
                  claims: {team: "yes", area: north}
              readOnly: true
              limits:
                callsPerMinute: 50
                tools: {db_query: {callsPerMinute: 5}, db_execute: {destroyingPerMinute: 1}}
                budgets:
                  - {name: daily, window: day, rows: 100, subjects: [b, a], tools: [db_query]}
            """;

    @Test
    void withoutFilesThePolicyThatHoldsIsLookedAt() throws Exception {
        apply("kappa", TENANT + DATABASE + GRANT, SURE);
        Path cases =
                Files.writeString(
                        folder.resolve("cases.yaml"),
                        """
                        ana-reads:
                          who: {tenant: kappa, subject: ana, scopes: [mcp:read]}
                          call: {tool: db_query, database: gis, sql: select 1}
                          expect: {decision: allowed}
                        ana-writes:
                          who: {tenant: kappa, subject: ana, scopes: [mcp:read, mcp:write]}
                          call: {tool: db_execute, database: gis, sql: insert into a values (1)}
                          expect: {decision: refused, code: read_only}
                        """);

        assertThat(run("policy", "lint").out())
                .contains("tenant/kappa: tenant_without_issuer")
                .contains("grant/kappa/agents: grant_read_only");
        assertThat(run("policy", "test", cases.toString()))
                .isEqualTo(new Ended(0, "2 cases, 0 differ%n".formatted(), ""));
    }
}
