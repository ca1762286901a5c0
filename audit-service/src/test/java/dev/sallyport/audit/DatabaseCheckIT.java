package dev.sallyport.audit;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sallyport.audit.check.DatabaseCheck;
import dev.sallyport.audit.check.SearchRebuild;
import dev.sallyport.audit.search.EntryFilter;
import dev.sallyport.audit.search.EntryPage;
import dev.sallyport.audit.search.EntrySearch;
import dev.sallyport.audit.search.FoundEntry;
import dev.sallyport.audit.search.RowCheck;
import dev.sallyport.audit.store.AuditDatabase;
import dev.sallyport.schema.event.ApprovalGranted;
import dev.sallyport.schema.event.Principal;
import dev.sallyport.schema.id.EventId;
import dev.sallyport.schema.id.TenantId;
import dev.sallyport.schema.topic.Topics;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Whatever is altered in the database is named to its operator, and not shown to readers. */
class DatabaseCheckIT {
    /** What can be made anew from the log. */
    private static final Set<String> SEARCHED = Set.of("search", "description", "approval");

    private static final int ENTRIES = 300;
    private static final int APPROVAL = 250;

    private static AuditFixture fixture;
    private static AuditDatabase database;
    private static Connection superuser;
    private static TenantId tenant;

    @BeforeAll
    static void start() throws SQLException {
        fixture = new AuditFixture();
        database = fixture.open();
        superuser = fixture.superuser();
        tenant = fixture.tenant();
        try (var _ = fixture.start()) {
            for (int i = 1; i < ENTRIES; i++) {
                if (i == APPROVAL) {
                    fixture.send(Topics.SIGNALS, tenant, AuditFixture.event(tenant, granted()));
                } else {
                    var _ =
                            fixture.settle(
                                    tenant, i % 7 == 0 ? "bob" : "alice", "db_query", "select 1");
                }
                if (i % 100 == 0) {
                    // several heads, checkpoints and stretches
                    fixture.flush();
                    fixture.awaitPublished(database.jdbi(), tenant, i);
                }
            }
            fixture.flush();
            fixture.awaitPublished(database.jdbi(), tenant, ENTRIES);
        }
    }

    private static ApprovalGranted granted() {
        return new ApprovalGranted(
                EventId.next().toString(),
                new Principal("carol", "console", null, null),
                null,
                null);
    }

    @AfterAll
    static void stop() throws SQLException {
        superuser.close();
        database.close();
        fixture.close();
    }

    @Test
    void whatNobodyAlteredIsSound() {
        var result = check();

        assertThat(result.findings()).isEmpty();
        assertThat(result.logs()).allSatisfy(log -> assertThat(log.findings()).isEmpty());
        assertThat(result.isSound()).isTrue();
        assertThat(result.logs())
                .anySatisfy(log -> {
                    assertThat(log.tenant()).isEqualTo(tenant);
                    assertThat(log.entries()).isEqualTo(ENTRIES);
                    assertThat(log.checkpoints()).isGreaterThan(2);
                });
    }

