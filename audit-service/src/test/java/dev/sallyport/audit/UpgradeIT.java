package dev.sallyport.audit;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sallyport.audit.log.LogReader;
import dev.sallyport.audit.search.EntryFilter;
import dev.sallyport.audit.search.EntrySearch;
import dev.sallyport.audit.search.RowCheck;
import dev.sallyport.audit.tree.Frontier;
import dev.sallyport.audit.tree.Hash;
import dev.sallyport.audit.verify.Verdict;
import dev.sallyport.schema.id.CallId;
import dev.sallyport.schema.id.EventId;
import dev.sallyport.schema.id.TenantId;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.flywaydb.core.Flyway;
import org.junit.jupiter.api.Test;

/** A log that the version before descriptions wrote. */
class UpgradeIT {
    private static final int ENTRIES = 300;

    @Test
    void aLogOfTheOldVersionIsFoundContinuedAndVerified() throws Exception {
        try (var fixture = new AuditFixture()) {
            var tenant = fixture.tenant();
            migrateToFirst(fixture);
            var calls = new ArrayList<CallId>();
            try (var superuser = fixture.superuser()) {
                writeAsBefore(superuser, tenant, calls);
            }

            try (var service = fixture.start();
                    var database = fixture.open()) {
                var _ = fixture.settle(tenant, "alice", "db_query", "select fresh");
                fixture.flush();
                // with the registration of the tenant
                fixture.awaitPublished(database.jdbi(), tenant, ENTRIES + 2);

                assertThat(fixture.verify(service, tenant)).isInstanceOf(Verdict.Verified.class);
                var search = new EntrySearch(database.jdbi(), AuditFixture.WITHIN);
                assertThat(search.find(tenant, filter("principal", "subject-7")).entries())
                        .singleElement()
                        .satisfies(found -> {
                            assertThat(found.index()).isEqualTo(7);
                            // as the entry says, whatever that version made of it
                            assertThat(found.tables())
                                    .containsExactly("public.customers", "orders");
                            assertThat(found.check()).isEqualTo(RowCheck.ROW_DIFFERS);
                            assertThat(found.rows()).isEqualTo(12);
                        });
                assertThat(search.find(tenant, filter("text", "word123 ord")).entries()).hasSize(1);
                assertThat(
                                AuditFixture.count(
                                        database.jdbi(),
                                        "SELECT count(DISTINCT tablename) FROM pg_stats WHERE schemaname = 'desk'"))
                        .as("tables whose values the planner knows")
                        .isEqualTo(2);
                assertThat(search.find(tenant, filter("text", "fresh")).entries()).hasSize(1);
                assertThat(
                                new LogReader(database.jdbi())
                                        .entriesOf(tenant, calls.get(123), 9)
                                        .keySet())
                        .containsExactly(123L);
            }
        }
    }

    private static EntryFilter filter(String name, String value) {
        return EntryFilter.of(Map.of(name, List.of(value)));
    }

    private static void migrateToFirst(AuditFixture fixture) {
        var settings = fixture.settings(fixture.runtimeRole());
        var password = fixture.secrets().resolve(Objects.requireNonNull(settings.ownerPassword()));
        var _ =
                Flyway.configure()
                        .dataSource(settings.jdbcUrl(), settings.owner(), password.value())
                        .locations("classpath:dev/sallyport/audit/store/migrations")
                        .schemas("audit")
                        .placeholders(Map.of("runtimeRole", settings.user()))
                        .target("1")
                        .load()
                        .migrate();
    }

    private static void writeAsBefore(Connection superuser, TenantId tenant, List<CallId> calls)
            throws SQLException {
        var leaves = new ArrayList<Hash>();
        try (var entries =
                        superuser.prepareStatement(
                                "INSERT INTO audit.entry VALUES (?, ?, ?, ?, ?, 'outcomes', 0, ?, now())");
                var search =
                        superuser.prepareStatement(
                                """
                                INSERT INTO audit.search (tenant, seq, event_id, time, kind, call_id, principal, tool, database, outcome,
                                    rows, tables, fingerprint, words)
                                VALUES (?, ?, ?, now(), 'CallSettled', ?, ?, 'db_query', 'shop', 'succeeded', 12, ARRAY['orders'], ?,
                                    array_to_tsvector(ARRAY['orders', ?]))
                                """)) {
            for (int seq = 0; seq < ENTRIES; seq++) {
                var call = CallId.next();
                var id = EventId.settledOf(call).value();
                byte[] bytes =
                        AuditFixture.settled(
                                tenant, call, "subject-" + seq, "db_query", "select word" + seq);
                var leaf = Hash.ofLeaf(bytes);
                calls.add(call);
                leaves.add(leaf);
                add(entries, tenant.value(), seq, id, leaf.bytes(), bytes, seq);
                add(
                        search,
                        tenant.value(),
                        seq,
                        id,
                        call.value(),
                        "subject-" + seq,
                        "select word" + seq,
                        "word" + seq);
            }
        }
        var growth = Frontier.EMPTY.grow(leaves);
        try (var head =
                        superuser.prepareStatement(
                                "INSERT INTO audit.head VALUES (?, ?, 0, ?, now())");
                var tile =
                        superuser.prepareStatement(
                                "INSERT INTO audit.tile VALUES (?, ?, ?, ?, ?)")) {
            var tree = growth.frontier().head();
            add(head, tenant.value(), tree.size(), tree.root().bytes());
            for (var full : growth.full()) {
                add(
                        tile,
                        tenant.value(),
                        full.level(),
                        full.index(),
                        Hash.join(full.hashes()),
                        full.root().bytes());
            }
        }
    }

    private static void add(PreparedStatement insert, Object... values) throws SQLException {
        for (int i = 0; i < values.length; i++) {
            insert.setObject(i + 1, values[i]);
        }
        assertThat(insert.executeUpdate()).isOne();
    }
}
