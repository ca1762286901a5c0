package dev.sallyport.audit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.sallyport.audit.ingest.Ingest;
import dev.sallyport.audit.log.CheckpointPublisher;
import dev.sallyport.audit.verify.Verdict;
import dev.sallyport.schema.event.PrincipalSuspended;
import dev.sallyport.schema.id.TenantId;
import dev.sallyport.schema.topic.Topics;
import java.time.Duration;
import java.util.Optional;
import org.jdbi.v3.core.Jdbi;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** An older copy of the database is put in its place. Case G4. */
class OlderCopyIT {
    private static final Duration POLL = Duration.ofMillis(100);

    private AuditFixture fixture;
    private TenantId forked;
    private TenantId quiet;

    @BeforeEach
    void start() throws Exception {
        fixture = new AuditFixture();
        forked = fixture.tenant();
        quiet = fixture.tenant();
        try (var database = fixture.open();
                var ingest = fixture.ingest(database.jdbi())) {
            var publisher = fixture.publisher(database.jdbi());
            outcome(forked);
            outcome(quiet);
            // with the registrations
            publishUntil(ingest, publisher, database.jdbi(), forked, 2);
            publishUntil(ingest, publisher, database.jdbi(), quiet, 2);
        }
    }

    @AfterEach
    void stop() {
        fixture.close();
    }

    @Test
    void aForkIsNeverSignedAndTheOtherLogsGoOn() throws Exception {
        String copy = fixture.backUp();
        try (var database = fixture.open();
                var ingest = fixture.ingest(database.jdbi())) {
            var publisher = fixture.publisher(database.jdbi());
            for (int size = 3; size <= 6; size += 2) {
                // one by one in turns, as no batch would order them
                outcome(forked);
                publishUntil(ingest, publisher, database.jdbi(), forked, size);
                signal(forked);
                publishUntil(ingest, publisher, database.jdbi(), forked, size + 1);
            }
        }
        fixture.restore(copy);

        try (var database = fixture.open();
                var service = fixture.start()) {
            outcome(forked);
            outcome(quiet);
            fixture.flush();
            fixture.awaitPublished(database.jdbi(), quiet, 3);
            await().atMost(AuditFixture.WITHIN).until(() -> entries(database.jdbi(), forked) == 7);
            await().atMost(AuditFixture.WITHIN)
                    .untilAsserted(() ->
                            assertThat(fixture.get(service, "/healthz", Optional.empty()).body())
                                    .contains("\"inconsistentLogs\":1"));
            assertThat(AuditFixture.published(database.jdbi(), forked)).isEqualTo(2);
            assertThat(fixture.get(service, "/healthz", Optional.empty()).statusCode())
                    .isEqualTo(503);
            assertThat(fixture.verify(service, quiet)).isInstanceOf(Verdict.Verified.class);
        }
    }

    @Test
    void aCopyThatGrowsToTheVerySameLogIsSignedAgain() throws Exception {
        String copy = fixture.backUp();
        try (var database = fixture.open();
                var ingest = fixture.ingest(database.jdbi())) {
            var publisher = fixture.publisher(database.jdbi());
            outcome(forked);
            publishUntil(ingest, publisher, database.jdbi(), forked, 3);
        }
        fixture.restore(copy);

        try (var database = fixture.open();
                var ingest = fixture.ingest(database.jdbi())) {
            var publisher = fixture.publisher(database.jdbi());
            publishUntil(ingest, publisher, database.jdbi(), forked, 3);
            assertThat(publisher.unsigned()).isEmpty();
        }
    }

    private void outcome(TenantId tenant) {
        var _ = fixture.settle(tenant, "alice", "db_query", "select 1");
        fixture.flush();
    }

    private void signal(TenantId tenant) {
        fixture.send(
                Topics.SIGNALS,
                tenant,
                AuditFixture.event(tenant, new PrincipalSuspended("s", "why", null, "monitor")));
        fixture.flush();
    }

    private static void publishUntil(
            Ingest ingest, CheckpointPublisher publisher, Jdbi jdbi, TenantId tenant, long size) {
        await().atMost(AuditFixture.WITHIN)
                .pollDelay(Duration.ZERO)
                .until(() -> {
                    int _ = ingest.turn(POLL);
                    // another publisher than the one that the ingestion tells
                    publisher.startOver();
                    int _ = publisher.turn();
                    return AuditFixture.published(jdbi, tenant) >= size;
                });
    }

    private static long entries(Jdbi jdbi, TenantId tenant) {
        return AuditFixture.count(
                jdbi, "SELECT count(*) FROM audit.entry WHERE tenant = '" + tenant + "'");
    }
}
