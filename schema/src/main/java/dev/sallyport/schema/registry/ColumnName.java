package dev.sallyport.schema.registry;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonValue;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A column of a database, written {@code schema.table.column}: each name as the database's
 * catalogue has it, which is in lower case unless it was quoted when it was made.
 */
public record ColumnName(String schema, String table, String column)
        implements Comparable<ColumnName> {
    private static final String NAME = "[A-Za-z_][A-Za-z0-9_$]{0,62}";
    private static final Pattern PART = Pattern.compile(NAME);
    private static final Pattern FORM =
            Pattern.compile("(" + NAME + ")\\.(" + NAME + ")\\.(" + NAME + ")");

    public ColumnName {
        require(schema);
        require(table);
        require(column);
    }

    /**
     * The column of that name.
     *
     * @throws IllegalArgumentException if it has another form
     */
    @JsonCreator(mode = JsonCreator.Mode.DELEGATING)
    public static ColumnName of(String name) {
        Matcher form = FORM.matcher(name);
        if (!form.matches()) {
            throw new IllegalArgumentException("a column is schema.table.column: " + name);
        }
        return new ColumnName(form.group(1), form.group(2), form.group(3));
    }

    private static void require(String part) {
        if (!PART.matcher(part).matches()) {
            throw new IllegalArgumentException("a column is schema.table.column: " + part);
        }
    }

    @Override
    public int compareTo(ColumnName other) {
        return toString().compareTo(other.toString());
    }

    @Override
    @JsonValue
    public String toString() {
        return schema + "." + table + "." + column;
    }
}
