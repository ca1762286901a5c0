package dev.sallyport.audit.ingest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.sallyport.audit.AuditFixture;
import dev.sallyport.audit.store.AuditDatabase;
import dev.sallyport.audit.store.RowSeal;
import dev.sallyport.schema.event.EventCodec;
import dev.sallyport.schema.event.GapCause;
import dev.sallyport.schema.event.GapFound;
import dev.sallyport.schema.event.PrincipalSuspended;
import dev.sallyport.schema.id.TenantId;
import dev.sallyport.schema.topic.Topics;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.UUID;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.admin.RecordsToDelete;
import org.apache.kafka.common.TopicPartition;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What was consumed is compared with what is there to be read. Cases G3 and G9. */
class GapIT {
    private static final Duration POLL = Duration.ofMillis(100);
    private static final byte[] NONSENSE = {'x'};

    private final String topic = Topics.COMMANDS_PREFIX + "gap-" + UUID.randomUUID();
    private final TopicPartition partition = new TopicPartition(topic, 0);
    private AuditFixture fixture;
    private AuditDatabase database;
    private TenantId tenant;

    @BeforeEach
    void start() throws Exception {
        fixture = new AuditFixture();
        database = fixture.open();
        tenant = new TenantId("t-" + UUID.randomUUID());
        create();
        // a log that there is
        fixture.send(
                Topics.SIGNALS,
                tenant,
                AuditFixture.event(tenant, new PrincipalSuspended("s", "why", null, "monitor")));
        send(3);
        try (var ingest = fixture.ingest(database.jdbi())) {
            turnUntil(ingest, consumedUpTo(3));
            turnUntil(ingest, entries() + " = 1");
        }
    }

    @AfterEach
    void stop() throws Exception {
        delete();
        database.close();
        fixture.close();
    }

    @Test
    void whatSomebodyElseMarksAsConsumedIsReadAllTheSameAndIsToldOnce() throws Exception {
        fixture.flush();
        for (int number = 0; number < 3; number++) {
            // as the service's own role, which can insert, each partition's next stretches
            forge(Topics.OUTCOMES, number, 0);
            forge(Topics.OUTCOMES, number, 7);
        }
        var call = fixture.settle(tenant, "mallory", "db_query", "select 1");
        fixture.flush();

        for (int start = 0; start < 2; start++) {
            try (var ingest = fixture.ingest(database.jdbi())) {
                turnUntil(
                        ingest,
                        "(SELECT count(*) FROM desk.search WHERE call_id = '" + call + "') = 1");
                assertThat(ingest.gaps()).isEqualTo(3);
            }
        }
        assertThat(gaps(TenantId.PLATFORM))
                .hasSize(3)
                .allSatisfy(gap -> {
                    assertThat(gap.cause()).isEqualTo(GapCause.FORGED);
                    assertThat(gap.topic()).isEqualTo(Topics.OUTCOMES);
                });
    }

    private void forge(String of, int number, int generation) {
        database.jdbi()
                .useHandle(handle ->
                        handle.createUpdate(
                                        """
                                        INSERT INTO audit.consumed
                                            (topic, partition, generation, from_record, next_record, topic_id, fence, seal, consumed_at)
                                        SELECT :topic, :partition, :generation,
                                               coalesce(max(next_record), 0), coalesce(max(next_record), 0) + 1000, gen_random_uuid(),
                                               decode(repeat('5f', 16), 'hex'), decode(repeat('5f', 16), 'hex'), now()
                                        FROM audit.consumed WHERE topic = :topic AND partition = :partition
                                        """)
                                .bind("topic", of)
                                .bind("partition", number)
                                .bind("generation", generation)
                                .execute());
    }

