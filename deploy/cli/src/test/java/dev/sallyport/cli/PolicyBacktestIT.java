package dev.sallyport.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sallyport.embedded.TestServers;
import dev.sallyport.schema.event.Access;
import dev.sallyport.schema.event.ApprovalBy;
import dev.sallyport.schema.event.ApprovalRequested;
import dev.sallyport.schema.event.CallAuthorized;
import dev.sallyport.schema.event.CallRefused;
import dev.sallyport.schema.event.CallSettled;
import dev.sallyport.schema.event.Event;
import dev.sallyport.schema.event.EventCodec;
import dev.sallyport.schema.event.Instruction;
import dev.sallyport.schema.event.Limits;
import dev.sallyport.schema.event.LiteralFeatures;
import dev.sallyport.schema.event.Payload;
import dev.sallyport.schema.event.Principal;
import dev.sallyport.schema.event.ReplyAddress;
import dev.sallyport.schema.event.StatementClass;
import dev.sallyport.schema.event.Timings;
import dev.sallyport.schema.id.CallId;
import dev.sallyport.schema.id.CellId;
import dev.sallyport.schema.id.DatabaseName;
import dev.sallyport.schema.id.EventId;
import dev.sallyport.schema.id.GatewayId;
import dev.sallyport.schema.id.TenantId;
import dev.sallyport.schema.registry.DataKeyEntry;
import dev.sallyport.schema.registry.RegistryWriter;
import dev.sallyport.schema.registry.Suspension;
import dev.sallyport.schema.seal.DataKey;
import dev.sallyport.schema.seal.KeyEncryptionKey;
import dev.sallyport.schema.seal.WrappedDataKey;
import dev.sallyport.schema.secret.Secret;
import dev.sallyport.schema.topic.KafkaSettings;
import dev.sallyport.schema.topic.Placement;
import dev.sallyport.schema.topic.Topics;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

/** Calls that stand in a real log are decided again. */
final class PolicyBacktestIT {
    private static final TenantId SIGMA = new TenantId("sigma");
    private static final CellId CELL = new CellId("backtest");
    private static final DatabaseName GIS = new DatabaseName("gis");
    private static final GatewayId GATEWAY = new GatewayId("g1");
    private static final Secret WRAPPING = KeyEncryptionKey.generate();
    private static final WrappedDataKey WRAPPED = new KeyEncryptionKey(WRAPPING).newDataKey(SIGMA);

    private static final String POLICY =
            """
            tenant/sigma:
              name: Sigma
              cell: backtest
              issuers: []
              readOnly: false
            database/sigma/gis:
              kind: postgresql
              jdbcUrl: jdbc:postgresql://db.example/gis
              user: agent
              password: env:A
              sealKey: env:B
              connectionsMax: 4
              readOnly: false
              limits: {rowsMax: 1000, bytesMax: 1048576, timeoutMillis: 10000}
              statements: {oneTenant: false, xml: false, cardNumbers: false, functions: [st_area]}
            grant/sigma/agents:
              subjects: [anna, ben]
              databases: [gis]
              scopes: [mcp:read, mcp:write, mcp:delete]
              statistics: false
            rule/sigma/many:
              when: {rowsAbove: 100}
              approval: {by: confirm}
            """;

    private static final String CHANGED =
            POLICY.replace("[anna, ben]", "[anna, ben, carl]")
                            .replace("functions: [st_area]", "functions: []")
                            .replace("{by: confirm}", "{by: another, approvers: [dan]}")
                    + """
                    rule/sigma/deletes:
                      when: {classes: [delete], tables: [parcels]}
                      approval: {by: another, approvers: [dan]}
                    """;

    @TempDir
    @SuppressWarnings("NullAway.Init")
    Path folder;

    @SuppressWarnings("NullAway.Init")
    private DataKey key;

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

    private String file(String name, String text) throws Exception {
        return Files.writeString(folder.resolve(name), text).toString();
    }

    @BeforeEach
    void register() throws Exception {
        try (Admin admin = Admin.create(kafka().client("test"))) {
            Topics.createMissing(admin, Set.of(CELL), 2, (short) 1);
        }
        Ended applied =
                run("apply", "-f", file("before.yaml", POLICY), "--yes", "--reason", "a test");
        assertThat(applied.err()).isEmpty();
        try (RegistryWriter writer =
                new RegistryWriter(kafka(), InstantSource.system(), "a test")) {
            writer.put(SIGMA, new DataKeyEntry(WRAPPED));
            writer.put(SIGMA, new Suspension(SIGMA, "anna", "a test", null, Instant.EPOCH));
        }
        key = new KeyEncryptionKey(WRAPPING).unwrap(WRAPPED);
    }

    private static Principal principal(String subject) {
        return new Principal(subject, "client", null, "10.0.0.1");
    }

    private CallId authorized(
            KafkaProducer<String, byte[]> log,
            String subject,
            StatementClass kind,
            Access access,
            String sql,
            @Nullable String approval)
            throws Exception {
        CallId call = CallId.next();
        EventId id = EventId.commandOf(call);
        List<String> scopes =
                switch (kind) {
                    case READ -> List.of("mcp:read");
                    case DELETE -> List.of("mcp:delete", "mcp:write");
                    default -> List.of("mcp:write");
                };
        publish(
                log,
                id,
                new CallAuthorized(
                        call,
                        principal(subject),
                        kind == StatementClass.READ ? "db_query" : "db_execute",
                        GIS,
                        kind,
                        access,
                        approval,
                        null,
                        List.of("parcels"),
                        List.of(),
                        scopes,
                        "fingerprint",
                        LiteralFeatures.NONE,
                        new Limits(1, 1, 1),
                        Instant.now(),
                        1,
                        new ReplyAddress(GATEWAY, 0),
                        key.seal(
                                new Instruction.Statement(sql, List.of()).encode(),
                                id,
                                "arguments")));
        return call;
    }

