package dev.sallyport.gateway.statement;

/**
 * One token of the text as PostgreSQL's own scanner would cut it.
 *
 * @param text folded for words, decoded for quoted names, as written for operators and symbols,
 *     empty for literals and parameters
 * @param contentFrom where a literal's content starts in the SQL; where the token starts for others
 * @param contentTo where it ends, exclusive
 */
record Token(Kind kind, String text, int contentFrom, int contentTo) {
    enum Kind {
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

    boolean literal() {
        return kind == Kind.STRING || kind == Kind.NUMBER;
    }

    int contentChars() {
        return contentTo - contentFrom;
    }

    boolean is(String word) {
        return kind == Kind.WORD && text.equals(word);
    }

    boolean symbol(String symbol) {
        return kind == Kind.SYMBOL && text.equals(symbol);
    }

    boolean name() {
        return kind == Kind.WORD || kind == Kind.QUOTED;
    }
}
