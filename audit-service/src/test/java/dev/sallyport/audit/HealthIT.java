package dev.sallyport.audit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.sallyport.schema.id.TenantId;
import java.net.http.HttpResponse;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Health says what stands still. Case G6. */
class HealthIT {
    private AuditFixture fixture;

    @BeforeEach
    void start() throws Exception {
        fixture = new AuditFixture();
    }

    @AfterEach
    void stop() {
        fixture.close();
    }

    @Test
    void aPlaceThatIsTakenByHandFailsHealthUntilItIsFreed() throws Exception {
        TenantId disturbed = fixture.tenant();
        TenantId other = fixture.tenant();
        try (var database = fixture.open();
                var service = fixture.start()) {
            settle(disturbed);
            fixture.awaitPublished(database.jdbi(), disturbed, 2);
            assertThat(health(service).statusCode()).isEqualTo(200);

            execute(
                    "INSERT INTO audit.entry SELECT tenant, 2, gen_random_uuid(), leaf_hash, bytes, topic, partition, record, now()"
                            + " FROM audit.entry WHERE tenant = '%s' AND seq = 0"
                                    .formatted(disturbed));
            settle(disturbed);
            settle(other);
            await().atMost(AuditFixture.WITHIN)
                    .untilAsserted(() -> {
                        HttpResponse<String> failing = health(service);
                        assertThat(failing.statusCode()).isEqualTo(503);
                        assertThat(failing.body())
                                .contains("\"parkedLogs\":1", "parked until the log can be written")
                                .doesNotContain(disturbed.value());
                    });
            fixture.awaitPublished(database.jdbi(), other, 2);

            execute("DELETE FROM audit.entry WHERE tenant = '%s' AND seq > 1".formatted(disturbed));
            settle(other);
            fixture.awaitPublished(database.jdbi(), disturbed, 3);
            await().atMost(AuditFixture.WITHIN)
                    .untilAsserted(() -> assertThat(health(service).statusCode()).isEqualTo(200));
        }
    }

    @ParameterizedTest
    @CsvSource({"consumed, 'ingestion: '", "checkpoint, 'checkpoints: '"})
    void whatDoesNotGoOnFailsHealthAfterAWhile(String table, String stuck) throws Exception {
        var clock = new Ahead();
        TenantId tenant = fixture.tenant();
        try (var database = fixture.open();
                var service = fixture.start(clock)) {
            fixture.awaitPublished(database.jdbi(), tenant, 1);
            execute("REVOKE INSERT ON audit.%s FROM %s".formatted(table, fixture.runtimeRole()));
            settle(tenant);
            var polls = new AtomicInteger();
            await().atMost(AuditFixture.WITHIN)
                    .untilAsserted(() -> {
                        // now and then: what goes on has turned again a moment later
                        if (polls.getAndIncrement() % 20 == 0) {
                            clock.forward(Duration.ofSeconds(31));
                        }
                        HttpResponse<String> failing = health(service);
                        assertThat(failing.statusCode()).isEqualTo(503);
                        assertThat(failing.body())
                                .containsPattern(
                                        "\"stuck\":\\[\"" + stuck + "\\w+ since [^\"]+\"\\]");
                    });

            execute("GRANT INSERT ON audit.%s TO %s".formatted(table, fixture.runtimeRole()));
            fixture.awaitPublished(database.jdbi(), tenant, 2);
            await().atMost(AuditFixture.WITHIN)
                    .untilAsserted(() -> assertThat(health(service).statusCode()).isEqualTo(200));
        }
    }

    /** A clock that can be put forward. */
    private static final class Ahead implements InstantSource {
        private final AtomicReference<Duration> by = new AtomicReference<>(Duration.ZERO);

        void forward(Duration further) {
            by.updateAndGet(before -> before.plus(further));
        }

        @Override
        public Instant instant() {
            return InstantSource.system().instant().plus(by.get());
        }
    }

    private HttpResponse<String> health(AuditService service) {
        return fixture.get(service, "/healthz", Optional.empty());
    }

    private void settle(TenantId tenant) {
        var _ = fixture.settle(tenant, "alice", "db_query", "select 1");
        fixture.flush();
    }

    private void execute(String sql) throws SQLException {
        try (var superuser = fixture.superuser();
                var statement = superuser.createStatement()) {
            statement.execute(sql);
        }
    }
}
