package dev.sallyport.executor.engine.postgresql;

import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The types of one database, as far as a connection has met them. A type that not every database
 * has is looked up in {@code pg_type} once: an array's element, and what is under a domain, decide
 * how its values become JSON. A type's text is never guessed at.
 */
final class ColumnTypes {
    /** Types of a database that are remembered; then all are forgotten. */
    private static final int REMEMBERED_MAX = 1_000;

    /** Arrays and domains over each other are followed so far. */
    private static final int DEPTH_MAX = 16;

    private final Map<Integer, ColumnType> remembered = new HashMap<>();

    /** A row of the catalogue: a domain has a base, an array an element. */
    private record Entry(
            String name, char delimiter, @Nullable Integer base, @Nullable Integer element) {}

    /** The type, or null where the database has to be asked. */
    @Nullable ColumnType known(int oid) {
        ColumnType type = ColumnType.of(oid);
        return type == null ? remembered.get(oid) : type;
    }

    /**
     * Asks the database for the types.
     *
     * @param keep whether the answer is remembered: not while a caller's transaction is open, whose
     *     settings and new types it depends on
     */
    Map<Integer, ColumnType> ask(Wire wire, Collection<Integer> oids, boolean keep)
            throws SQLException {
        Map<Integer, Entry> entries = entries(wire, new LinkedHashSet<>(oids));
        Map<Integer, ColumnType> types = new HashMap<>();
        for (int oid : oids) {
            types.put(oid, type(oid, entries, DEPTH_MAX));
        }
        if (keep) {
            if (remembered.size() + types.size() > REMEMBERED_MAX) {
                remembered.clear();
            }
            remembered.putAll(types);
        }
        return types;
    }

    private static Map<Integer, Entry> entries(Wire wire, Set<Integer> oids) throws SQLException {
        List<String> asked = new ArrayList<>();
        for (int oid : oids) {
            asked.add(Integer.toUnsignedString(oid));
        }
        Backend.Texts texts = new Backend.Texts();
        wire.add(
                        "",
                        """
                        with recursive met(oid, depth) as (
                            select t.oid, 0 from pg_catalog.pg_type t where t.oid operator(pg_catalog.=) any ('{%s}'::pg_catalog.oid[])
                            union
                            select under.oid, met.depth + 1
                            from met
                                join pg_catalog.pg_type t on t.oid operator(pg_catalog.=) met.oid
                                join pg_catalog.pg_type under
                                    on under.oid operator(pg_catalog.=)
                                        case when t.typtype operator(pg_catalog.=) 'd' then t.typbasetype else t.typelem end
                            where met.depth operator(pg_catalog.<) %d
                                and (t.typtype operator(pg_catalog.=) 'd' or under.typarray operator(pg_catalog.=) t.oid))
                        select distinct t.oid, pg_catalog.format_type(t.oid, null), t.typdelim,
                            case when t.typtype operator(pg_catalog.=) 'd' then t.typbasetype end,
                            (select e.oid from pg_catalog.pg_type e
                                where e.oid operator(pg_catalog.=) t.typelem and e.typarray operator(pg_catalog.=) t.oid)
                        from met join pg_catalog.pg_type t on t.oid operator(pg_catalog.=) met.oid
                        """
                                .formatted(String.join(", ", asked), DEPTH_MAX),
                        List.of(),
                        0,
                        texts)
                .exchange(false)
                .require();
        Map<Integer, Entry> entries = new HashMap<>();
        for (int at = 0; at + 5 <= texts.values.size(); at += 5) {
            List<@Nullable String> row = texts.values.subList(at, at + 5);
            entries.put(
                    Integer.parseUnsignedInt(String.valueOf(row.get(0))),
                    new Entry(
                            String.valueOf(row.get(1)),
                            delimiter(row.get(2)),
                            number(row.get(3)),
                            number(row.get(4))));
        }
        return entries;
    }

    private static char delimiter(@Nullable String text) {
        return text == null || text.isEmpty() ? ' ' : text.charAt(0);
    }

    private static @Nullable Integer number(@Nullable String text) {
        return text == null ? null : Integer.parseUnsignedInt(text);
    }

    private static ColumnType type(int oid, Map<Integer, Entry> entries, int depth) {
        ColumnType known = ColumnType.of(oid);
        if (known != null) {
            return known;
        }
        Entry entry = entries.get(oid);
        if (entry == null) {
            return ColumnType.UNKNOWN;
        }
        if (depth > 0 && entry.base() != null) {
            return type(entry.base(), entries, depth - 1).named(entry.name());
        }
        if (depth > 0 && entry.element() != null) {
            ColumnType element = type(entry.element(), entries, depth - 1);
            if (ColumnType.mayDelimit(element.delimiter())) {
                return ColumnType.arrayOf(element, entry.name());
            }
        }
        return ColumnType.text(entry.name(), entry.delimiter());
    }
}
