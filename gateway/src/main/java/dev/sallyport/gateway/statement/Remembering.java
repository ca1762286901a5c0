package dev.sallyport.gateway.statement;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import dev.sallyport.schema.registry.StatementRules;
import java.util.Collection;
import java.util.List;

/**
 * Reads a text again only where it holds values. An agent that passes its values as parameters
 * sends the same text each time, and what that text is was read before. Only texts without a
 * literal, a comment and a quoted name are remembered, so that no value is kept. Safe for use by
 * many threads.
 */
final class Remembering {
    /** The longest text that is remembered, in characters. */
    static final int CHARS_MAX = 4_096;

    /** Of an entry: the cache's node, the statement and its lists. */
    private static final int ENTRY_BYTES = 500;

    /** Of a text: its object, its array's head and its place in a list. */
    private static final int TEXT_BYTES = 48;

    /** What begins a literal, a comment or a quoted name. */
    private static final List<String> HIDING = List.of("'", "\"", "--", "/*");

    private final Cache<Asked, Statement> texts;

    /** The same text is another statement under other rules. */
    private record Asked(String sql, StatementRules rules, boolean plans) {}

    /**
     * @param bytesMax heap that the memory of texts may take, in bytes
     */
    Remembering(long bytesMax) {
        if (bytesMax < 1) {
            throw new IllegalArgumentException("bytesMax must be positive: " + bytesMax);
        }
        this.texts =
                Caffeine.newBuilder()
                        .maximumWeight(bytesMax)
                        .<Asked, Statement>weigher((asked, read) -> bytes(asked.sql, read))
                        .build();
    }

    /** See {@link Statements#classify}. */
    Statement classify(String sql, StatementRules rules, boolean plans) {
        if (sql.length() > CHARS_MAX) {
            return Statements.classify(sql, rules, plans);
        }
        var asked = new Asked(sql, rules, plans);
        Statement known = texts.getIfPresent(asked);
        if (known != null) {
            return known;
        }
        Statement read = Statements.classify(sql, rules, plans);
        if (holdsNoValue(sql, read)) {
            texts.put(asked, read);
        }
        return read;
    }

    /** How many texts are remembered. */
    long size() {
        texts.cleanUp();
        return texts.estimatedSize();
    }

    private static boolean holdsNoValue(String sql, Statement read) {
        return !read.refused()
                && read.literals().count() == 0
                && HIDING.stream().noneMatch(sql::contains);
    }

    private static int bytes(String sql, Statement read) {
        return ENTRY_BYTES
                + bytes(List.of(sql, read.fingerprint()))
                + bytes(read.tables())
                + bytes(read.columns())
                + bytes(read.functions());
    }

    private static int bytes(Collection<String> names) {
        int sum = 0;
        for (String name : names) {
            sum += TEXT_BYTES + 2 * name.length();
        }
        return sum;
    }
}
