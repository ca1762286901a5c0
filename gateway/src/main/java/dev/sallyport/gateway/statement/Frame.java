package dev.sallyport.gateway.statement;

import java.util.Set;
import org.jspecify.annotations.Nullable;

/** What an {@link OutlineReader} knows of parentheses that it is in, or of the whole statement. */
final class Frame {
    /** What stands in a pair of parentheses or brackets. */
    enum Place {
        QUERY,
        JOIN,
        CALL,
        /** Names, each with or without a type: a column list of an alias or a table. */
        DEFINITIONS,
        /** Names of columns of a table that is written. */
        COLUMNS,
        LIST
    }

    /** What part of a query is being read. */
    enum Clause {
        WITH,
        FROM,
        OTHER
    }

    final Place place;
    final String caller;
    final int open;
    Clause clause = Clause.OTHER;
    boolean start;
    boolean relation;
    boolean target;
    boolean recursive;
    boolean body;
    boolean ownsCatalogue;
    String head = "";
    String pending = "";
    @Nullable Set<String> names;

    /**
     * Nothing was read yet.
     *
     * @param caller the word before the parenthesis; {@code [} where it is a bracket
     * @param open the parenthesis' place; -1 for the whole statement
     */
    Frame(Place place, String caller, int open) {
        this.place = place;
        this.caller = caller;
        this.open = open;
    }
}
