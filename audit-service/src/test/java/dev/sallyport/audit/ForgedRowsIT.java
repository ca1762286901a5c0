package dev.sallyport.audit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.sallyport.audit.check.DatabaseCheck;
import dev.sallyport.audit.log.LogReader;
import dev.sallyport.audit.store.AuditDatabase;
import dev.sallyport.audit.tree.Hash;
import dev.sallyport.audit.tree.TreeHead;
import dev.sallyport.audit.verify.AuditVerifier;
import dev.sallyport.audit.verify.Verdict;
import dev.sallyport.schema.id.CallId;
import dev.sallyport.schema.id.EventId;
import dev.sallyport.schema.id.TenantId;
import dev.sallyport.schema.json.Json;
import dev.sallyport.schema.topic.Topics;
import java.nio.charset.StandardCharsets;
import java.sql.SQLException;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * Somebody who has the database role of the service, which can insert, or who can write its topic
 * of checkpoints. Cases G3 to G6 and G12.
 */
class ForgedRowsIT {
    private AuditFixture fixture;
    private AuditDatabase database;
    private TenantId disturbed;
    private TenantId other;
    private CallId call;

    @BeforeEach
    void start() throws SQLException {
        fixture = new AuditFixture();
        database = fixture.open();
        disturbed = fixture.tenant();
        other = fixture.tenant();
        try (var _ = fixture.start()) {
            settle(disturbed);
            call = settle(other);
            fixture.awaitPublished(database.jdbi(), disturbed, 2);
            fixture.awaitPublished(database.jdbi(), other, 2);
        }
    }

    @AfterEach
    void stop() {
        database.close();
        fixture.close();
    }

    @Test
    void rowsThatNobodyCouldMeanStopNoOtherLog() {
        for (String sql :
                List.of(
                        "INSERT INTO audit.head SELECT tenant, 9223372036854775807, 9223372036854775806, root, now(), seal FROM audit.head WHERE tenant = '%1$s' LIMIT 1",
                        "INSERT INTO audit.checkpoint SELECT 'No Tenant', 1, root, note, now() FROM audit.checkpoint LIMIT 1",
                        "INSERT INTO audit.checkpoint SELECT tenant, 9223372036854775807, root, note, now() FROM audit.checkpoint WHERE tenant = '%1$s' LIMIT 1",
                        "INSERT INTO audit.tile VALUES ('%1$s', 63, 9223372036854775807, decode(repeat('00', 8192), 'hex'), decode(repeat('00', 32), 'hex'))",
                        "INSERT INTO audit.parked (tenant, event_id, bytes, topic, partition, generation, record, happened_at, seal, parked_at) VALUES ('%2$s', gen_random_uuid(), 'x', 'x', -1, -1, -1, '-infinity', '', now())",
                        "INSERT INTO audit.consumed (topic, partition, generation, from_record, next_record, topic_id, fence, seal, consumed_at) SELECT topic, partition, 2147483647, -9, -3, topic_id, fence, seal, now() FROM (SELECT DISTINCT ON (topic, partition) * FROM audit.consumed ORDER BY topic, partition, from_record) AS first",
                        "INSERT INTO audit.rejected SELECT topic, partition, next_record, 'x', 'x', now(), generation FROM audit.consumed ON CONFLICT DO NOTHING",
                        "INSERT INTO desk.description SELECT gen_random_uuid(), tenant, 'x', principal, client, tool, 'No Database', statement_class, outcome, code, ARRAY[NULL, 'x'], fingerprint, detail, words FROM desk.description WHERE tenant = '%2$s'",
                        "INSERT INTO desk.search SELECT now(), n, -1, gen_random_uuid(), NULL, d.id, d.tenant FROM desk.description d, generate_series(-2, 9) n WHERE d.tenant = '%2$s' AND d.kind = 'x'",
                        "INSERT INTO desk.search SELECT t.time, 0, 0, gen_random_uuid(), gen_random_uuid(), d.id, d.tenant FROM desk.description d, (VALUES (timestamptz 'infinity'), (timestamptz '-infinity')) AS t (time), generate_series(1, 20) WHERE d.tenant = '%2$s'")) {
            insert(sql.formatted(disturbed, other));
        }

        try (var service = fixture.start()) {
            var call = settle(other);
            fixture.awaitPublishedCall(database.jdbi(), other, call);
            String token = fixture.token(other, "audit:read");
            for (String query : List.of("limit=1", "limit=200", "text=select&limit=1")) {
                var page = fixture.get(service, "/api/v1/entries?" + query, Optional.of(token));
                assertThat(page.statusCode()).as(page.body()).isEqualTo(200);
            }
            // to the last page, where a row of the earliest time would stand
            Optional<String> next = Optional.of("");
            while (next.isPresent()) {
                String path = "/api/v1/entries?limit=3" + next.get();
                var page = fixture.get(service, path, Optional.of(token));
                assertThat(page.statusCode()).as(page.body()).isEqualTo(200);
                next =
                        Optional.ofNullable(Json.mapper().readTree(page.body()).get("next"))
                                .map(cursor -> "&cursor=" + cursor.stringValue());
            }
            await().atMost(AuditFixture.WITHIN)
                    .untilAsserted(() ->
                            assertThat(fixture.get(service, "/healthz", Optional.empty()).body())
                                    .contains("\"inconsistentLogs\":1"));
        }
        var result = check();
        assertThat(result.isSound()).isFalse();
        assertThat(result.findings())
                .anySatisfy(finding -> assertThat(finding).contains("'No Tenant'"));
    }