    @Test
    void recordsThatWereDeletedBeforeTheServiceStartedAreAnEntryOfTheLogsThatTheyBelongTo()
            throws Exception {
        send(2);
        deleteUpTo(5);
        send(1);

        try (var ingest = fixture.ingest(database.jdbi())) {
            turnUntil(ingest, consumedUpTo(6));
        }
        try (var ingest = fixture.ingest(database.jdbi())) {
            int _ = ingest.turn(POLL);
            assertThat(ingest.gaps()).isZero();
        }
        for (TenantId log : List.of(tenant, TenantId.PLATFORM)) {
            assertThat(gaps(log))
                    .singleElement()
                    .satisfies(gap -> {
                        assertThat(gap.topic()).isEqualTo(topic);
                        assertThat(gap.from()).isEqualTo(3);
                        assertThat(gap.next()).isEqualTo(5);
                        assertThat(gap.cause()).isEqualTo(GapCause.DELETED);
                    });
        }
        assertThat(gaps(tenant)).hasSize(1);
    }

    @Test
    void aReaderThatDeletionOvertakesGoesOnAndSoDoTheOtherTopics() throws Exception {
        try (var ingest = fixture.ingest(database.jdbi())) {
            int _ = ingest.turn(POLL);
            send(2);
            deleteUpTo(5);
            send(1);
            var call = fixture.settle(tenant, "alice", "db_query", "select 1");
            fixture.flush();

            turnUntil(
                    ingest,
                    consumedUpTo(6)
                            + " AND (SELECT count(*) FROM desk.search WHERE call_id = '"
                            + call
                            + "') = 1");
        }
        // what the consumer had fetched before the deletion was read
        assertThat(gaps(tenant)).allSatisfy(gap -> assertThat(gap.next()).isEqualTo(5));
    }

    @Test
    void aTopicThatWasMadeAnewIsReadFromItsBeginningAndTheLogSaysSo() throws Exception {
        delete();
        create();
        send(2);

        try (var ingest = fixture.ingest(database.jdbi())) {
            turnUntil(ingest, "generation = 1 AND " + consumedUpTo(2));
        }
        assertThat(gaps(tenant))
                .singleElement()
                .satisfies(gap -> {
                    assertThat(gap.from()).isEqualTo(3);
                    assertThat(gap.next()).isNull();
                    assertThat(gap.cause()).isEqualTo(GapCause.REPLACED);
                });
        // whose places were those of others before
        assertThat(count("SELECT count(*) FROM audit.rejected WHERE topic = '" + topic + "'"))
                .isEqualTo(5);
    }

    @Test
    void aTopicThatEndsBeforeWhatWasReadStopsNobody() throws Exception {
        var seal = RowSeal.of(fixture.signer());
        var id = topicId();
        var _ =
                new LogWriter(database.jdbi(), seal)
                        .write(
                                new LogWriter.Batch(
                                        List.of(), List.of(new Stretch(partition, id, 0, 3, 90))),
                                Instant.now());

        try (var ingest = fixture.ingest(database.jdbi())) {
            turnUntil(ingest, "generation = 1 AND " + consumedUpTo(3));
            send(1);
            turnUntil(ingest, "generation = 1 AND " + consumedUpTo(4));
        }
        assertThat(gaps(tenant))
                .singleElement()
                .satisfies(gap -> {
                    assertThat(gap.from()).isEqualTo(3);
                    assertThat(gap.cause()).isEqualTo(GapCause.CUT_BACK);
                });
    }

    @Test
    void aPlaceWithoutARecordIsAGapWhereNobodyWritesInTransactions() throws Exception {
        fixture.sendAborted(topic, tenant, NONSENSE);
        // the record and, a moment after the abortion was answered, the broker's mark
        await().atMost(AuditFixture.WITHIN).until(() -> end() == 5);
        send(1);
        long end = end();

        try (var ingest = fixture.ingest(database.jdbi())) {
            turnUntil(ingest, consumedUpTo(end));
        }
        assertThat(gaps(tenant))
                .singleElement()
                .satisfies(gap -> {
                    assertThat(gap.from()).isEqualTo(3);
                    assertThat(gap.next()).isEqualTo(end - 1);
                    assertThat(gap.cause()).isEqualTo(GapCause.SKIPPED);
                });
    }

