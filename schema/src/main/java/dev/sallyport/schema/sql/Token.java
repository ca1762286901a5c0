package dev.sallyport.schema.sql;

/**
 * One token of the text as PostgreSQL's own scanner would cut it.
 *
 * @param text folded for words, decoded for quoted names, as written for operators and symbols
 *     (with {@code ??} as {@code ?}), empty for literals and parameters
 * @param contentFrom where a literal's content starts in the SQL; where the token starts for others
 * @param contentTo where it ends, exclusive
 */
public record Token(Kind kind, String text, int contentFrom, int contentTo) {
    /** What a token is. */
    public enum Kind {
        /** A keyword or an unquoted name. */
        WORD,
        /** A name in double quotes. */
        QUOTED,
        STRING,
        NUMBER,
        PARAMETER,
        OPERATOR,
        SYMBOL
    }

    public boolean literal() {
        return kind == Kind.STRING || kind == Kind.NUMBER;
    }

    public int contentChars() {
        return contentTo - contentFrom;
    }

    public boolean is(String word) {
        return kind == Kind.WORD && text.equals(word);
    }

    public boolean symbol(String symbol) {
        return kind == Kind.SYMBOL && text.equals(symbol);
    }

    public boolean name() {
        return kind == Kind.WORD || kind == Kind.QUOTED;
    }
}