    @Test
    void aLogThatSomebodyElseMadeGrowIsNotSigned() {
        grow(disturbed);

        try (var service = fixture.start()) {
            settle(disturbed);
            var last = settle(other);
            fixture.awaitPublishedCall(database.jdbi(), other, last);
            await().atMost(AuditFixture.WITHIN)
                    .untilAsserted(() ->
                            assertThat(fixture.get(service, "/healthz", Optional.empty()).body())
                                    .contains("\"inconsistentLogs\":1"));
            assertThat(AuditFixture.published(database.jdbi(), disturbed)).isEqualTo(2);
        }
        assertThat(check().logs())
                .filteredOn(log -> log.tenant().equals(disturbed))
                .singleElement()
                .satisfies(log ->
                        assertThat(log.findings())
                                .anySatisfy(finding ->
                                        assertThat(finding)
                                                .contains(
                                                        "head of 3",
                                                        "not written by this service")));
    }

    /** One more entry, with all that belongs to it but a seal that nobody else can make. */
    private void grow(TenantId tenant) {
        var invented = CallId.next();
        byte[] bytes = AuditFixture.settled(tenant, invented, "alice", "db_query", "select 1");
        database.jdbi()
                .useHandle(handle -> {
                    TreeHead before = LogReader.head(handle, tenant).orElseThrow();
                    var after =
                            LogReader.frontier(handle, tenant, before.size())
                                    .grow(List.of(Hash.ofLeaf(bytes)))
                                    .frontier()
                                    .head();
                    int entries =
                            handle.execute(
                                    """
                                    INSERT INTO audit.entry
                                    SELECT tenant, ?, ?, ?, ?, topic, partition, record, now() FROM audit.entry WHERE tenant = ? AND seq = 0
                                    """,
                                    before.size(),
                                    EventId.settledOf(invented).value(),
                                    Hash.ofLeaf(bytes).bytes(),
                                    bytes,
                                    tenant.value());
                    int heads =
                            handle.execute(
                                    """
                                    INSERT INTO audit.head
                                    SELECT tenant, ?, size, ?, now(), seal FROM audit.head WHERE tenant = ? AND size = ?
                                    """,
                                    after.size(),
                                    after.root().bytes(),
                                    tenant.value(),
                                    before.size());
                    assertThat(entries + heads).isEqualTo(2);
                });
    }

    @Test
    void whatTheTopicOfCheckpointsLostIsPutThereAgain() throws Exception {
        assertThat(fixture.lastSigned()).containsKeys(disturbed, other);
        try (var admin = fixture.admin()) {
            admin.deleteTopics(List.of(Topics.CHECKPOINTS)).all().get(10, TimeUnit.SECONDS);
            // the name may still be on its way out
            await().atMost(AuditFixture.WITHIN)
                    .until(() -> !admin.listTopics().names().get().contains(Topics.CHECKPOINTS));
        }
        fixture.createTopics();
        assertThat(fixture.lastSigned()).isEmpty();

        // neither log grows
        try (var _ = fixture.start()) {
            await().atMost(AuditFixture.WITHIN)
                    .untilAsserted(() ->
                            assertThat(fixture.lastSigned())
                                    .hasEntrySatisfying(
                                            disturbed, tree -> assertThat(tree.size()).isEqualTo(2))
                                    .containsKey(other));
        }
    }

    @Test
    void anEmptiedTopicIsNoWayToSignWhatSomebodyElseWrote() throws Exception {
        grow(disturbed);
        insert(
                "INSERT INTO audit.checkpoint SELECT tenant, size, root, 'x', now() FROM audit.head WHERE tenant = '%s' AND size = 3"
                        .formatted(disturbed));
        try (var admin = fixture.admin()) {
            admin.deleteTopics(List.of(Topics.CHECKPOINTS)).all().get(10, TimeUnit.SECONDS);
            await().atMost(AuditFixture.WITHIN)
                    .until(() -> !admin.listTopics().names().get().contains(Topics.CHECKPOINTS));
        }
        fixture.createTopics();

        try (var service = fixture.start()) {
            await().atMost(AuditFixture.WITHIN)
                    .untilAsserted(() -> assertThat(fixture.lastSigned()).containsKey(other));
            assertThat(fixture.get(service, "/healthz", Optional.empty()).body())
                    .contains("\"inconsistentLogs\":1");
            assertThat(fixture.lastSigned()).doesNotContainKey(disturbed);
        }
    }

    @Test
    void theProofOfACallHoldsNoOthersEvents() {
        // more than a proof holds, and before its own
        insert(
                "INSERT INTO desk.search SELECT s.time, 0, s.rows, s.event_id, '%s', s.description, s.tenant FROM desk.search s, generate_series(1, 100) WHERE s.tenant = '%s' AND s.seq = 0"
                        .formatted(call, other));

        try (var service = fixture.start()) {
            var proof =
                    fixture.get(
                            service,
                            "/api/v1/calls/" + call,
                            Optional.of(fixture.token(other, "audit:read")));
            assertThat(proof.statusCode()).isEqualTo(200);
            assertThat(Json.mapper().readTree(proof.body()).get("entries")).hasSize(1);
            assertThat(
                            new AuditVerifier(service.key())
                                    .proof(proof.body().getBytes(StandardCharsets.UTF_8)))
                    .isInstanceOf(Verdict.Proved.class);
        }
    }

    private CallId settle(TenantId tenant) {
        var settled = fixture.settle(tenant, "alice", "db_query", "select 1");
        fixture.flush();
        return settled;
    }

    /** As the service's own role. */
    private void insert(String sql) {
        database.jdbi().useHandle(handle -> assertThat(handle.execute(sql)).as(sql).isPositive());
    }

    private DatabaseCheck.Result check() {
        return DatabaseCheck.run(fixture.config(), fixture.secrets(), InstantSource.system());
    }
}
