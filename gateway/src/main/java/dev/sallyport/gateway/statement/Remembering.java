package dev.sallyport.gateway.statement;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
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

    private final Classifier classifier;
    private final Cache<String, Statement> texts;

    /**
     * @param bytesMax heap that the memory of texts may take, in bytes
     */
    Remembering(Classifier classifier, long bytesMax) {
        this.classifier = classifier;
        this.texts =
                Caffeine.newBuilder()
                        .maximumWeight(bytesMax)
                        .<String, Statement>weigher(Remembering::bytes)
                        .build();
    }

    /** See {@link Statements#classify}. */
    Statement classify(String sql) {
        if (sql.length() > CHARS_MAX) {
            return classifier.classify(sql);
        }
        Statement known = texts.getIfPresent(sql);
        if (known != null) {
            return known;
        }
        Statement read = classifier.classify(sql);
        if (holdsNoValue(sql, read)) {
            texts.put(sql, read);
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
