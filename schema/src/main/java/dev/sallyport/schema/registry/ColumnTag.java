package dev.sallyport.schema.registry;

import java.util.Collections;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Columns of one kind, and how all of them are masked.
 *
 * @param tag what kind, such as {@code pii}, {@code pci} or {@code secret}; unique within the
 *     database
 * @param mask what callers see in place of the values
 * @param text the text of mask {@code fixed}; absent for all others
 * @param columns which columns, at least one
 */
public record ColumnTag(String tag, Mask mask, @Nullable String text, Set<ColumnName> columns) {
    /** Characters that a fixed text may have. */
    public static final int TEXT_MAX = 100;

    private static final Pattern NAME = Pattern.compile("[a-z0-9][a-z0-9_-]{0,62}");

    public ColumnTag {
        if (tag == null || !NAME.matcher(tag).matches()) {
            throw new IllegalArgumentException(
                    "a tag must be 1 to 63 of a-z, 0-9, - and _: " + tag);
        }
        if (mask == null) {
            throw new IllegalArgumentException("tag %s needs a mask".formatted(tag));
        }
        if ((mask == Mask.FIXED) != (text != null)) {
            throw new IllegalArgumentException(
                    "tag %s: text is given just where the mask is fixed".formatted(tag));
        }
        if (text != null
                && (text.length() > TEXT_MAX || text.chars().anyMatch(Character::isISOControl))) {
            throw new IllegalArgumentException(
                    "tag %s: text must be at most %d characters, none of them a control character"
                            .formatted(tag, TEXT_MAX));
        }
        if (columns == null || columns.isEmpty()) {
            throw new IllegalArgumentException("tag %s names no columns".formatted(tag));
        }
        columns = Collections.unmodifiableSortedSet(new TreeSet<>(columns));
    }
}
