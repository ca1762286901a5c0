package dev.sallyport.schema.registry;

import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * The columns of a database whose values callers do not see. The database enforces it: an executor
 * runs nothing where it does not.
 *
 * @param tags the columns by kind; no column has two
 */
public record Masking(List<ColumnTag> tags) {
    /** Columns that may be masked in one database. */
    public static final int COLUMNS_MAX = 1_000;

    public Masking {
        if (tags == null || tags.isEmpty()) {
            throw new IllegalArgumentException("masking names no tags");
        }
        tags = List.copyOf(tags);
        Set<String> names = new HashSet<>();
        Set<ColumnName> columns = new HashSet<>();
        for (ColumnTag tag : tags) {
            if (!names.add(tag.tag())) {
                throw new IllegalArgumentException("two tags have the name " + tag.tag());
            }
            for (ColumnName column : tag.columns()) {
                if (!columns.add(column)) {
                    throw new IllegalArgumentException("column %s has two tags".formatted(column));
                }
            }
        }
        if (columns.size() > COLUMNS_MAX) {
            throw new IllegalArgumentException(
                    "at most %d columns may be masked: %d".formatted(COLUMNS_MAX, columns.size()));
        }
    }
}
