package dev.sallyport.audit.ingest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.sallyport.audit.AuditFixture;
import dev.sallyport.audit.store.AuditDatabase;
import dev.sallyport.schema.id.TenantId;
import java.sql.SQLException;
import java.time.Duration;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** One log in disorder stops no other, and nothing of it is lost. Cases G6 and G9. */
class ParkingIT {
    private static final Duration POLL = Duration.ofMillis(100);

    private final TenantId disturbed = new TenantId("t-" + UUID.randomUUID());
    private final TenantId other = new TenantId("t-" + UUID.randomUUID());
    private AuditFixture fixture;
    private AuditDatabase database;

    @BeforeEach
    void start() throws SQLException {
        fixture = new AuditFixture();
        database = fixture.open();
    }

    @AfterEach
    void stop() {
        database.close();
        fixture.close();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                // the next place, taken by hand; as the service's own role could
                "INSERT INTO audit.entry SELECT tenant, 1, gen_random_uuid(), leaf_hash, bytes, topic, partition, record, now() FROM audit.entry WHERE tenant = '%s' AND seq = 0",
                "INSERT INTO audit.head SELECT tenant, 2, 1, root, now(), seal FROM audit.head WHERE tenant = '%s'",
            })
    void aPlaceThatIsTakenByHandParksThatLogAlone(String taken) throws Exception {
        try (var ingest = fixture.ingest(database.jdbi())) {
            settle(disturbed, 1);
            turnUntil(ingest, disturbed, 1);
            execute(taken.formatted(disturbed));

            settle(disturbed, 2);
            settle(other, 3);
            turnUntil(ingest, other, 3);
            turnUntilStuck(ingest);
            assertThat(ingest.stuck()).containsOnlyKeys(disturbed);
        }
        // a restart in the meantime; what comes later waits too
        try (var ingest = fixture.ingest(database.jdbi())) {
            settle(disturbed, 1);
            settle(other, 1);
            turnUntil(ingest, other, 4);
            turnUntilStuck(ingest);
            assertThat(ingest.stuck()).containsOnlyKeys(disturbed);
            assertThat(entries(disturbed)).isLessThanOrEqualTo(2);

            execute("DELETE FROM audit.entry WHERE tenant = '%s' AND seq > 0".formatted(disturbed));
            execute("DELETE FROM audit.head WHERE tenant = '%s' AND size > 1".formatted(disturbed));
            turnUntil(ingest, disturbed, 4);
            assertThat(ingest.stuck()).isEmpty();
        }
        assertThat(
                        AuditFixture.count(
                                database.jdbi(),
                                "SELECT count(*) FROM (SELECT lag(record) OVER (ORDER BY seq) AS before, record FROM audit.entry WHERE tenant = '"
                                        + disturbed
                                        + "') AS rows WHERE before > record"))
                .as("entries out of order")
                .isZero();
    }

    private void settle(TenantId tenant, int calls) {
        for (int i = 0; i < calls; i++) {
            var _ = fixture.settle(tenant, "alice", "db_query", "select " + i);
        }
        fixture.flush();
    }

    private void turnUntil(Ingest ingest, TenantId tenant, long entries) {
        await().atMost(AuditFixture.WITHIN)
                .pollDelay(Duration.ZERO)
                .until(() -> {
                    int _ = ingest.turn(POLL);
                    return entries(tenant) >= entries;
                });
    }

    /** The two logs may be in partitions that come at different times. */
    private static void turnUntilStuck(Ingest ingest) {
        await().atMost(AuditFixture.WITHIN)
                .pollDelay(Duration.ZERO)
                .until(() -> {
                    int _ = ingest.turn(POLL);
                    return !ingest.stuck().isEmpty();
                });
    }

    private long entries(TenantId tenant) {
        return AuditFixture.count(
                database.jdbi(),
                "SELECT count(*) FROM audit.entry WHERE tenant = '" + tenant + "'");
    }

    private void execute(String sql) throws SQLException {
        try (var superuser = fixture.superuser();
                var statement = superuser.createStatement()) {
            statement.execute(sql);
        }
    }
}