    private void create() throws Exception {
        try (var admin = fixture.admin()) {
            // a topic of this name may still be on its way out
            await().atMost(AuditFixture.WITHIN)
                    .ignoreExceptionsInstanceOf(ExecutionException.class)
                    .until(() -> {
                        admin.createTopics(List.of(new NewTopic(topic, 1, (short) 1)))
                                .all()
                                .get(10, TimeUnit.SECONDS);
                        return true;
                    });
        }
    }

    private void delete() throws Exception {
        try (var admin = fixture.admin()) {
            admin.deleteTopics(List.of(topic)).all().get(10, TimeUnit.SECONDS);
        }
    }

    private void deleteUpTo(long record) throws Exception {
        try (var admin = fixture.admin()) {
            var until = Map.of(partition, RecordsToDelete.beforeOffset(record));
            admin.deleteRecords(until).all().get(10, TimeUnit.SECONDS);
        }
    }

    private UUID topicId() throws Exception {
        try (var admin = fixture.admin()) {
            var described =
                    admin.describeTopics(List.of(topic))
                            .allTopicNames()
                            .get(10, TimeUnit.SECONDS)
                            .get(topic);
            var id = Objects.requireNonNull(described).topicId();
            return new UUID(id.getMostSignificantBits(), id.getLeastSignificantBits());
        }
    }

    private long end() throws Exception {
        try (var admin = fixture.admin()) {
            return admin.listOffsets(Map.of(partition, OffsetSpec.latest()))
                    .partitionResult(partition)
                    .get(10, TimeUnit.SECONDS)
                    .offset();
        }
    }

    /** Records that are no events: what counts here is their places. */
    private void send(int records) {
        IntStream.range(0, records).forEach(_ -> fixture.send(topic, tenant, NONSENSE));
        fixture.flush();
    }

    private String consumedUpTo(long next) {
        return "EXISTS (SELECT 1 FROM audit.consumed WHERE topic = '"
                + topic
                + "' AND next_record = "
                + next
                + ")";
    }

    private String entries() {
        return "(SELECT count(*) FROM audit.entry WHERE tenant = '" + tenant + "')";
    }

    private void turnUntil(Ingest ingest, String condition) {
        String sql =
                condition.startsWith("generation")
                        ? "SELECT count(*) FROM audit.consumed WHERE topic = '"
                                + topic
                                + "' AND "
                                + condition
                        : "SELECT CAST(" + condition + " AS integer)";
        await().atMost(AuditFixture.WITHIN)
                .pollDelay(Duration.ZERO)
                .until(() -> {
                    int _ = ingest.turn(POLL);
                    return count(sql) > 0;
                });
    }

    private long count(String sql) {
        return AuditFixture.count(database.jdbi(), sql);
    }

    /** The gaps that the tenant's log tells of, of this test's topic or of outcomes. */
    private List<GapFound> gaps(TenantId log) {
        return database
                .jdbi()
                .withHandle(handle ->
                        handle.createQuery(
                                        """
                                        SELECT e.bytes FROM audit.entry e JOIN desk.search s ON s.tenant = e.tenant AND s.seq = e.seq
                                        JOIN desk.description d ON d.id = s.description
                                        WHERE e.tenant = :tenant AND d.outcome = 'gap' AND e.topic IN (:topic, :outcomes) ORDER BY e.seq
                                        """)
                                .bind("tenant", log.value())
                                .bind("topic", topic)
                                .bind("outcomes", Topics.OUTCOMES)
                                .mapTo(byte[].class)
                                .list())
                .stream()
                .map(bytes -> (GapFound) EventCodec.decode(bytes).data())
                .toList();
    }
}
