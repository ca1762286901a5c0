package dev.sallyport.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sallyport.gateway.StandInExecutor.Answer;
import dev.sallyport.gateway.config.GatewayConfig;
import dev.sallyport.gateway.store.LimitDatabase;
import dev.sallyport.schema.event.Access;
import dev.sallyport.schema.event.ApprovalBy;
import dev.sallyport.schema.event.ApprovalDenied;
import dev.sallyport.schema.event.ApprovalGranted;
import dev.sallyport.schema.event.ApprovalRequested;
import dev.sallyport.schema.event.CallAuthorized;
import dev.sallyport.schema.event.Ended;
import dev.sallyport.schema.event.Event;
import dev.sallyport.schema.event.EventCodec;
import dev.sallyport.schema.event.Payload;
import dev.sallyport.schema.event.Principal;
import dev.sallyport.schema.event.StatementClass;
import dev.sallyport.schema.id.DatabaseName;
import dev.sallyport.schema.id.EventId;
import dev.sallyport.schema.id.GatewayId;
import dev.sallyport.schema.id.TenantId;
import dev.sallyport.schema.json.Json;
import dev.sallyport.schema.registry.Callers;
import dev.sallyport.schema.registry.GatewayKey;
import dev.sallyport.schema.registry.KeyPurpose;
import dev.sallyport.schema.registry.Keyring;
import dev.sallyport.schema.registry.Network;
import dev.sallyport.schema.registry.Rule;
import dev.sallyport.schema.registry.Suspension;
import dev.sallyport.schema.seal.KeyEncryptionKey;
import dev.sallyport.schema.secret.Secrets;
import dev.sallyport.schema.sign.EventSignature;
import dev.sallyport.schema.sign.SigningKey;
import dev.sallyport.schema.topic.Topics;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Collections;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Collectors;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import tools.jackson.databind.JsonNode;