    @ParameterizedTest // cases G3, G5 and G12
    @CsvSource(
            delimiter = '~',
            quoteCharacter = '"',
            textBlock =
                    """
                    search ~ DELETE FROM desk.search WHERE tenant = '%s' AND seq = 5 ~ entry 5 .*no search row
                    search ~ UPDATE desk.search SET rows = 99 WHERE tenant = '%s' AND seq = 5 ~ entry 5 .*says something else
                    search ~ UPDATE desk.search SET time = now() WHERE tenant = '%s' AND seq = 5 ~ entry 5 .*says something else
                    search ~ INSERT INTO desk.search SELECT time, -1, rows, event_id, call_id, description, tenant FROM desk.search WHERE tenant = '%s' AND seq = 5 ~ entry -1 .*no such entry
                    search ~ INSERT INTO desk.search SELECT * FROM desk.search WHERE tenant = '%s' AND seq = 5 ~ entry 5 .*2 search rows
                    description ~ UPDATE desk.description SET principal = 'bob' WHERE tenant = '%s' AND principal = 'alice' ~ says something else
                    description ~ UPDATE desk.description SET words = array_to_tsvector(ARRAY['x']) WHERE tenant = '%s' ~ says something else
                    description ~ DELETE FROM desk.description WHERE tenant = '%s' AND principal = 'alice' ~ says something else
                    search ~ UPDATE desk.search SET time = 'infinity' WHERE tenant = '%s' AND seq = 5 ~ entry 5 .*says something else
                    search ~ UPDATE desk.search SET time = '-infinity' WHERE tenant = '%s' AND seq = 5 ~ entry 5 .*says something else
                    search ~ UPDATE desk.search SET call_id = gen_random_uuid() WHERE tenant = '%s' AND seq = 5 ~ entry 5 .*says something else
                    search ~ INSERT INTO desk.search SELECT time, seq, rows, event_id, call_id, description, 'No Tenant' FROM desk.search WHERE tenant = '%s' AND seq = 5 ~ rows of the tenant 'No Tenant'
                    search ~ INSERT INTO desk.search SELECT time, seq, rows, event_id, call_id, description, 'ghost' FROM desk.search WHERE tenant = '%s' AND seq = 5 ~ entry 5 .*no such entry
                    description ~ UPDATE desk.description SET tables = ARRAY[NULL]::text[] WHERE tenant = '%s' AND principal = 'alice' ~ says something else
                    description ~ UPDATE desk.description SET tables = ARRAY[ARRAY['a'],ARRAY['b']] WHERE tenant = '%s' AND principal = 'alice' ~ says something else
                    description ~ UPDATE desk.description SET tenant = 'No Tenant' WHERE tenant = '%s' AND principal = 'alice' ~ says something else
                    approval ~ DELETE FROM desk.approval WHERE tenant = '%s' ~ its approval row says something else
                    approval ~ UPDATE desk.approval SET step = 'denied' WHERE tenant = '%s' ~ its approval row says something else
                    approval ~ UPDATE desk.approval SET step = 'x', approvers = ARRAY[NULL]::text[] WHERE tenant = '%s' ~ its approval row says something else
                    approval ~ INSERT INTO desk.approval SELECT tenant, gen_random_uuid(), 5, step, time, expires, requester, approvers FROM desk.approval WHERE tenant = '%s' ~ entry 5 .*approval row
                    approval ~ INSERT INTO desk.approval SELECT tenant, approval, 300, step, time, expires, requester, approvers FROM desk.approval WHERE tenant = '%s' ~ approval row of entry 300
                    approval ~ UPDATE desk.approval SET tenant = 'No Tenant' WHERE tenant = '%s' ~ rows of the tenant 'No Tenant'
                    head ~ UPDATE audit.head SET seal = substr(sha256('x'), 1, 16) WHERE tenant = '%s' AND size = (SELECT max(size) FROM audit.head WHERE tenant = '%s') ~ head of 300 .*not written by this service
                    head ~ UPDATE audit.head SET previous = previous - 1 WHERE tenant = '%s' AND size = (SELECT max(size) FROM audit.head WHERE tenant = '%s') ~ head of 300 .*it follows
                    head ~ INSERT INTO audit.head SELECT tenant, 9223372036854775807, 9223372036854775806, root, now(), seal FROM audit.head WHERE tenant = '%s' LIMIT 1 ~ head of 9223372036854775807
                    search ~ UPDATE desk.search SET tenant = 'No Tenant' WHERE tenant = '%s' AND seq = 5 ~ rows of the tenant 'No Tenant'
                    head ~ UPDATE audit.head SET root = sha256('x') WHERE tenant = '%s' ~ head of .*its root
                    head ~ DELETE FROM audit.head WHERE tenant = '%s' AND size = (SELECT max(size) FROM audit.head WHERE tenant = '%s') ~ beyond the newest head
                    entry ~ UPDATE audit.entry SET leaf_hash = sha256('x') WHERE tenant = '%s' AND seq = 7 ~ entry 7 .*leaf_hash
                    entry ~ UPDATE audit.entry SET bytes = set_byte(bytes, 400, get_byte(bytes, 400) # 1), leaf_hash = sha256('\\x00'::bytea || set_byte(bytes, 400, get_byte(bytes, 400) # 1)) WHERE tenant = '%s' AND seq = 7 ~ its root is
                    entry ~ UPDATE audit.entry SET event_id = gen_random_uuid() WHERE tenant = '%s' AND seq = 7 ~ entry 7 .*its bytes are those of event
                    entry ~ UPDATE audit.entry SET record = 1000000 WHERE tenant = '%s' AND seq = 7 ~ entry 7 .*not consumed
                    entry ~ DELETE FROM audit.entry WHERE tenant = '%s' AND seq = 42 ~ entries 42 to 42 are missing
                    entry ~ INSERT INTO audit.entry SELECT tenant, 300, gen_random_uuid(), leaf_hash, bytes, topic, partition, record, now() FROM audit.entry WHERE tenant = '%s' AND seq = 5 ~ beyond the newest head
                    tile ~ UPDATE audit.tile SET hashes = set_byte(hashes, 77, get_byte(hashes, 77) # 1) WHERE tenant = '%s' ~ tile/0/000: its hashes
                    tile ~ UPDATE audit.tile SET root = sha256('x') WHERE tenant = '%s' ~ tile/0/000: its root
                    tile ~ DELETE FROM audit.tile WHERE tenant = '%s' ~ tile/0/000: it is missing
                    checkpoint ~ UPDATE audit.checkpoint SET root = sha256('x') WHERE tenant = '%s' AND size < 250 ~ checkpoint of .*its root
                    checkpoint ~ UPDATE audit.checkpoint SET note = left(note, -60) || upper(right(note, 60)) WHERE tenant = '%s' AND size < 250 ~ checkpoint of
                    checkpoint ~ INSERT INTO audit.checkpoint SELECT tenant, 9223372036854775807, root, note, now() FROM audit.checkpoint WHERE tenant = '%s' LIMIT 1 ~ checkpoint of 9223372036854775807
                    checkpoint ~ UPDATE audit.checkpoint SET note = 'x' WHERE tenant = '%s' AND size < 250 ~ checkpoint of .*a note is a text
                    tile ~ INSERT INTO audit.tile SELECT tenant, 5, 99, hashes, root FROM audit.tile WHERE tenant = '%s' ~ 2 full tiles
                    entry ~ INSERT INTO audit.entry SELECT 'ghost', seq, event_id, leaf_hash, bytes, topic, partition, record, now() FROM audit.entry WHERE tenant = '%s' AND seq = 0 ~ no event of this tenant
                    consumed ~ DELETE FROM audit.consumed WHERE from_record = (SELECT from_record FROM audit.consumed c JOIN audit.entry e USING (topic, partition) WHERE e.tenant = '%s' AND e.record >= c.next_record ORDER BY 1 DESC LIMIT 1) ~ rows between them are missing
                    consumed ~ INSERT INTO audit.consumed SELECT topic, partition, generation, next_record, next_record + 9, now(), topic_id, fence, seal FROM audit.consumed ~ not written by this service
                    """)
    void whatSomebodyAltersIsNamed(String table, String sql, String expected) throws SQLException {
        boolean searched = SEARCHED.contains(table);
        if (!searched) {
            execute("CREATE TABLE kept AS TABLE audit." + table);
        }
        try {
            assertThat(update(columnsOf(table, sql).replace("%s", tenant.value())))
                    .as("rows altered")
                    .isPositive();
            var result = check();

            assertThat(result.isSound()).isFalse();
            var findings =
                    Stream.concat(
                            result.findings().stream(),
                            result.logs().stream().flatMap(log -> log.findings().stream()));
            assertThat(findings)
                    .anySatisfy(finding -> assertThat(finding).containsPattern(expected));
        } finally {
            if (searched) {
                var _ = SearchRebuild.run(fixture.config(), fixture.secrets());
                assertThat(check().isSound()).isTrue();
            } else {
                execute("DELETE FROM audit." + table);
                execute("INSERT INTO audit." + table + " SELECT * FROM kept");
                execute("DROP TABLE kept");
            }
        }
    }

