package dev.sallyport.audit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.sallyport.audit.ingest.Ingest;
import dev.sallyport.audit.log.LogReader;
import dev.sallyport.audit.tree.Frontier;
import dev.sallyport.audit.tree.Hash;
import dev.sallyport.schema.event.Event;
import dev.sallyport.schema.event.EventCodec;
import dev.sallyport.schema.event.PrincipalSuspended;
import dev.sallyport.schema.id.CallId;
import dev.sallyport.schema.id.TenantId;
import dev.sallyport.schema.topic.Topics;
import java.nio.charset.StandardCharsets;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.jdbi.v3.core.Jdbi;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class IngestIT {
    private static final Duration POLL = Duration.ofMillis(200);

    private AuditFixture fixture;
    private TenantId tenant;

    @BeforeEach
    void start() throws SQLException {
        fixture = new AuditFixture();
        tenant = new TenantId("t-" + UUID.randomUUID());
    }

    @AfterEach
    void stop() {
        fixture.close();
    }

    @Test
    void aWriterKilledInTheMiddleOfItsTransactionLosesNothingAndRepeatsNothing() throws Exception {
        try (var database = fixture.open();
                var superuser = fixture.superuser()) {
            settle(300);
            var killed = fixture.ingest(database.jdbi());
            superuser.setAutoCommit(false);
            try (var lock = superuser.createStatement()) {
                // the writer gets as far as its entries and no further
                lock.execute("LOCK TABLE audit.entry IN EXCLUSIVE MODE");
            }
            var turn = CompletableFuture.runAsync(() -> turnUntil(killed, database.jdbi(), 300));
            await().atMost(AuditFixture.WITHIN).until(() -> killWaitingWriter() > 0);
            superuser.rollback();
            assertThat(turn).failsWithin(AuditFixture.WITHIN);
            killed.close();
            assertThat(entries(database.jdbi())).isZero();

            try (var next = fixture.ingest(database.jdbi())) {
                turnUntil(next, database.jdbi(), 300);
                turnUntilNothingComes(next);
                assertThatEveryEventIsThereOnce(database.jdbi(), 300);
            }
        }
    }

    @Test
    void aRestartedWriterReadsOnWhereTheLogEnds() throws Exception {
        try (var database = fixture.open()) {
            settle(50);
            try (var first = fixture.ingest(database.jdbi())) {
                turnUntil(first, database.jdbi(), 50);
            }
            settle(50);
            try (var second = fixture.ingest(database.jdbi())) {
                turnUntil(second, database.jdbi(), 100);
                // as after a failure whose transaction was committed all the same
                second.startOver();
                turnUntilNothingComes(second);
            }
            assertThatEveryEventIsThereOnce(database.jdbi(), 100);
        }
    }

    @Test
    void twoWritersAtOnceWriteEveryEventOnce() throws Exception {
        try (var one = fixture.open();
                var other = fixture.open();
                var threads = Executors.newFixedThreadPool(2)) {
            var stop = new AtomicBoolean();
            var failures = new AtomicInteger();
            var writers =
                    List.of(
                            writer(threads, one.jdbi(), stop, failures),
                            writer(threads, other.jdbi(), stop, failures));
            for (int round = 0; round < 20; round++) {
                settle(60);
            }
            await().atMost(AuditFixture.WITHIN).until(() -> entries(one.jdbi()) >= 1_200);
            stop.set(true);
            writers.forEach(CompletableFuture::join);

            // both read the same partitions from the same records, so one of them has to lose the
            // very first turn
            assertThat(failures).hasPositiveValue();
            assertThatEveryEventIsThereOnce(one.jdbi(), 1_200);
        }
    }

    /**
     * Turns until it is stopped, starting over after every failure, as the service's own loop does.
     */
    private CompletableFuture<Void> writer(
            Executor thread, Jdbi jdbi, AtomicBoolean stop, AtomicInteger failures) {
        return CompletableFuture.runAsync(
                () -> {
                    try (var ingest = fixture.ingest(jdbi)) {
                        while (!stop.get()) {
                            try {
                                int _ = ingest.turn(POLL);
                            } catch (RuntimeException lost) {
                                var _ = failures.incrementAndGet();
                                ingest.startOver();
                            }
                        }
                    }
                },
                thread);
    }

    @Test
    void anEventThatComesTwiceIsLoggedOnceAndTheFirstWins() throws Exception {
        try (var database = fixture.open();
                var ingest = fixture.ingest(database.jdbi())) {
            var call = CallId.next();
            byte[] first = AuditFixture.settled(tenant, call, "alice", "db_query", "select 1");
            byte[] other = AuditFixture.settled(tenant, call, "mallory", "db_query", "select 2");
            for (byte[] event : List.of(first, first, other)) {
                fixture.send(Topics.OUTCOMES, tenant, event);
            }
            turnUntil(ingest, database.jdbi(), 1);
            fixture.send(Topics.OUTCOMES, tenant, first);
            fixture.settle(tenant, "alice", "db_query", "select 3");
            turnUntil(ingest, database.jdbi(), 2);

            assertThat(new LogReader(database.jdbi()).entriesOf(tenant, call, 9).values())
                    .containsExactly(first);
            assertThat(
                            AuditFixture.count(
                                    database.jdbi(),
                                    "SELECT count(*) FROM audit.rejected WHERE code = 'duplicate_differs' AND reason LIKE '%"
                                            + tenant
                                            + "%'"))
                    .isEqualTo(1);
        }
    }

    // case I7
    @Test
    void anOutcomeThatIsToldAgainIsNoRejection() throws Exception {
        try (var database = fixture.open();
                var ingest = fixture.ingest(database.jdbi())) {
            var call = CallId.next();
            byte[] first = AuditFixture.settled(tenant, call, "alice", "db_query", "select 1");
            Event<?> told = EventCodec.decode(first);
            byte[] again =
                    EventCodec.encode(
                            Event.of(
                                    told.id(),
                                    "/executor/2",
                                    told.time().plusSeconds(7),
                                    told.tenant(),
                                    told.trace(),
                                    told.data()));
            assertThat(again).isNotEqualTo(first);
            // in one batch and in the next
            fixture.send(Topics.OUTCOMES, tenant, first);
            fixture.send(Topics.OUTCOMES, tenant, again);
            turnUntil(ingest, database.jdbi(), 1);
            fixture.send(Topics.OUTCOMES, tenant, again);
            fixture.settle(tenant, "alice", "db_query", "select 2");
            turnUntil(ingest, database.jdbi(), 2);

            assertThat(ingest.rejected()).isZero();
            assertThat(new LogReader(database.jdbi()).entriesOf(tenant, call, 9).values())
                    .containsExactly(first);
        }
    }

    @Test
    void whatCannotBeReadIsKeptInThePlatformsLogAndStopsNothing() throws Exception {
        try (var database = fixture.open();
                var ingest = fixture.ingest(database.jdbi())) {
            String mark = UUID.randomUUID().toString();
            byte[] nonsense = ("nonsense " + mark).getBytes(StandardCharsets.UTF_8);
            byte[] foreign =
                    AuditFixture.settled(tenant, CallId.next(), mark, "db_query", "select 1");
            byte[] unknown =
                    new String(foreign, StandardCharsets.UTF_8)
                            .replace("CallSettled.v1", "CallDreamt.v9")
                            .getBytes(StandardCharsets.UTF_8);
            byte[] suspended =
                    AuditFixture.event(tenant, new PrincipalSuspended("s", "why", null, "monitor"));
            byte[] nasty =
                    new String(suspended, StandardCharsets.UTF_8)
                            .replace("why", "\\u0000 \\ud800 select '" + "x".repeat(10_000))
                            .getBytes(StandardCharsets.UTF_8);
            fixture.send(Topics.SIGNALS, tenant, nonsense);
            fixture.send(Topics.SIGNALS, tenant, new byte[0]);
            fixture.send(Topics.SIGNALS, "t-other", foreign);
            fixture.send(Topics.SIGNALS, tenant, unknown);
            fixture.send(Topics.SIGNALS, tenant, new byte[70_000]);
            fixture.send(Topics.SIGNALS, tenant, nasty);
            turnUntil(ingest, database.jdbi(), 1);

            List<byte[]> kept =
                    database.jdbi()
                            .withHandle(handle ->
                                    handle.createQuery(
                                                    "SELECT bytes FROM audit.entry WHERE tenant = 'platform' AND position(CAST(:mark AS bytea) IN bytes) > 0")
                                            .bind("mark", mark.getBytes(StandardCharsets.UTF_8))
                                            .mapTo(byte[].class)
                                            .list());
            assertThat(kept).containsExactlyInAnyOrder(nonsense, foreign, unknown);
            assertThat(ingest.rejected()).isGreaterThanOrEqualTo(5);
        }
    }

    @Test
    void anEventOfATransactionThatWasAbortedIsNoEvent() throws Exception {
        try (var database = fixture.open();
                var ingest = fixture.ingest(database.jdbi())) {
            fixture.sendAborted(Topics.SIGNALS, tenant, suspended("not meant"));
            fixture.send(Topics.SIGNALS, tenant, suspended("meant"));
            turnUntil(ingest, database.jdbi(), 1);

            assertThat(entries(database.jdbi())).isEqualTo(1);
            assertThat(
                            AuditFixture.count(
                                    database.jdbi(),
                                    "SELECT count(*) FROM desk.description WHERE tenant = '"
                                            + tenant
                                            + "' AND words @@ CAST('meant & not' AS tsquery)"))
                    .isZero();
        }
    }

    private byte[] suspended(String why) {
        return AuditFixture.event(tenant, new PrincipalSuspended("s", why, null, "monitor"));
    }

    private void settle(int events) {
        for (int i = 0; i < events; i++) {
            var _ = fixture.settle(tenant, "alice", "db_query", "select " + i);
        }
        fixture.flush();
    }

    private void turnUntil(Ingest ingest, Jdbi jdbi, long entries) {
        await().atMost(AuditFixture.WITHIN)
                .pollDelay(Duration.ZERO)
                .until(() -> {
                    int _ = ingest.turn(POLL);
                    return entries(jdbi) >= entries;
                });
    }

    private static void turnUntilNothingComes(Ingest ingest) {
        await().atMost(AuditFixture.WITHIN).until(() -> ingest.turn(POLL) == 0);
    }

    private long entries(Jdbi jdbi) {
        return AuditFixture.count(
                jdbi, "SELECT count(*) FROM audit.entry WHERE tenant = '" + tenant + "'");
    }

    /**
     * Ends the connection of a writer that waits for a lock; from a second connection, for the
     * first holds the lock.
     */
    private int killWaitingWriter() throws SQLException {
        try (var connection = fixture.superuser();
                var query =
                        connection.prepareStatement(
                                """
                                SELECT pg_terminate_backend(pid) FROM pg_stat_activity
                                WHERE usename = ? AND wait_event_type = 'Lock'
                                """)) {
            query.setString(1, fixture.runtimeRole());
            int killed = 0;
            try (var rows = query.executeQuery()) {
                while (rows.next()) {
                    killed++;
                }
            }
            return killed;
        }
    }

    private void assertThatEveryEventIsThereOnce(Jdbi jdbi, int events) {
        List<byte[]> hashes =
                jdbi.withHandle(handle ->
                        handle.createQuery(
                                        "SELECT leaf_hash FROM audit.entry WHERE tenant = :tenant ORDER BY seq")
                                .bind("tenant", tenant.value())
                                .mapTo(byte[].class)
                                .list());
        assertThat(hashes).hasSize(events);
        assertThat(
                        AuditFixture.count(
                                jdbi,
                                "SELECT count(DISTINCT event_id) FROM audit.entry WHERE tenant = '"
                                        + tenant
                                        + "'"))
                .isEqualTo(events);
        assertThat(
                        AuditFixture.count(
                                jdbi,
                                "SELECT max(seq) + 1 FROM audit.entry WHERE tenant = '"
                                        + tenant
                                        + "'"))
                .isEqualTo(events);
        assertThat(
                        AuditFixture.count(
                                jdbi,
                                "SELECT count(*) FROM desk.search WHERE tenant = '" + tenant + "'"))
                .isEqualTo(events);
        var leaves = new ArrayList<Hash>();
        hashes.forEach(hash -> leaves.add(Hash.of(hash)));
        var head = jdbi.withHandle(handle -> LogReader.head(handle, tenant)).orElseThrow();
        assertThat(head.size()).isEqualTo(events);
        assertThat(head.root()).isEqualTo(Frontier.EMPTY.grow(leaves).frontier().root());
        assertThat(new LogReader(jdbi).tree(tenant, events).root()).isEqualTo(head.root());
    }
}