/** Calls that rules hold, on two whole gateways with one store. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class GatewayApprovalsIT {

    private static final String[] EVERYTHING = {"mcp:read", "mcp:write", "mcp:delete", "mcp:sql"};
    private static final String[] STRUCTURED = {"x-structured-content", "true"};
    private static final String DELETE = "delete from orders where id = $1";
    private static final String SECRET = "47-eleven";

    private GatewayFixture fixture;
    private LimitDatabase database;
    private GatewayConfig.LimitStore ownLogin;
    private Gateway one;
    private Gateway two;
    private Gateway without;
    private KafkaProducer<String, byte[]> producer;
    private final SigningKey auditKey = SigningKey.generate();
    private GatewayId auditor;
    private volatile String digest = "as-it-was";

    @BeforeAll
    void start() {
        fixture = GatewayFixture.start();
        database = LimitDatabase.fresh(Duration.ofSeconds(5));
        auditor = new GatewayId("audit-" + fixture.acme);
        fixture.registry.put(
                TenantId.PLATFORM,
                new GatewayKey(auditor, auditKey.verifyingKey().text(), KeyPurpose.APPROVALS));
        held("confirm", Rule.When.ANY, confirm(null), null);
        held("another", Rule.When.ANY, another(1, "ben", "cid", "ana"), null);
        held("two-of", Rule.When.ANY, another(2, "ben", "cid", "dora"), null);
        held("rows", new Rule.When(null, null, null, null, 2L), confirm(null), null);
        held("cool", Rule.When.ANY, Rule.Approval.NONE, 600);
        held(
                "cool-confirm",
                new Rule.When(null, null, Set.of(StatementClass.DELETE), null, null),
                confirm(null),
                600);
        held("named", Rule.When.ANY, confirm("ben"), null);
        held("nobody", Rule.When.ANY, another(1, "ana"), null);
        held(
                "closed",
                new Rule.When(
                        null,
                        null,
                        EnumSet.allOf(StatementClass.class),
                        null,
                        null,
                        new Callers(Set.of("ana"), null, Set.of(Network.of("127.0.0.0/8"))),
                        null,
                        null),
                Rule.Approval.NOBODY,
                null);
        held("few", new Rule.When(null, null, null, null, 1L), Rule.Approval.NOBODY, null);
        fixture.open(fixture.acme, new DatabaseName("free"));
        fixture.open(fixture.globex, new DatabaseName("confirm"));
        one = gateway("one-", database.settings);
        ownLogin = database.settingsOf("login_" + fixture.acme.value().replace('-', '_'));
        two = gateway("two-", database.settings);
        without = gateway("without-", GatewayConfig.LimitStore.NONE);
        producer = new KafkaProducer<>(fixture.kafka.producer("decisions-test"));
    }

    @AfterAll
    void stop() {
        producer.close();
        List.of(one, two, without).forEach(Gateway::close);
        fixture.close();
    }

    @BeforeEach
    void anExecutorThatRehearsesAndCommits() {
        digest = "as-it-was";
        fixture.executor.answers((call, _) -> executed(call));
    }

    private Answer executed(CallAuthorized call) {
        return switch (Objects.requireNonNull(call.access())) {
            case READ -> Answer.of("{\"rows\":[]}");
            case REHEARSE -> Answer.of(effect(2));
            case WRITE -> Answer.of("{\"rowsAffected\":2}");
            case COMMIT_IF ->
                    digest.equals(call.effectDigest())
                            ? Answer.of("{\"rowsAffected\":2}")
                            : new Answer(
                                    Ended.FAILED,
                                    "effect_changed",
                                    "it would change other rows now",
                                    "{}");
        };
    }

    private String effect(int rows) {
        return """
        {"rowsAffected":%d,"rehearsed":true,"complete":true,"effectDigest":"%s",\
        "tables":[{"table":"public.orders","inserted":0,"updated":0,"deleted":%d}],\
        "changes":[{"table":"public.orders","before":{"id":1,"note":"%s"},"after":null}],"changesNotShown":1}\
        """
                .formatted(rows, digest, rows, SECRET);
    }

    private static Rule.Approval confirm(@Nullable String approver) {
        return new Rule.Approval(
                ApprovalBy.CONFIRM, approver == null ? null : Set.of(approver), null, null);
    }

    private static Rule.Approval another(int needed, String... approvers) {
        return new Rule.Approval(ApprovalBy.ANOTHER, Set.of(approvers), needed, null);
    }

    /** A database of acme of which the rule of the same name holds calls. */
    private void held(
            String name, Rule.When when, Rule.Approval approval, @Nullable Integer cooldown) {
        var of = new DatabaseName(name);
        fixture.open(fixture.acme, of);
        fixture.registry.put(
                fixture.acme,
                new Rule(
                        fixture.acme,
                        name,
                        new Rule.When(
                                Set.of(of),
                                when.tools(),
                                when.classes(),
                                when.tables(),
                                when.rowsAbove(),
                                when.callers(),
                                when.callersExcept(),
                                when.hours()),
                        approval,
                        cooldown));
    }

    private Gateway gateway(String name, GatewayConfig.LimitStore store) {
        var id = new GatewayId(name + fixture.acme);
        fixture.register(id);
        Awaitility.await()
                .until(() -> fixture.feed.get().gatewayKey(id, KeyPurpose.COMMANDS).isPresent());
        Map<String, String> environment = new HashMap<>(LimitDatabase.environment());
        environment.putAll(fixture.environment);
        return Gateway.start(
                fixture.configOf(id, List.of(), store),
                new Secrets(environment),
                InstantSource.system());
    }

    private McpClient caller(Gateway gateway, String subject) {
        return new McpClient(
                gateway.port(), fixture.token(fixture.acme, subject, Set.of(EVERYTHING)));
    }

    private static Map<String, Object> delete(String in, Object id) {
        return Map.of("database", in, "sql", DELETE, "params", List.of(id));
    }

    private static Map<String, Object> with(Map<String, Object> arguments, Object approval) {
        Map<String, Object> all = new HashMap<>(arguments);
        all.put("approval", approval);
        return all;
    }

    /** Asks for the call and returns the id of its approval. */
    private String asked(Gateway gateway, String subject, Map<String, Object> arguments) {
        var answer = caller(gateway, subject).tool("db_execute", arguments, STRUCTURED);
        assertThat(answer.code()).as(answer.http().body()).isEqualTo("approval_required");
        return answer.body().at("/result/structuredContent/approval/id").asString("");
    }

    private String coded(Gateway gateway, String subject, Map<String, Object> arguments) {
        return caller(gateway, subject).tool("db_execute", arguments).code();
    }

    private List<CallAuthorized> commands(Access access) {
        return fixture.executor.taken().stream()
                .map(StandInExecutor.Taken::call)
                .filter(call -> call.access() == access)
                .toList();
    }

    /** Commands that commit by this approval. */
    private List<CallAuthorized> commits(String approval) {
        return fixture.executor.taken().stream()
                .map(StandInExecutor.Taken::call)
                .filter(call -> approval.equals(call.approval()))
                .toList();
    }

    private static Principal person(String subject) {
        return new Principal(subject, "console", null, null);
    }

    private ApprovalGranted granted(String approval, String by) {
        return new ApprovalGranted(approval, person(by), "as-it-was", null);
    }

    private void decided(Payload decision) {
        publish(
                fixture.acme.value(),
                signed(fixture.acme, Instant.now(), auditor, auditKey, decision));
    }

    private static byte[] signed(
            TenantId tenant, Instant at, GatewayId by, SigningKey key, Payload decision) {
        return EventSignature.sign(
                EventCodec.encode(
                        new Event<>(EventId.next(), "/audit", at, tenant, null, by, decision)),
                key);
    }

    private void publish(String key, byte[] event) {
        try {
            producer.send(new ProducerRecord<>(Topics.SIGNALS, key, event)).get();
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }

    /** Returns when the gateways have noted all that was decided for acme before. */
    private void noted() {
        String marker = asked(one, "marker", delete("another", "1"));
        decided(granted(marker, "ben"));
        Awaitility.await()
                .untilAsserted(() ->
                        assertThat(coded(one, "marker", with(delete("another", "1"), marker)))
                                .isEmpty());
    }

    @Test
    void aHeldCallIsRehearsedAndNothingElse() {
        int before = commands(Access.WRITE).size() + commands(Access.COMMIT_IF).size();

        var answer = caller(one, "ana").tool("db_execute", delete("another", SECRET));

        assertThat(answer.isError()).isTrue();
        assertThat(answer.code()).isEqualTo("approval_required");
        assertThat(answer.text())
                .contains(
                        "1 of these people",
                        "ben, cid",
                        "https://audit.example.org/console/approvals/")
                .contains("approval \"");
        assertThat(answer.body().at("/result/content/1/text").asString())
                .contains("<data-", "\"effectDigest\":\"as-it-was\"");
        assertThat(commands(Access.WRITE).size() + commands(Access.COMMIT_IF).size())
                .isEqualTo(before);
        List<Event<ApprovalRequested>> requests =
                Signals.of(fixture.kafka, ApprovalRequested.class).stream()
                        .filter(event -> event.data().call().toString().equals(answer.callId()))
                        .toList();
        assertThat(requests).hasSize(1);
        Event<ApprovalRequested> event = requests.getFirst();
        ApprovalRequested request = event.data();
        assertThat(event.id()).hasToString(request.approval());
        assertThat(answer.text()).contains(request.approval());
        assertThat(request.requester().subject()).isEqualTo("ana");
        assertThat(request.database()).hasToString("another");
        assertThat(request.tool()).isEqualTo("db_execute");
        assertThat(request.statementClass()).isEqualTo(StatementClass.DELETE);
        assertThat(request.by()).isEqualTo(ApprovalBy.ANOTHER);
        assertThat(request.approvers()).containsExactly("ana", "ben", "cid");
        assertThat(request.needed()).isEqualTo(1);
        assertThat(request.effectDigest()).isEqualTo("as-it-was");
        assertThat(request.rowsAffected()).isEqualTo(2);
        assertThat(request.complete()).isTrue();
        assertThat(request.expires()).isBetween(Instant.now(), Instant.now().plusSeconds(3_700));
        assertThat(new String(EventCodec.encode(event), StandardCharsets.UTF_8))
                .doesNotContain(SECRET);
        JsonNode shown = shown(event);
        assertThat(shown.path("sql").asString()).isEqualTo(DELETE);
        assertThat(shown.at("/params/0").asString()).isEqualTo(SECRET);
        assertThat(shown.at("/effect/changes/0/before/note").asString()).isEqualTo(SECRET);
        assertThat(shown.has("cut")).isFalse();
    }

    @Test
    void whatHasNoRoomInAnEventIsLeftOutAndApproversAreToldSo() {
        String row =
                "{\"table\":\"public.orders\",\"before\":{\"note\":\"%s\"},\"after\":null}"
                        .formatted("\u00e9".repeat(5_000));
        String rows = String.join(",", Collections.nCopies(20, row));
        fixture.executor.answers((call, _) ->
                Answer.of(
                        """
                        {"rowsAffected":21,"rehearsed":true,"complete":true,"effectDigest":"as-it-was",\
                        "tables":[{"table":"public.orders","inserted":0,"updated":0,"deleted":21}],\
                        "changes":[%s],"changesNotShown":1,"columns":[],"rows":[["returned"]],"rowCount":1}\
                        """
                                .formatted(rows)));

        String id = asked(one, "ana", delete("another", "9".repeat(20_000)));

        JsonNode shown = shown(request(id));
        assertThat(shown.path("cut").asBoolean(false)).isTrue();
        assertThat(shown.at("/params/0").asString()).hasSize(20_000);
        int left = shown.at("/effect/changes").size();
        assertThat(left).isBetween(1, 4);
        assertThat(shown.at("/effect/changesNotShown").asInt()).isEqualTo(21 - left);
        assertThat(shown.at("/effect/tables")).hasSize(1);
        assertThat(shown.at("/effect").has("rows"))
                .as("what RETURNING gives is no part of the effect")
                .isFalse();
    }

    private Event<ApprovalRequested> request(String approval) {
        return Signals.of(fixture.kafka, ApprovalRequested.class).stream()
                .filter(event -> event.data().approval().equals(approval))
                .findFirst()
                .orElseThrow();
    }

    private JsonNode shown(Event<ApprovalRequested> request) {
        var sealed = request.data().shown();
        return Json.mapper()
                .readTree(
                        new Keyring(new KeyEncryptionKey(fixture.wrapping))
                                .of(fixture.feed.get(), fixture.acme, sealed.dataKeyId())
                                .open(sealed, request.id(), "shown"));
    }

    @Test
    void whoReadsTheStoreSeesNoTextAndNoValue() {
        asked(one, "ana", delete("another", SECRET));

        assertThat(database.text("select string_agg(a::text, ' ') from limits.approval a"))
                .contains("ana")
                .doesNotContain(SECRET)
                .doesNotContain("orders");
    }

    @Test
    void whatIsNotHeldPaysNothing() {
        assertThat(coded(one, "ana", delete("free", "1"))).isEmpty();
        assertThat(commands(Access.WRITE)).isNotEmpty();
        assertThat(commands(Access.REHEARSE))
                .noneMatch(call -> call.database().value().equals("free"));
    }

    @Test
    void itsCallerConfirmsOnceWhateverGatewayItAsks() {
        Map<String, Object> call = delete("confirm", "1");
        String id = asked(one, "ana", call);

        var done = caller(two, "ana").tool("db_execute", with(call, id));

        assertThat(done.isError()).as(done.text()).isFalse();
        assertThat(commits(id))
                .singleElement()
                .satisfies(command -> {
                    assertThat(command.access()).isEqualTo(Access.COMMIT_IF);
                    assertThat(command.effectDigest()).isEqualTo("as-it-was");
                });
        assertThat(coded(one, "ana", with(call, id))).isEqualTo("approval_used");
        assertThat(coded(two, "ana", with(call, id))).isEqualTo("approval_used");
        assertThat(commits(id)).hasSize(1);
        assertThat(Signals.of(fixture.kafka, ApprovalGranted.class))
                .filteredOn(event -> event.data().approval().equals(id))
                .singleElement()
                .satisfies(event -> {
                    assertThat(event.data().by()).isEqualTo(ApprovalBy.CONFIRM);
                    assertThat(event.data().approver().subject()).isEqualTo("ana");
                    assertThat(event.data().effectDigest()).isEqualTo("as-it-was");
                });
    }

    @Test
    void anotherPersonAllowsIt() {
        Map<String, Object> call = delete("another", "1");
        String id = asked(one, "ana", call);
        assertThat(coded(two, "ana", with(call, id))).isEqualTo("approval_pending");

        decided(granted(id, "ben"));

        Awaitility.await()
                .untilAsserted(() -> assertThat(coded(two, "ana", with(call, id))).isEmpty());
        assertThat(commits(id)).hasSize(1);
        assertThat(coded(one, "ana", with(call, id))).isEqualTo("approval_used");
    }

    @Test
    void twoPeopleAreTwoPeople() {
        Map<String, Object> call = delete("two-of", "1");
        String id = asked(one, "ana", call);

        decided(granted(id, "ben"));
        decided(granted(id, "ben"));
        noted();
        assertThat(coded(two, "ana", with(call, id))).isEqualTo("approval_pending");

        decided(granted(id, "cid"));
        noted();
        assertThat(coded(two, "ana", with(call, id))).isEmpty();
    }

    @Test
    void aDecisionCountsOnlyWhereEverythingIsRight() {
        Map<String, Object> call = delete("another", "1");
        String id = asked(one, "ana", call);
        Instant now = Instant.now();
        SigningKey unknown = SigningKey.generate();
        var gatewayId = new GatewayId("one-" + fixture.acme);
        String tenant = fixture.acme.value();
        // its requester, though the rule names it
        decided(granted(id, "ana"));
        // somebody whom the rule does not name
        decided(granted(id, "mallory"));
        // another effect than was shown, and none
        decided(new ApprovalGranted(id, person("ben"), "another-effect", null));
        decided(new ApprovalGranted(id, person("ben"), null, null));
        // as if the caller could confirm it
        decided(new ApprovalGranted(id, person("ben"), ApprovalBy.CONFIRM, "as-it-was", null));
        // a gateway's key is for commands; an unknown one for nothing
        publish(tenant, signed(fixture.acme, now, gatewayId, fixture.key, granted(id, "ben")));
        publish(tenant, signed(fixture.acme, now, auditor, unknown, granted(id, "ben")));
        publish(
                tenant,
                signed(fixture.acme, now, new GatewayId("nobody"), auditKey, granted(id, "ben")));
        // unsigned, and altered after it was signed
        publish(
                tenant,
                EventCodec.encode(
                        new Event<>(
                                EventId.next(),
                                "/audit",
                                now,
                                fixture.acme,
                                null,
                                auditor,
                                granted(id, "ben"))));
        String mallorys =
                new String(
                        signed(fixture.acme, now, auditor, auditKey, granted(id, "mallory")),
                        StandardCharsets.UTF_8);
        publish(
                tenant,
                mallorys.replace("\"mallory\"", "\"ben\"").getBytes(StandardCharsets.UTF_8));
        // of another tenant, and in another one's records
        publish(
                fixture.globex.value(),
                signed(fixture.globex, now, auditor, auditKey, granted(id, "ben")));
        publish(tenant, signed(fixture.globex, now, auditor, auditKey, granted(id, "ben")));
        publish(
                fixture.globex.value(),
                signed(fixture.acme, now, auditor, auditKey, granted(id, "ben")));
        // after it had expired
        publish(
                tenant,
                signed(
                        fixture.acme,
                        now.plus(Duration.ofDays(8)),
                        auditor,
                        auditKey,
                        granted(id, "ben")));
        noted();

        for (Gateway gateway : List.of(one, two)) {
            assertThat(coded(gateway, "ana", with(call, id))).isEqualTo("approval_pending");
        }
        assertThat(
                        database.text(
                                "select count(*)::text from limits.decision where approval = '"
                                        + id
                                        + "'"))
                .isEqualTo("0");
    }

    @Test
    void whatWasAskedForIsWhatRuns() {
        Map<String, Object> call = delete("confirm", "1");
        String id = asked(one, "ana", call);

        for (Gateway gateway : List.of(one, two)) {
            var text =
                    caller(gateway, "ana")
                            .tool(
                                    "db_execute",
                                    Map.of(
                                            "database",
                                            "confirm",
                                            "sql",
                                            DELETE + " ",
                                            "params",
                                            List.of("1"),
                                            "approval",
                                            id));
            assertThat(text.code()).isEqualTo("approval_mismatch");
            assertThat(text.text()).contains("sql differ");
            var params =
                    caller(gateway, "ana").tool("db_execute", with(delete("confirm", "2"), id));
            assertThat(params.code()).isEqualTo("approval_mismatch");
            assertThat(params.text()).contains("params differ");
            // the number is not the text
            assertThat(coded(gateway, "ana", with(delete("confirm", 1), id)))
                    .isEqualTo("approval_mismatch");
            var elsewhere =
                    caller(gateway, "ana").tool("db_execute", with(delete("free", "1"), id));
            assertThat(elsewhere.code()).isEqualTo("approval_mismatch");
            assertThat(elsewhere.text()).contains("database differ");
            // of whom it is nobody else learns, nor that there is one
            var bob = caller(gateway, "bob").tool("db_execute", with(delete("confirm", "2"), id));
            var nobody =
                    caller(gateway, "bob")
                            .tool(
                                    "db_execute",
                                    with(delete("confirm", "2"), EventId.next().toString()));
            assertThat(bob.code()).isEqualTo("approval_unknown");
            assertThat(bob.text()).isEqualTo(nobody.text());
            var globex =
                    new McpClient(
                                    gateway.port(),
                                    fixture.token(fixture.globex, "ana", Set.of(EVERYTHING)))
                            .tool("db_execute", with(call, id));
            assertThat(globex.code()).isEqualTo("approval_unknown");
            assertThat(coded(gateway, "ana", with(call, "it was fine with ben")))
                    .isEqualTo("approval_unknown");
        }
        assertThat(commits(id)).isEmpty();
        assertThat(coded(two, "ana", with(call, id))).as("it is still good").isEmpty();
    }

    @Test
    void anApprovalThatHasExpiredIsNone() {
        Map<String, Object> call = delete("another", "1");
        String id = asked(one, "ana", call);
        decided(granted(id, "ben"));
        noted();

        database.execute(
                "update limits.approval set expires = clock_timestamp() where id = '%s'"
                        .formatted(id));

        for (Gateway gateway : List.of(one, two)) {
            assertThat(coded(gateway, "ana", with(call, id))).isEqualTo("approval_expired");
        }
        assertThat(commits(id)).isEmpty();
    }

    @Test
    void whoRefusesIsNotOvertaken() {
        Map<String, Object> call = delete("another", "1");
        String id = asked(one, "ana", call);

        decided(granted(id, "ben"));
        decided(new ApprovalDenied(id, person("cid"), "not today"));
        decided(granted(id, "cid"));
        noted();

        for (Gateway gateway : List.of(one, two)) {
            assertThat(coded(gateway, "ana", with(call, id))).isEqualTo("approval_denied");
        }
        assertThat(commits(id)).isEmpty();
    }

    @Test
    void whoIsSuspendedAllowsNothing() {
        Map<String, Object> call = delete("two-of", "1");
        String id = asked(one, "ana", call);
        decided(granted(id, "ben"));
        decided(granted(id, "dora"));
        noted();

        suspend("dora");
        Awaitility.await()
                .untilAsserted(() ->
                        assertThat(caller(one, "dora").tool("db_execute", call).code())
                                .isEqualTo("principal_suspended"));
        Awaitility.await()
                .untilAsserted(() ->
                        assertThat(caller(two, "dora").tool("db_execute", call).code())
                                .isEqualTo("principal_suspended"));
        for (Gateway gateway : List.of(one, two)) {
            assertThat(coded(gateway, "ana", with(call, id))).isEqualTo("approval_pending");
        }
        // and what is decided while suspended never counts
        String later = asked(one, "ana", call);
        decided(granted(later, "ben"));
        decided(granted(later, "dora"));
        noted();
        fixture.registry.remove(fixture.acme, Suspension.key(fixture.acme, "dora"));
        Awaitility.await()
                .untilAsserted(() -> assertThat(coded(two, "ana", with(call, id))).isEmpty());
        assertThat(coded(two, "ana", with(call, later))).isEqualTo("approval_pending");
    }

    private void suspend(String subject) {
        fixture.registry.put(
                fixture.acme,
                new Suspension(fixture.acme, subject, "carried data out", null, Instant.now()));
    }

    @Test
    void ofThirtyTwoOneRuns() throws Exception {
        Map<String, Object> call = delete("confirm", "1");
        String id = asked(one, "ana", call);
        try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            List<Callable<String>> callers = new ArrayList<>();
            for (int i = 0; i < 32; i++) {
                McpClient client = caller(i % 2 == 0 ? one : two, "ana");
                callers.add(() -> client.tool("db_execute", with(call, id)).code());
            }
            List<String> codes = new ArrayList<>();
            for (Future<String> code : threads.invokeAll(callers)) {
                codes.add(code.get());
            }

            assertThat(
                            codes.stream()
                                    .collect(
                                            Collectors.groupingBy(
                                                    code -> code, Collectors.counting())))
                    .isEqualTo(Map.of("", 1L, "approval_used", 31L));
        }
        assertThat(commits(id)).hasSize(1);
        assertThat(Signals.of(fixture.kafka, ApprovalGranted.class))
                .filteredOn(event -> event.data().approval().equals(id))
                .hasSize(1);
    }

    @Test
    void aRestartForgetsNothing() {
        Map<String, Object> call = delete("another", "1");
        String open = asked(one, "ana", call);
        String used = asked(one, "ana", delete("confirm", "1"));
        assertThat(coded(one, "ana", with(delete("confirm", "1"), used))).isEmpty();

        Gateway restarted = gateway("restarted-", database.settings);
        try {
            assertThat(coded(restarted, "ana", with(delete("confirm", "1"), used)))
                    .isEqualTo("approval_used");
            assertThat(coded(restarted, "ana", with(call, open))).isEqualTo("approval_pending");
            decided(granted(open, "ben"));
            Awaitility.await()
                    .untilAsserted(
                            () -> assertThat(coded(restarted, "ana", with(call, open))).isEmpty());
        } finally {
            restarted.close();
        }
        assertThat(coded(one, "ana", with(call, open))).isEqualTo("approval_used");
        assertThat(commits(open)).hasSize(1);
    }

    @Test
    void anEffectThatChangedIsNotCommittedAndUsesTheApprovalUp() {
        Map<String, Object> call = delete("confirm", "1");
        String id = asked(one, "ana", call);

        digest = "something-else";

        assertThat(coded(two, "ana", with(call, id))).isEqualTo("effect_changed");
        assertThat(coded(one, "ana", with(call, id))).isEqualTo("approval_used");
    }

    @Test
    void whatCannotBeRehearsedIsForAnotherPersonToRead() {
        fixture.executor.answers((call, _) ->
                call.access() == Access.REHEARSE && !call.database().value().equals("another")
                        ? new Answer(
                                Ended.FAILED, "cannot_be_rehearsed", "a sequence was drawn", "{}")
                        : executed(call));
        Map<String, Object> call = delete("named", "1");
        String id = asked(one, "ana", call);
        assertThat(coded(one, "ana", with(call, id)))
                .as("its caller cannot confirm what nobody can tell")
                .isEqualTo("approval_pending");
        ApprovalRequested request =
                Signals.of(fixture.kafka, ApprovalRequested.class).stream()
                        .map(Event::data)
                        .filter(data -> data.approval().equals(id))
                        .findFirst()
                        .orElseThrow();
        assertThat(request.by()).isEqualTo(ApprovalBy.ANOTHER);
        assertThat(request.effectDigest()).isNull();
        assertThat(request.complete()).isFalse();

        // an effect was shown to nobody
        decided(granted(id, "ben"));
        noted();
        assertThat(coded(one, "ana", with(call, id))).isEqualTo("approval_pending");
        decided(new ApprovalGranted(id, person("ben"), null, "read it"));

        Awaitility.await()
                .untilAsserted(() -> assertThat(coded(two, "ana", with(call, id))).isEmpty());
        assertThat(commits(id))
                .singleElement()
                .satisfies(command -> {
                    assertThat(command.access()).isEqualTo(Access.WRITE);
                    assertThat(command.effectDigest()).isNull();
                });
        // where the rule names nobody, nobody can
        assertThat(coded(one, "ana", delete("confirm", "1"))).isEqualTo("approval_impossible");
    }

    @Test
    void whereNobodyElseIsNamedNothingIsAsked() {
        int before = Signals.of(fixture.kafka, ApprovalRequested.class).size();
        assertThat(coded(one, "ana", delete("nobody", "1"))).isEqualTo("approval_impossible");
        assertThat(Signals.of(fixture.kafka, ApprovalRequested.class)).hasSize(before);
        assertThat(coded(one, "bob", delete("nobody", "1"))).isEqualTo("approval_required");
    }

    @Test
    void whatARuleRefusesIsNeitherRunNorAskedFor() {
        int asked = Signals.of(fixture.kafka, ApprovalRequested.class).size();
        int ran = fixture.executor.taken().size();
        Map<String, Object> dryRun = new HashMap<>(delete("closed", "1"));
        dryRun.put("dryRun", true);

        assertThat(coded(one, "ana", delete("closed", "1"))).isEqualTo("rule_refuses");
        assertThat(coded(two, "ana", dryRun)).isEqualTo("rule_refuses");
        assertThat(
                        caller(one, "ana")
                                .tool("db_query", Map.of("database", "closed", "sql", "select 1"))
                                .code())
                .isEqualTo("rule_refuses");
        assertThat(fixture.executor.taken()).hasSize(ran);

        // the rehearsal tells how many rows it would be
        assertThat(coded(one, "ana", delete("few", "1"))).isEqualTo("rule_refuses");
        assertThat(Signals.of(fixture.kafka, ApprovalRequested.class)).hasSize(asked);
        fixture.executor.answers((_, _) -> Answer.of(effect(1)));
        assertThat(coded(one, "ana", delete("few", "1"))).isEmpty();
        assertThat(coded(one, "ben", delete("closed", "1"))).isEmpty();
    }

    @Test
    void aRehearsalThatFailsIsTheAnswer() {
        fixture.executor.answers(
                (_, _) -> new Answer(Ended.FAILED, "constraint_violated", "orders are paid", "{}"));
        assertThat(coded(one, "ana", delete("confirm", "1"))).isEqualTo("constraint_violated");
    }

    @Test
    void fewRowsAreChangedAtOnceAndNoOtherOnes() {
        Map<String, Object> call = delete("rows", "1");
        assertThat(coded(one, "ana", call)).isEmpty();
        assertThat(commands(Access.COMMIT_IF))
                .filteredOn(command -> command.database().value().equals("rows"))
                .singleElement()
                .satisfies(command -> {
                    assertThat(command.approval()).isNull();
                    assertThat(command.effectDigest()).isEqualTo("as-it-was");
                });

        // meanwhile somebody else made them many
        fixture.executor.answers((command, _) -> {
            Answer answer = command.access() == Access.REHEARSE ? Answer.of(effect(1)) : null;
            digest = "many";
            return answer == null ? executed(command) : answer;
        });
        assertThat(coded(one, "ana", call)).isEqualTo("effect_changed");

        fixture.executor.answers((command, _) ->
                command.access() == Access.REHEARSE ? Answer.of(effect(3)) : executed(command));
        String id = asked(two, "ana", call);
        assertThat(coded(one, "ana", with(call, id))).isEmpty();
    }

    @Test
    void theNextOneWaitsOnEveryGateway() {
        assertThat(coded(one, "ana", delete("cool", "1"))).isEmpty();

        var next = caller(two, "ana").tool("db_execute", delete("cool", "2"));
        assertThat(next.code()).isEqualTo("cooldown");
        assertThat(Integer.parseInt(next.http().headers().firstValue("Retry-After").orElse("0")))
                .isBetween(500, 600);
        assertThat(next.text()).contains("Wait ");
        // somebody else, and somewhere else
        assertThat(coded(two, "bob", delete("cool", "2"))).isEmpty();
        assertThat(coded(two, "ana", delete("free", "2"))).isEmpty();

        database.execute("update limits.cooldown set last = last - interval '10 minutes'");
        assertThat(coded(two, "ana", delete("cool", "2"))).isEmpty();
    }

    @Test
    void aCooldownDoesNotUseAnApprovalUp() {
        String first = asked(one, "zoe", delete("cool-confirm", "1"));
        String second = asked(one, "zoe", delete("cool-confirm", "2"));
        assertThat(coded(one, "zoe", with(delete("cool-confirm", "1"), first))).isEmpty();

        assertThat(coded(two, "zoe", with(delete("cool-confirm", "2"), second)))
                .isEqualTo("cooldown");
        database.execute(
                "update limits.cooldown set last = last - interval '10 minutes' where subject = 'zoe'");
        assertThat(coded(two, "zoe", with(delete("cool-confirm", "2"), second))).isEmpty();
    }

    @Test
    void rulesThatBecameStricterHoldForWhatWasAskedBefore() {
        held("later", Rule.When.ANY, confirm(null), null);
        Map<String, Object> call = delete("later", "1");
        Awaitility.await()
                .untilAsserted(
                        () -> assertThat(coded(one, "ana", call)).isEqualTo("approval_required"));
        String id = asked(one, "ana", call);
        held("later", Rule.When.ANY, another(1, "ben"), null);
        Awaitility.await()
                .untilAsserted(() ->
                        assertThat(caller(one, "ana").tool("db_execute", call).text())
                                .contains("ben"));

        assertThat(coded(one, "ana", with(call, id))).isEqualTo("approval_expired");
        assertThat(commits(id)).isEmpty();
    }

    @Test
    void oneRequesterHasSoManyOpenRequestsAndNoMore() {
        for (int i = 0; i < 50; i++) {
            asked(i % 2 == 0 ? one : two, "busy", delete("another", "" + i));
        }
        assertThat(coded(two, "busy", delete("another", "51"))).isEqualTo("approvals_open");
        assertThat(coded(two, "ana", delete("another", "51"))).isEqualTo("approval_required");
    }

    private static final Map<String, Object> FORMS = Map.of("elicitation", Map.of());
    private static final Map<String, Object> URLS = Map.of("elicitation", Map.of("url", Map.of()));

    @Test
    void aClientThatCanAskItsUserDoes() {
        Map<String, Object> call = delete("confirm", "1");
        McpClient client = caller(one, "ana").that(FORMS);

        var asked = client.tool("db_execute", call);

        assertThat(asked.result().path("resultType").asString()).isEqualTo("input_required");
        JsonNode question = asked.result().at("/inputRequests/approval");
        assertThat(question.path("method").asString()).isEqualTo("elicitation/create");
        assertThat(question.at("/params/mode").asString()).isEqualTo("form");
        assertThat(question.at("/params/message").asString())
                .contains("confirm")
                .contains("in public.orders 0 rows added, 0 changed, 2 deleted")
                .doesNotContain(SECRET);
        assertThat(question.at("/params/requestedSchema/properties/confirm/type").asString())
                .isEqualTo("boolean");
        String state = asked.result().path("requestState").asString();

        Map<String, Object> yes = Map.of("action", "accept", "content", Map.of("confirm", true));
        // whoever holds the state of somebody else has nothing
        assertThat(caller(two, "bob").that(FORMS).again("db_execute", call, state, yes).code())
                .isEqualTo("approval_unknown");
        assertThat(client.again("db_execute", delete("confirm", "2"), state, yes).code())
                .isEqualTo("approval_mismatch");
        assertThat(client.again("db_execute", call, List.of(state), yes).code())
                .isEqualTo("approval_unknown");
        // what is no answer is no yes
        for (Map<String, Object> nothing :
                List.<Map<String, Object>>of(
                        Map.of(),
                        Map.of("action", "cancel"),
                        Map.of("action", "accept"),
                        Map.of("action", "accept", "content", Map.of("confirm", "true")))) {
            assertThat(client.again("db_execute", call, state, nothing).code())
                    .isEqualTo("approval_pending");
        }
        var done = caller(two, "ana").that(FORMS).again("db_execute", call, state, yes);
        assertThat(done.code()).as(done.text()).isEmpty();
        assertThat(commits(state)).hasSize(1);
        assertThat(client.again("db_execute", call, state, yes).code()).isEqualTo("approval_used");
    }

    @Test
    void aUserThatSaysNoIsNotOverruledByItsAgent() {
        Map<String, Object> call = delete("confirm", "1");
        for (Map<String, Object> no :
                List.of(
                        Map.<String, Object>of("action", "decline"),
                        Map.<String, Object>of(
                                "action", "accept", "content", Map.of("confirm", false)))) {
            McpClient client = caller(one, "ana").that(FORMS);
            String state = client.tool("db_execute", call).result().path("requestState").asString();

            assertThat(client.again("db_execute", call, state, no).code())
                    .isEqualTo("approval_denied");

            assertThat(coded(two, "ana", with(call, state))).isEqualTo("approval_used");
            assertThat(commits(state)).isEmpty();
            assertThat(Signals.of(fixture.kafka, ApprovalDenied.class))
                    .filteredOn(event -> event.data().approval().equals(state))
                    .singleElement()
                    .satisfies(event ->
                            assertThat(event.data().approver().subject()).isEqualTo("ana"));
        }
    }

    @Test
    void aClientThatCanLeadItsUserToWherePeopleDecideDoes() {
        Map<String, Object> call = delete("another", "1");
        McpClient client = caller(one, "ana").that(URLS);

        var asked = client.tool("db_execute", call);

        String state = asked.result().path("requestState").asString();
        JsonNode led = asked.result().at("/inputRequests/approval/params");
        assertThat(led.path("mode").asString()).isEqualTo("url");
        assertThat(led.path("url").asString())
                .isEqualTo("https://audit.example.org/console/approvals/" + state);
        assertThat(led.path("message").asString()).contains("ana, ben, cid");
        var pending = client.again("db_execute", call, state, Map.of("action", "accept"));
        assertThat(pending.code()).isEqualTo("approval_pending");
        assertThat(pending.text()).as("the model learns how to go on").contains(state);
        decided(granted(state, "ben"));
        Awaitility.await()
                .untilAsserted(() ->
                        assertThat(
                                        client.again(
                                                        "db_execute",
                                                        call,
                                                        state,
                                                        Map.of("action", "accept"))
                                                .code())
                                .isEmpty());
        // forms are of no use where another person decides, and URLs where the caller does
        assertThat(caller(one, "ana").that(FORMS).tool("db_execute", call).code())
                .isEqualTo("approval_required");
        assertThat(caller(one, "ana").that(URLS).tool("db_execute", delete("confirm", "1")).code())
                .isEqualTo("approval_required");
    }

    @Test
    void withoutAStoreNothingThatIsHeldRuns() {
        int before = fixture.executor.taken().size();
        var answer = caller(without, "ana").tool("db_execute", delete("confirm", "1"));
        assertThat(answer.status()).isEqualTo(503);
        assertThat(answer.code()).isEqualTo("approvals_unavailable");
        assertThat(coded(without, "ana", delete("cool", "1"))).isEqualTo("approvals_unavailable");
        assertThat(coded(without, "ana", with(delete("free", "1"), EventId.next().toString())))
                .isEqualTo("approvals_unavailable");
        assertThat(fixture.executor.taken()).hasSize(before);
        assertThat(coded(without, "ana", delete("free", "1"))).isEmpty();
    }

    @Test
    void aStoreThatGoesAwayLetsNothingThatIsHeldRun() {
        Gateway cut = gateway("cut-", ownLogin);
        try {
            Map<String, Object> call = delete("confirm", "1");
            String id = asked(cut, "ana", call);
            database.cutOff(ownLogin.user());

            assertThat(coded(cut, "ana", with(call, id))).isEqualTo("approvals_unavailable");
            assertThat(coded(cut, "ana", call)).isEqualTo("approvals_unavailable");
            assertThat(commits(id)).isEmpty();
            assertThat(coded(one, "ana", with(call, id))).isEmpty();
        } finally {
            cut.close();
        }
    }

    @Test
    void anApprovalIsATextAndNothingElse() {
        int before = fixture.executor.taken().size();
        Map<String, Object> call = delete("confirm", "1");
        for (Object wrong : List.of(true, 1, List.of("x"), Map.of("id", "x"), "x".repeat(101))) {
            assertThat(coded(one, "ana", with(call, wrong)))
                    .as(String.valueOf(wrong))
                    .isEqualTo("arguments_invalid");
        }
        Map<String, Object> nothing = new HashMap<>(call);
        nothing.put("approval", null);
        assertThat(coded(one, "ana", nothing)).isEqualTo("arguments_invalid");
        Map<String, Object> both = with(call, "x");
        both.put("dryRun", true);
        assertThat(coded(one, "ana", both)).isEqualTo("arguments_invalid");
        assertThat(fixture.executor.taken()).hasSize(before);
    }
}