    /** The order of columns is the one in which migrations made them. */
    private static String columnsOf(String table, String sql) {
        return table.equals("consumed") && sql.startsWith("INSERT")
                ? sql.replace(
                        "INSERT INTO audit.consumed SELECT",
                        "INSERT INTO audit.consumed (topic, partition, generation, from_record, next_record, consumed_at, topic_id, fence, seal) SELECT")
                : sql;
    }

    @Test // case G4
    void aLogThatIsGoneAsAWholeIsMissed() throws SQLException {
        var tables =
                List.of(
                        "audit.entry",
                        "audit.tile",
                        "audit.head",
                        "audit.checkpoint",
                        "desk.search");
        for (String table : tables) {
            execute("CREATE TABLE %s_kept AS TABLE %s".formatted(table, table));
        }
        try {
            for (String table : tables) {
                assertThat(update("DELETE FROM %s WHERE tenant = '%s'".formatted(table, tenant)))
                        .isPositive();
            }

            assertThat(check().logs())
                    .anySatisfy(log -> {
                        assertThat(log.tenant()).isEqualTo(tenant);
                        assertThat(log.findings())
                                .anySatisfy(finding -> assertThat(finding).contains("older copy"));
                    });
        } finally {
            for (String table : tables) {
                execute("DELETE FROM " + table);
                execute("INSERT INTO %s SELECT * FROM %s_kept".formatted(table, table));
                execute("DROP TABLE %s_kept".formatted(table));
            }
        }
    }

