package dev.sallyport.audit.search;

import dev.sallyport.schema.id.CallId;
import dev.sallyport.schema.id.DatabaseName;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.UUID;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * What the search tables hold of an entry. None of it is evidence: anybody who can write the
 * database may have put it there.
 *
 * @param index the entry's place in the log, as the row says
 * @param eventId the entry's event, as the row says
 * @param time when it happened, to the microsecond, as the row says
 * @param facts all that it is found by but the further texts; empty where no event could have such
 *     facts
 */
public record SearchRow(long index, UUID eventId, Instant time, Optional<Facts> facts) {
    /** The columns of the tables {@code search s} and {@code description d} that make a row. */
    public static final String COLUMNS =
            """
            s.seq, s.event_id, s.time, d.kind, s.call_id, d.principal, d.client, d.tool, d.database,
            d.statement_class, d.outcome, d.code, s.rows, d.tables, d.fingerprint, d.detail\
            """;

    /** The row that a query for {@link #COLUMNS} found. */
    public static SearchRow of(ResultSet row) throws SQLException {
        var time = row.getObject("time", OffsetDateTime.class).toInstant();
        return new SearchRow(
                row.getLong("seq"), row.getObject("event_id", UUID.class), time, facts(row, time));
    }

    private static Optional<Facts> facts(ResultSet row, Instant time) throws SQLException {
        @Nullable String kind = row.getString("kind");
        if (kind == null) {
            // it has no description
            return Optional.empty();
        }
        try {
            return Optional.of(
                    new Facts(
                            time,
                            kind,
                            Optional.ofNullable(row.getObject("call_id", UUID.class))
                                    .map(CallId::new),
                            text(row, "principal"),
                            text(row, "client"),
                            text(row, "tool"),
                            text(row, "database").map(DatabaseName::new),
                            text(row, "statement_class"),
                            text(row, "outcome"),
                            text(row, "code"),
                            Optional.ofNullable(row.getObject("rows", Long.class)),
                            texts(row, "tables"),
                            text(row, "fingerprint"),
                            text(row, "detail"),
                            List.of(),
                            Optional.empty()));
        } catch (IllegalArgumentException altered) {
            return Optional.empty();
        }
    }

    /** An array of PostgreSQL may hold nulls and have several dimensions: no event's texts do. */
    static List<String> texts(ResultSet row, String column) throws SQLException {
        if (row.getArray(column).getArray() instanceof String[] texts
                && Stream.of(texts).allMatch(Objects::nonNull)) {
            return List.of(texts);
        }
        throw new IllegalArgumentException("no list of texts");
    }

    private static Optional<String> text(ResultSet row, String column) throws SQLException {
        return Optional.ofNullable(row.getString(column));
    }

    /** Whether the row says of the entry what the entry says itself. */
    public boolean agreesWith(UUID entrysEvent, Facts entry) {
        return eventId.equals(entrysEvent) && facts.equals(Optional.of(inTables(entry)));
    }

    /** The facts as the tables hold them. */
    private static Facts inTables(Facts facts) {
        return new Facts(
                facts.time().truncatedTo(ChronoUnit.MICROS),
                facts.kind(),
                facts.call(),
                facts.principal(),
                facts.client(),
                facts.tool(),
                facts.database(),
                facts.statementClass(),
                facts.outcome(),
                facts.code(),
                facts.rows(),
                facts.tables(),
                facts.fingerprint(),
                facts.detail(),
                List.of(),
                Optional.empty());
    }
}
