package dev.sallyport.audit.search;

import dev.sallyport.audit.log.LogStage;
import dev.sallyport.schema.id.TenantId;
import java.sql.Array;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import org.jdbi.v3.core.Jdbi;
import org.jspecify.annotations.Nullable;

/**
 * Searches a tenant's entries.
 *
 * @param jdbi the way to the database
 */
public record EntrySearch(Jdbi jdbi) {
    /** The page of entries that the filter asks for, newest first. */
    public EntryPage find(TenantId tenant, EntryFilter filter) {
        var conditions = new Conditions();
        conditions.add("s.tenant = :tenant", "tenant", Optional.of(tenant.value()));
        conditions.add("s.time >= :from", "from", filter.from());
        conditions.add("s.time < :to", "to", filter.to());
        conditions.add("d.principal = :principal", "principal", filter.principal());
        conditions.add("d.tool = :tool", "tool", filter.tool());
        conditions.add("d.database = :database", "database", filter.database());
        conditions.add("d.outcome = :outcome", "outcome", filter.outcome());
        conditions.add("d.kind = :kind", "kind", filter.kind());
        conditions.add(
                "d.words @@ CAST(:words AS tsquery)", "words", filter.text().map(Words::query));
        conditions.add(
                "(s.time, s.seq) < (:cursorTime, :cursorIndex)",
                "cursorTime",
                filter.cursor().map(Cursor::time));
        filter.cursor().ifPresent(cursor -> conditions.values.put("cursorIndex", cursor.index()));
        String sql =
                """
                SELECT s.seq, s.event_id, s.time, d.kind, s.call_id, d.principal, d.client, d.tool, d.database,
                       d.statement_class, d.outcome, d.code, s.rows, d.tables, d.fingerprint, d.detail,
                       s.seq < coalesce((SELECT max(c.size) FROM audit.checkpoint c WHERE c.tenant = :tenant), 0) AS published
                FROM audit.search s JOIN audit.description d ON d.id = s.description AND d.tenant = s.tenant
                WHERE %s
                ORDER BY s.time DESC, s.seq DESC
                LIMIT :more
                """
                        .formatted(String.join(" AND ", conditions.terms));
        List<FoundEntry> found =
                jdbi.withHandle(handle ->
                        handle.createQuery(sql)
                                .bindMap(conditions.values)
                                .bind("more", filter.limit() + 1)
                                .map((rows, _) -> entry(rows))
                                .list());
        if (found.size() <= filter.limit()) {
            return new EntryPage(found, null);
        }
        var page = found.subList(0, filter.limit());
        return new EntryPage(
                page, new Cursor(page.getLast().time(), page.getLast().index()).text());
    }

    private static FoundEntry entry(ResultSet rows) throws SQLException {
        return new FoundEntry(
                rows.getLong("seq"),
                rows.getObject("event_id", UUID.class),
                rows.getObject("time", OffsetDateTime.class).toInstant(),
                rows.getString("kind"),
                rows.getObject("call_id", UUID.class),
                rows.getString("principal"),
                rows.getString("client"),
                rows.getString("tool"),
                rows.getString("database"),
                rows.getString("statement_class"),
                rows.getString("outcome"),
                rows.getString("code"),
                longOrNull(rows, "rows"),
                texts(rows.getArray("tables")),
                rows.getString("fingerprint"),
                rows.getString("detail"),
                rows.getBoolean("published") ? LogStage.PUBLISHED : LogStage.INTEGRATED);
    }

    private static @Nullable Long longOrNull(ResultSet rows, String column) throws SQLException {
        long value = rows.getLong(column);
        return rows.wasNull() ? null : value;
    }

    private static List<String> texts(Array array) throws SQLException {
        return List.of((String[]) array.getArray());
    }

    private static final class Conditions {
        private final List<String> terms = new ArrayList<>();
        private final Map<String, Object> values = new LinkedHashMap<>();

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
