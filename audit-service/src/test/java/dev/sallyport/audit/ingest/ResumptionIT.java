package dev.sallyport.audit.ingest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sallyport.audit.AuditFixture;
import dev.sallyport.audit.problem.AuditException;
import dev.sallyport.audit.problem.AuditProblem;
import dev.sallyport.audit.store.RowSeal;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import org.apache.kafka.common.TopicPartition;
import org.jdbi.v3.core.Jdbi;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What is asked at each start and after each failure, of tables that only grow. */
class ResumptionIT {
    private static final int ROWS = 5_000;

    private AuditFixture fixture;
    private Connection connection;

    @BeforeEach
    void start() throws SQLException {
        fixture = new AuditFixture();
        fixture.open().close();
        connection = fixture.superuser();
    }

    @AfterEach
    void stop() throws SQLException {
        connection.close();
        fixture.close();
    }

    @Test
    void whereReadingGoesOnIsFoundWithoutReadingWhatWasConsumed() throws Exception {
        execute(
                """
                ALTER TABLE audit.consumed DROP CONSTRAINT consumed_sealed;
                INSERT INTO audit.consumed (topic, partition, generation, from_record, next_record, fence, consumed_at)
                SELECT 'signals', p, 0, 10 * n, 10 * n + 10 + p, '', now()
                FROM generate_series(0, 2) p, generate_series(0, %d) n
                """
                        .formatted(ROWS - 1),
                "ANALYZE audit.consumed");
        connection.setAutoCommit(false);

        var consumed =
                new LogWriter(Jdbi.create(connection), RowSeal.of(fixture.signer()))
                        .consumed(
                                List.of(
                                        new TopicPartition("signals", 0),
                                        new TopicPartition("signals", 2),
                                        new TopicPartition("signals", 3),
                                        new TopicPartition("outcomes", 0)));

        assertThat(consumed)
                .isEqualTo(
                        Map.of(
                                new TopicPartition("signals", 0),
                                until(10L * ROWS),
                                new TopicPartition("signals", 2),
                                until(10L * ROWS + 2),
                                new TopicPartition("signals", 3),
                                Consumed.NOTHING,
                                new TopicPartition("outcomes", 0),
                                Consumed.NOTHING));
        assertThat(rowsRead("consumed")).isBetween(1L, 10L);
    }

    @Test
    void rowsOfOthersArePassedEachOnceAndNotWithoutBound() throws Exception {
        var partition = new TopicPartition("signals", 0);
        var seal = RowSeal.of(fixture.signer());
        var jdbi = Jdbi.create(connection);
        var _ =
                new LogWriter(jdbi, seal)
                        .write(
                                new LogWriter.Batch(
                                        List.of(),
                                        List.of(
                                                new Stretch(
                                                        partition, UUID.randomUUID(), 0, 0, 7))),
                                Instant.now());
        execute(
                """
                INSERT INTO audit.consumed (topic, partition, generation, from_record, next_record, topic_id, fence, seal, consumed_at)
                SELECT 'signals', 0, 2147483647 - n %% 2, 100 + n / 3, 9223372036854775807, gen_random_uuid(),
                       decode(lpad(to_hex(n), 32, '0'), 'hex'), decode(repeat('5f', 16), 'hex'), now()
                FROM generate_series(1, %d) n
                """
                        .formatted(ROWS),
                "ANALYZE audit.consumed");
        connection.setAutoCommit(false);

        var consumed = jdbi.withHandle(handle -> SealedStretches.newest(handle, seal, partition));

        assertThat(consumed.last()).map(Consumed.LastStretch::next).hasValue(7L);
        assertThat(consumed.forged()).map(Consumed.Forged::generation).hasValue(Integer.MAX_VALUE);
        assertThat(rowsRead("consumed")).isBetween((long) ROWS, ROWS + 100L);
        assertThatThrownBy(() ->
                        jdbi.useHandle(handle ->
                                SealedStretches.newest(handle, seal, partition, ROWS - 1_000)))
                .isInstanceOfSatisfying(
                        AuditException.class,
                        refused ->
                                assertThat(refused.problem())
                                        .isEqualTo(AuditProblem.DATABASE_UNSAFE));
    }

    @Test
    void theLogsThatAreBehindAreFoundWithoutReadingAllTheirHeads() throws Exception {
        execute(
                """
                INSERT INTO audit.head
                SELECT tenant, n, n - 1, decode(repeat('00', 32), 'hex'), now(), decode(repeat('00', 16), 'hex')
                FROM unnest(ARRAY['a', 'b', 'c']) tenant, generate_series(1, %d) n
                """
                        .formatted(ROWS),
                """
                INSERT INTO audit.checkpoint
                SELECT tenant, n, decode(repeat('00', 32), 'hex'), '', now()
                FROM unnest(ARRAY['a', 'b']) tenant, generate_series(1, %d) n
                WHERE tenant = 'b' OR n < %d
                """
                        .formatted(ROWS, ROWS),
                "ANALYZE audit.head",
                "ANALYZE audit.checkpoint");
        connection.setAutoCommit(false);

        assertThat(fixture.publisher(Jdbi.create(connection)).behind())
                .extracting(Object::toString)
                .containsExactlyInAnyOrder("a", "c");
        assertThat(rowsRead("head")).isBetween(1L, 10L);
        assertThat(rowsRead("checkpoint")).isBetween(1L, 10L);
    }

    /** As the version before seals told it. */
    private static Consumed until(long next) {
        return new Consumed(
                Optional.of(new Consumed.LastStretch(Optional.empty(), 0, next)), Optional.empty());
    }

    private void execute(String... statements) throws SQLException {
        try (var statement = connection.createStatement()) {
            for (String sql : statements) {
                statement.execute(sql);
            }
        }
    }

    /** How many rows of the table this transaction has read. */
    private long rowsRead(String table) throws SQLException {
        try (var query =
                connection.prepareStatement(
                        """
                        SELECT seq_tup_read + idx_tup_fetch FROM pg_stat_xact_user_tables
                        WHERE schemaname = 'audit' AND relname = ?
                        """)) {
            query.setString(1, table);
            try (var rows = query.executeQuery()) {
                assertThat(rows.next()).isTrue();
                return rows.getLong(1);
            }
        }
    }
}
