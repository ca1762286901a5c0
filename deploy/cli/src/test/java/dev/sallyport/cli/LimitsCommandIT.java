package dev.sallyport.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sallyport.audit.store.AuditRoles;
import dev.sallyport.embedded.TestServers;
import dev.sallyport.gateway.config.GatewayConfig;
import dev.sallyport.gateway.limit.Allowances;
import dev.sallyport.gateway.limit.Evidence;
import dev.sallyport.gateway.limit.Reserved;
import dev.sallyport.gateway.store.PostgresLeaseStore;
import dev.sallyport.schema.config.Settings;
import dev.sallyport.schema.event.Limits;
import dev.sallyport.schema.id.CellId;
import dev.sallyport.schema.id.GatewayId;
import dev.sallyport.schema.id.TenantId;
import dev.sallyport.schema.registry.Budget;
import dev.sallyport.schema.registry.TenantLimits;
import dev.sallyport.schema.registry.Window;
import dev.sallyport.schema.secret.Secrets;
import dev.sallyport.schema.topic.KafkaSettings;
import dev.sallyport.schema.topic.Topics;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.kafka.clients.admin.Admin;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

/** What an operator is told of limits, from a real registry and a real store. */
final class LimitsCommandIT {

    private static final TenantId SIGMA = new TenantId("sigma");

    @TempDir
    @SuppressWarnings("NullAway.Init")
    Path folder;

    @BeforeAll
    static void makeTopics() {
        KafkaSettings kafka = new KafkaSettings(TestServers.kafka().bootstrapServers(), Map.of());
        try (Admin admin = Admin.create(kafka.client("test"))) {
            Topics.createMissing(admin, Set.of(new CellId("main")), 2, (short) 1);
        }
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

    @Test
    void whatWasUsedAndIsLeftIsTold() throws Exception {
        Path entries = folder.resolve("entries.yaml");
        Files.writeString(
                entries,
                """
                tenant/sigma:
                  name: Sigma
                  cell: main
                  issuers: []
                  readOnly: false
                  limits:
                    callsPerMinute: 300
                    tools:
                      db_execute: {destroyingPerMinute: 2}
                    budgets:
                      - {name: monthly, window: month, rows: 12000, calls: 50}
                      - {name: other, window: day, bytes: 5}
                """);
        assertThat(run("apply", "-f", entries.toString(), "--yes", "--reason", "onboarding").err())
                .isEmpty();
        Path config = config();
        use(config);

        Ended told = run("limits", "--tenant", "sigma", "--config", config.toString());

        assertThat(told.err()).isEmpty();
        assertThat(told.out())
                .contains("sigma: 300 calls a minute", "10 of them may destroy")
                .contains("db_execute by itself: 300 calls a minute, 2 of them may destroy")
                .containsPattern("monthly +month +ana +calls +50 +1 +0 +49 ")
                .containsPattern("monthly +month +ana +rows +12,000 +70 +0 +11,930 ")
                .containsPattern("other +day +not used in this window");
        assertThat(
                        run(
                                        "limits",
                                        "--tenant",
                                        "sigma",
                                        "--subject",
                                        "bob",
                                        "--config",
                                        config.toString())
                                .out())
                .doesNotContain("ana");
        assertThat(run("limits", "--tenant", "nobody", "--config", config.toString()).err())
                .contains("tenant_unknown");
    }

    private Path config() throws Exception {
        String database = TestServers.freshDatabase("limits");
        try (Connection administrator = TestServers.postgres().connect(database)) {
            new AuditRoles("limits_cli_owner", "one", "limits_cli", "two").enrol(administrator);
        }
        Path owner = Files.writeString(folder.resolve("owner"), "one");
        Path user = Files.writeString(folder.resolve("user"), "two");
        return Files.writeString(
                folder.resolve("gateway.yaml"),
                """
                id: gateway-1
                publicUrl: https://mcp.example.com/mcp
                authorizationServers: [https://login.example.com]
                kafka: {bootstrapServers: "localhost:9092"}
                signingKey: env:NONE
                keyEncryptionKey: env:NONE
                limitStore:
                  jdbcUrl: %s
                  user: limits_cli
                  password: file:%s
                  owner: limits_cli_owner
                  ownerPassword: file:%s
                """
                        .formatted(TestServers.postgres().jdbcUrl(database), user, owner));
    }

    /** As a gateway uses it, which then stops. */
    private static void use(Path config) {
        GatewayConfig gateway = Settings.load(GatewayConfig.class, "gateway", config, Map.of());
        var limits =
                new TenantLimits(
                        null,
                        null,
                        Map.of(),
                        List.of(
                                new Budget(
                                        "monthly",
                                        Set.of(),
                                        Set.of(),
                                        Window.MONTH,
                                        50L,
                                        12_000L,
                                        null)));
        try (Allowances allowances =
                Allowances.shared(
                        PostgresLeaseStore.open(
                                gateway.limitStore(),
                                new GatewayId("gateway-1"),
                                new Secrets(Map.of())),
                        Evidence.NONE,
                        Duration.ofSeconds(5),
                        Duration.ofSeconds(5),
                        InstantSource.system())) {
            var held =
                    (Reserved.Held)
                            allowances.reserve(
                                    limits,
                                    SIGMA,
                                    "ana",
                                    "db_query",
                                    new Limits(100, 1_000, 1_000),
                                    Duration.ofSeconds(10));
            held.reservation().settle(70, 10);
        }
    }
}
