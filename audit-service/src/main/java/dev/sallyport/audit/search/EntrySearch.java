package dev.sallyport.audit.search;

import dev.sallyport.audit.log.LogStage;
import dev.sallyport.audit.problem.AuditException;
import dev.sallyport.audit.problem.AuditProblem;
import dev.sallyport.audit.tree.Hash;
import dev.sallyport.schema.SchemaException;
import dev.sallyport.schema.event.AlertRaised;
import dev.sallyport.schema.event.Event;
import dev.sallyport.schema.event.EventCodec;
import dev.sallyport.schema.event.EventType;
import dev.sallyport.schema.id.CallId;
import dev.sallyport.schema.id.TenantId;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import org.jdbi.v3.core.Jdbi;
import org.jdbi.v3.core.JdbiException;
import org.jspecify.annotations.Nullable;

/**
 * Searches a tenant's entries. The search tables say where an entry is; what is shown is the entry,
 * whose bytes must have the hash that the tree holds.
 *
 * @param jdbi the way to the database
 * @param deadline how long the database may look for a page, in whole seconds
 */
public record EntrySearch(Jdbi jdbi, Duration deadline) {
    /** The most alerts that are shown of a call. */
    public static final int ALERTS_MAX = 20;

    private static final int ALERTS_LOOKED_AT = 200;

    /** SQLSTATE {@code query_canceled}. */
    private static final String CANCELED = "57014";

    /** The page of entries that the filter asks for, newest first. */
    public EntryPage find(TenantId tenant, EntryFilter filter) {
        var conditions = new Conditions();
        conditions.add("s.tenant = :tenant", "tenant", Optional.of(tenant.value()));
        conditions.addTimes(filter.from(), filter.to());
        conditions.add("d.principal = :principal", "principal", filter.principal());
        conditions.add("d.tool = :tool", "tool", filter.tool());
        conditions.add("d.database = :database", "database", filter.database());
        conditions.add("d.outcome = :outcome", "outcome", filter.outcome());
        conditions.add("d.kind = :kind", "kind", filter.kind());
        conditions.add(
                "d.kind <> :readings",
                "readings",
                filter.reads() ? Optional.empty() : Optional.of(EventType.AUDIT_READ.kind()));
        conditions.add(
                "d.words @@ CAST(:words AS tsquery)", "words", filter.text().map(Words::query));
        conditions.add(
                "(s.time, s.seq) < (:cursorTime, :cursorIndex)",
                "cursorTime",
                filter.cursor().map(Cursor::time));
        filter.cursor().ifPresent(cursor -> conditions.values.put("cursorIndex", cursor.index()));
        var found = entries(conditions, filter.limit() + 1);
        var page = found.subList(0, Math.min(found.size(), filter.limit()));
        var entries = page.stream().map(Placed::entry).toList();
        return found.size() <= filter.limit()
                ? new EntryPage(entries, null)
                : new EntryPage(entries, page.getLast().cursor().text());
    }

    /**
     * The alerts that name the call as evidence, newest first, at most {@link #ALERTS_MAX}. They
     * are looked for among those of whom the call's events speak.
     */
    public List<FoundEntry> alertsOf(TenantId tenant, CallId call) {
        var conditions = new Conditions();
        conditions.add("s.tenant = :tenant", "tenant", Optional.of(tenant.value()));
        conditions.addTimes(Optional.empty(), Optional.empty());
        conditions.add("d.kind = :kind", "kind", Optional.of(EventType.ALERT_RAISED.kind()));
        conditions.add(
                """
                d.tenant = :tenant AND d.principal IN (
                    SELECT own.principal FROM desk.search c JOIN desk.description own ON own.id = c.description AND own.tenant = c.tenant
                    WHERE c.tenant = :tenant AND c.call_id = :call LIMIT 10)
                """,
                "call",
                Optional.of(call.value()));
        return entries(conditions, ALERTS_LOOKED_AT).stream()
                .filter(found -> found.evidence().contains(call))
                .map(Placed::entry)
                .limit(ALERTS_MAX)
                .toList();
    }