    private void settled(KafkaProducer<String, byte[]> log, CallId call, long rows)
            throws Exception {
        publish(
                log,
                EventId.settledOf(call),
                CallSettled.succeeded(
                        new CallSettled.Asked(
                                call,
                                principal("ben"),
                                "db_execute",
                                GIS,
                                StatementClass.WRITE,
                                List.of(),
                                null),
                        new CallSettled.Result(0, rows, 1, false, 0, null, null),
                        Timings.NONE,
                        "e1",
                        1));
    }

    private void refused(KafkaProducer<String, byte[]> log, String code, int count)
            throws Exception {
        Instant now = Instant.now();
        publish(
                log,
                EventId.next(),
                new CallRefused(
                        CallId.next(),
                        principal("carl"),
                        "db_query",
                        GIS,
                        StatementClass.READ,
                        "fingerprint",
                        code,
                        List.of(),
                        count,
                        now,
                        now));
    }

    private void publish(KafkaProducer<String, byte[]> log, EventId id, Payload data)
            throws Exception {
        boolean command = data instanceof CallAuthorized;
        String topic = command ? Topics.commands(CELL) : Placement.of(data);
        byte[] bytes =
                EventCodec.encode(
                        new Event<>(
                                id,
                                "/test",
                                Instant.now(),
                                SIGMA,
                                null,
                                command ? GATEWAY : null,
                                data));
        log.send(new ProducerRecord<>(topic, SIGMA.value(), bytes)).get();
    }

    @Test
    void whatWouldBeDecidedOtherwiseIsTold() throws Exception {
        Instant start = Instant.now();
        try (KafkaProducer<String, byte[]> log =
                new KafkaProducer<>(kafka().producer("backtest-test"))) {
            authorized(log, "anna", StatementClass.READ, Access.READ, "select 1", null);
            authorized(log, "anna", StatementClass.READ, Access.READ, "select st_area(1)", null);
            for (int i = 0; i < 3; i++) {
                settled(
                        log,
                        authorized(
                                log,
                                "ben",
                                StatementClass.DELETE,
                                Access.WRITE,
                                "delete from parcels",
                                null),
                        5);
            }
            settled(
                    log,
                    authorized(
                            log,
                            "ben",
                            StatementClass.WRITE,
                            Access.WRITE,
                            "update parcels set a = 1",
                            null),
                    100);
            CallId rehearsal =
                    authorized(
                            log,
                            "ben",
                            StatementClass.WRITE,
                            Access.REHEARSE,
                            "update parcels set a = 2",
                            null);
            publish(
                    log,
                    EventId.next(),
                    new ApprovalRequested(
                            CallId.next().toString(),
                            rehearsal,
                            principal("ben"),
                            GIS,
                            "db_execute",
                            StatementClass.WRITE,
                            ApprovalBy.CONFIRM,
                            List.of(),
                            1,
                            "digest",
                            101,
                            true,
                            Instant.now(),
                            key.seal(new byte[1], EventId.next(), "shown")));
            authorized(
                    log,
                    "ben",
                    StatementClass.DELETE,
                    Access.COMMIT_IF,
                    "delete from parcels",
                    "an approval");
            refused(log, "not_granted", 7);
            refused(log, "rate_limited", 2);
        }
        String changed = file("after.yaml", CHANGED);
        String wrapping = "file:" + file("wrapping", WRAPPING.value());
        String[] asked = {"policy", "backtest", "-f", changed, "--from", start.toString()};

        Ended byFacts = run(asked);
        Ended byText =
                run(
                        "policy",
                        "backtest",
                        "-f",
                        changed,
                        "--from",
                        start.toString(),
                        "--key-encryption-key",
                        wrapping);
        Ended same =
                run(
                        "policy",
                        "backtest",
                        "-f",
                        file("same.yaml", POLICY),
                        "--from",
                        start.toString());

        assertThat(byFacts.err()).isEmpty();
        assertThat(byFacts.code()).isEqualTo(Main.DIFFERS);
        assertThat(byFacts.out().lines().map(line -> line.replaceAll(", such as .*", "")))
                .contains(
                        "sigma: ben: db_execute in gis, delete: allowed -> held by another rules [deletes]: 3 calls",
                        "sigma: ben: db_execute in gis, write: held by confirm -> held by another rules [many]: 1 calls",
                        "sigma: carl: db_query in gis, read: refused not_granted -> allowed, if the token has the scopes: 7 calls")
                .noneMatch(line -> line.contains("anna"));
        assertThat(byFacts.out())
                .contains("11 calls from " + start)
                .contains("0 were decided by their statement, 14 by what the log tells of them, 2");
        assertThat(byText.out())
                .contains("12 calls from")
                .contains("7 were decided by their statement, 7 by what")
                .containsPattern(
                        "sigma: anna: db_query in gis, read: allowed -> refused [a-z_]+: 1 calls");
        assertThat(same.out()).contains("0 calls from");
        assertThat(same.code()).isZero();
        assertThat(byText.out()).doesNotContain("parcels set", "st_area");
    }
}
