package dev.sallyport.gateway.statement;

import dev.sallyport.schema.event.LiteralFeatures;
import dev.sallyport.schema.sql.Token;
import java.util.HashMap;

/**
 * What may be known of a statement's literals without keeping any of them. Lengths are those of the
 * text as written, without quotes.
 */
final class Literals {
    private Literals() {}

    static LiteralFeatures features(String sql, Iterable<Token> tokens) {
        int count = 0;
        Token longest = null;
        for (Token token : tokens) {
            if (token.literal()) {
                count++;
                if (longest == null || token.contentChars() > longest.contentChars()) {
                    longest = token;
                }
            }
        }
        return longest == null
                ? LiteralFeatures.NONE
                : new LiteralFeatures(
                        count,
                        longest.contentChars(),
                        entropy(sql, longest.contentFrom(), longest.contentTo()));
    }

    private static double entropy(String sql, int from, int to) {
        if (from == to) {
            return 0;
        }
        int[] latin = new int[256];
        var others = new HashMap<Character, Integer>();
        for (int i = from; i < to; i++) {
            char c = sql.charAt(i);
            if (c < latin.length) {
                latin[c]++;
            } else {
                others.merge(c, 1, Integer::sum);
            }
        }
        double total = to - from;
        double bits = 0;
        for (int n : latin) {
            bits -= n == 0 ? 0 : n / total * Math.log(n / total);
        }
        for (int n : others.values()) {
            bits -= n / total * Math.log(n / total);
        }
        return Math.abs(bits / Math.log(2));
    }
}
