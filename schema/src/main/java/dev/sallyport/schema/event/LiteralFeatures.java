package dev.sallyport.schema.event;

/**
 * What may be said in clear of the literals of a statement.
 *
 * @param count how many there are
 * @param longestChars characters of the longest
 * @param longestEntropyBits Shannon entropy of the longest, in bits a character
 */
public record LiteralFeatures(int count, int longestChars, double longestEntropyBits) {
    public static final LiteralFeatures NONE = new LiteralFeatures(0, 0, 0);

    public LiteralFeatures {
        if (count < 0 || longestChars < 0 || !(longestEntropyBits >= 0)) {
            throw new IllegalArgumentException(
                    "literal features must not be negative: "
                            + count
                            + ", "
                            + longestChars
                            + ", "
                            + longestEntropyBits);
        }
    }
}