    @Test // case G5
    void whatIsFoundIsShownAsTheLogHasIt() throws SQLException {
        execute("CREATE TABLE kept AS TABLE desk.search");
        execute("CREATE TABLE kept_too AS TABLE desk.description");
        try {
            execute(
                    "INSERT INTO desk.search SELECT now(), -1, rows, event_id, call_id, description, tenant FROM desk.search WHERE tenant = '%s' AND seq = 5"
                            .formatted(tenant));
            execute(
                    "UPDATE desk.description SET principal = 'mallory', tool = 'none' WHERE tenant = '%s' AND principal = 'bob'"
                            .formatted(tenant));

            assertThat(find("principal", "mallory").entries())
                    .isNotEmpty()
                    .allSatisfy(found -> {
                        assertThat(found.principal()).isEqualTo("bob");
                        assertThat(found.tool()).isEqualTo("db_query");
                        assertThat(found.check()).isEqualTo(RowCheck.ROW_DIFFERS);
                    });
            assertThat(find("principal", "alice").entries().getFirst())
                    .satisfies(found -> {
                        assertThat(found.check()).isEqualTo(RowCheck.NO_ENTRY);
                        assertThat(found.kind()).isEqualTo(FoundEntry.NO_ENTRY);
                        assertThat(found.principal()).isNull();
                    });
            assertThat(find("principal", "alice").entries().get(1).check())
                    .isEqualTo(RowCheck.AS_LOGGED);
        } finally {
            execute("DELETE FROM desk.search");
            execute("INSERT INTO desk.search SELECT * FROM kept");
            execute("DROP TABLE kept");
            execute("DELETE FROM desk.description");
            execute("INSERT INTO desk.description SELECT * FROM kept_too");
            execute("DROP TABLE kept_too");
        }
    }

    @ParameterizedTest // case G5
    @CsvSource({"7", "299"})
    void anEntryWhoseBytesAreNotThoseOfTheTreeIsNotCalledPublished(int index) throws SQLException {
        execute("CREATE TABLE kept AS TABLE audit.entry");
        try {
            // its own hash is altered alike: where the tile is full, that does not help
            String hash =
                    index < 256
                            ? ", leaf_hash = sha256('\\x00'::bytea || set_byte(bytes, 400, get_byte(bytes, 400) # 1))"
                            : "";
            execute(
                    "UPDATE audit.entry SET bytes = set_byte(bytes, 400, get_byte(bytes, 400) # 1)%s WHERE tenant = '%s' AND seq = %d"
                            .formatted(hash, tenant, index));

            assertThat(entry(index).check()).isEqualTo(RowCheck.ENTRY_ALTERED);
            assertThat(entry(index).stage().wire()).isEqualTo("sequenced");
        } finally {
            execute("DELETE FROM audit.entry");
            execute("INSERT INTO audit.entry SELECT * FROM kept");
            execute("DROP TABLE kept");
        }
    }

    private static FoundEntry entry(int index) {
        var page = find("limit", "200");
        while (true) {
            for (FoundEntry found : page.entries()) {
                if (found.index() == index) {
                    return found;
                }
            }
            String next = page.next();
            assertThat(next).isNotNull();
            page = find("limit", "200", "cursor", String.valueOf(next));
        }
    }

    private static EntryPage find(String... parameters) {
        var asked = new HashMap<String, List<String>>();
        for (int i = 0; i < parameters.length; i += 2) {
            asked.put(parameters[i], List.of(parameters[i + 1]));
        }
        return new EntrySearch(database.jdbi(), AuditFixture.WITHIN)
                .find(tenant, EntryFilter.of(Map.copyOf(asked)));
    }

    private static DatabaseCheck.Result check() {
        return DatabaseCheck.run(fixture.config(), fixture.secrets(), InstantSource.system());
    }

    private static void execute(String sql) throws SQLException {
        try (var statement = superuser.createStatement()) {
            statement.execute(sql);
        }
    }

    private static int update(String sql) throws SQLException {
        try (var statement = superuser.createStatement()) {
            return statement.executeUpdate(sql);
        }
    }
}
