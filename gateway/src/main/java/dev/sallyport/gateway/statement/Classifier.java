package dev.sallyport.gateway.statement;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import java.util.Set;

/**
 * {@link Statements#classify} with a memory of what the parser found in shapes already read, which
 * makes repeated statements some ten times cheaper. It holds no literal, and its size is bounded by
 * bytes: a long statement counts for more than a short one. Safe for use by many threads.
 */
public final class Classifier {
    /** Of an entry: the cache's node, the tree and its five sets. */
    private static final int ENTRY_BYTES = 400;

    /** Of a text: its object, its array's head, and two places in a set. */
    private static final int TEXT_BYTES = 56;

    private final Cache<String, Tree> shapes;

    /**
     * @param bytesMax heap that the memory of shapes may take, in bytes
     */
    public Classifier(long bytesMax) {
        if (bytesMax < 1) {
            throw new IllegalArgumentException("bytesMax must be positive: " + bytesMax);
        }
        shapes =
                Caffeine.newBuilder()
                        .maximumWeight(bytesMax)
                        .<String, Tree>weigher(Classifier::bytes)
                        .build();
    }

    /** See {@link Statements#classify}. */
    public Statement classify(String sql) {
        return Statements.classify(sql, shape -> shapes.get(shape, Tree::of));
    }

    /** What all entries together take on the heap, about, once the cache has caught up. */
    long bytes() {
        shapes.cleanUp();
        return shapes.policy().eviction().orElseThrow().weightedSize().orElseThrow();
    }

    /** What an entry takes on the heap, about. */
    static int bytes(String shape, Tree tree) {
        int found =
                switch (tree) {
                    case Tree.Unparsed() -> 0;
                    case Tree.Parsed(var mentions) ->
                            bytes(mentions.tables())
                                    + bytes(mentions.withNames())
                                    + bytes(mentions.columns())
                                    + bytes(mentions.functions());
                };
        return ENTRY_BYTES + bytes(shape) + found;
    }

    private static int bytes(Set<String> texts) {
        int sum = 0;
        for (String text : texts) {
            sum += bytes(text);
        }
        return sum;
    }

    /** Java keeps a text without characters above U+00FF in one byte a character. */
    private static int bytes(String text) {
        for (int i = 0; i < text.length(); i++) {
            if (text.charAt(i) > 0xff) {
                return TEXT_BYTES + 2 * text.length();
            }
        }
        return TEXT_BYTES + text.length();
    }
}