    private List<Placed> entries(Conditions conditions, int most) {
        // the hash in the tree is that of the full tile, or the entry's own where there is none yet
        String sql =
                """
                SELECT %s, e.event_id AS entrys_event, e.bytes,
                       coalesce(substring(t.hashes FROM CAST(32 * (s.seq %% 256) + 1 AS integer) FOR 32), e.leaf_hash) AS leaf_hash,
                       coalesce((SELECT max(c.size) FROM audit.checkpoint c WHERE c.tenant = :tenant), 0) AS published
                FROM (SELECT s.* FROM desk.search s JOIN desk.description d ON d.id = s.description AND d.tenant = s.tenant
                      WHERE %s ORDER BY s.time DESC, s.seq DESC LIMIT :more) AS s
                JOIN desk.description d ON d.id = s.description AND d.tenant = s.tenant
                LEFT JOIN audit.entry e ON e.tenant = s.tenant AND e.seq = s.seq
                LEFT JOIN audit.tile t ON t.tenant = s.tenant AND t.level = 0 AND t.idx = s.seq / 256 AND s.seq >= 0
                ORDER BY s.time DESC, s.seq DESC
                """
                        .formatted(SearchRow.COLUMNS, String.join(" AND ", conditions.terms));
        try {
            return jdbi.withHandle(handle ->
                    handle.createQuery(sql)
                            .setQueryTimeout((int) deadline.toSeconds())
                            .bindMap(conditions.values)
                            .bind("more", most)
                            .map((rows, _) -> placed(rows))
                            .list());
        } catch (JdbiException failed) {
            if (failed.getCause() instanceof SQLException error
                    && CANCELED.equals(error.getSQLState())) {
                throw new AuditException(
                        AuditProblem.SEARCH_TOO_SLOW,
                        "the search took more than "
                                + deadline.toSeconds()
                                + " s and was ended: ask for a shorter time (from, to), or for longer words",
                        failed);
            }
            throw failed;
        }
    }

    /** An entry, and where the next page begins below it, which the search row decides. */
    private record Placed(FoundEntry entry, Cursor cursor, List<CallId> evidence) {
        Placed(FoundEntry entry, SearchRow row, List<CallId> evidence) {
            this(entry, new Cursor(row.time(), row.index()), evidence);
        }
    }

    private static Placed placed(ResultSet rows) throws SQLException {
        return entry(rows, SearchRow.of(rows));
    }

    private static Placed entry(ResultSet rows, SearchRow row) throws SQLException {
        byte @Nullable [] bytes = rows.getBytes("bytes");
        byte @Nullable [] hash = rows.getBytes("leaf_hash");
        if (bytes == null || hash == null) {
            return new Placed(
                    FoundEntry.unreadable(row, FoundEntry.NO_ENTRY, RowCheck.NO_ENTRY),
                    row,
                    List.of());
        }
        var stage =
                row.index() < rows.getLong("published") ? LogStage.PUBLISHED : LogStage.INTEGRATED;
        boolean whole = Arrays.equals(Hash.ofLeaf(bytes).bytes(), hash);
        Event<?> event;
        try {
            event = EventCodec.decode(bytes);
        } catch (SchemaException unreadable) {
            if (whole && row.facts().filter(facts -> facts.isUnreadable()).isPresent()) {
                // logged as it is: what there is to say of it stands beside it alone
                return new Placed(
                        FoundEntry.of(
                                row.index(),
                                row.eventId(),
                                row.facts().get(),
                                stage,
                                RowCheck.AS_LOGGED),
                        row,
                        List.of());
            }
            return new Placed(
                    FoundEntry.unreadable(
                            row,
                            Facts.UNREADABLE,
                            whole ? RowCheck.ROW_DIFFERS : RowCheck.ENTRY_ALTERED),
                    row,
                    List.of());
        }
        var facts = Facts.of(event);
        boolean agrees =
                row.agreesWith(event.id().value(), facts)
                        && event.id().value().equals(rows.getObject("entrys_event", UUID.class));
        var agreement = agrees ? RowCheck.AS_LOGGED : RowCheck.ROW_DIFFERS;
        return new Placed(
                FoundEntry.of(
                        row.index(),
                        event.id().value(),
                        facts,
                        whole ? stage : LogStage.SEQUENCED,
                        whole ? agreement : RowCheck.ENTRY_ALTERED),
                row,
                event.data() instanceof AlertRaised alert ? alert.evidence() : List.of());
    }

    private static final class Conditions {
        private final List<String> terms = new ArrayList<>();
        private final Map<String, Object> values = new LinkedHashMap<>();

        /** Nothing happens at infinity, where an inserted row would stand before all others. */
        void addTimes(Optional<Instant> from, Optional<Instant> to) {
            add("s.time >= :from", "from", from.or(() -> Optional.of(EntryFilter.TIME_MIN)));
            add("s.time < :to", "to", to.or(() -> Optional.of(EntryFilter.TIME_MAX)));
        }

        void add(String term, String name, Optional<?> value) {
            value.ifPresent(given -> {
                terms.add(term);
                values.put(
                        name,
                        given instanceof Instant time ? time.atOffset(ZoneOffset.UTC) : given);
            });
        }
    }
}
