package dev.sallyport.gateway.statement;

import dev.sallyport.schema.sql.Token;
import dev.sallyport.schema.sql.Token.Kind;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/** The tokens of one statement, of which any place can be asked; beyond them there is nothing. */
record TokenRow(List<Token> tokens) {
    private static final Set<String> SCALARS =
            Words.words(
                    """
                    bigint bool boolean bpchar bytea char cidr date decimal float float4 float8 inet int int2 int4 int8
                    integer interval json jsonb money name numeric oid real regclass smallint text time timestamp
                    timestamptz timetz uuid varchar
                    """);
    private static final Set<String> STARTS_QUERY = Set.of("select", "with", "values", "table");

    int size() {
        return tokens.size();
    }

    Token get(int i) {
        return tokens.get(i);
    }

    boolean nameAt(int i) {
        return i >= 0 && i < tokens.size() && tokens.get(i).name();
    }

    boolean word(int i, String word) {
        return i >= 0 && i < tokens.size() && tokens.get(i).is(word);
    }

    boolean word(int i, String one, String other) {
        return word(i, one) || word(i, other);
    }

    boolean symbolAt(int i, String symbol) {
        return i >= 0 && i < tokens.size() && tokens.get(i).symbol(symbol);
    }

    boolean operatorAt(int i, String operator) {
        return i >= 0
                && i < tokens.size()
                && tokens.get(i).kind() == Kind.OPERATOR
                && tokens.get(i).text().equals(operator);
    }

    /** Whether the token, which is there, is a keyword of PostgreSQL. */
    boolean keyword(int i) {
        return tokens.get(i).kind() == Kind.WORD && Words.KEYWORDS.contains(tokens.get(i).text());
    }

    /** Whether the token, which is there, is a keyword that names nothing without quotes. */
    boolean reserved(int i) {
        return tokens.get(i).kind() == Kind.WORD && Words.RESERVED.contains(tokens.get(i).text());
    }

    /** Where the name {@code a.b.c} ends that begins here. */
    int chainEnd(int from) {
        int i = from;
        while (symbolAt(i + 1, ".") && nameAt(i + 2)) {
            i += 2;
        }
        return i;
    }

    /** The parts of the name from here to its end. */
    List<String> parts(int from, int end) {
        if (from == end) {
            return List.of(tokens.get(from).text());
        }
        var parts = new ArrayList<String>();
        for (int i = from; i <= end; i += 2) {
            parts.add(tokens.get(i).text());
        }
        return parts;
    }

    /** Whether a query begins here, behind any number of parentheses. */
    boolean startsQuery(int from, boolean direct) {
        int i = from;
        while (!direct && symbolAt(i, "(")) {
            i++;
        }
        return i < tokens.size()
                && tokens.get(i).kind() == Kind.WORD
                && STARTS_QUERY.contains(tokens.get(i).text())
                && !symbolAt(i + 1, ".")
                && !(word(i, "values") && !symbolAt(i + 1, "("));
    }

    /** Whether a relation, or parentheses around some, may begin here. */
    boolean source(int i) {
        return symbolAt(i, "(")
                || (nameAt(i)
                        && (!reserved(i)
                                || word(i, "only", "lateral")
                                || (symbolAt(i + 1, "(")
                                        && Words.CALLABLE.contains(tokens.get(i).text()))));
    }

    /** Whether the parenthesis opens the query of a common table expression. */
    boolean commonTable(int open) {
        return word(open - 1, "as")
                || (word(open - 1, "materialized")
                        && (word(open - 2, "as") || word(open - 2, "not")));
    }

    /** Whether the token before is the name that a definition begins with: a type follows. */
    boolean definedBefore(int i) {
        return nameAt(i - 1) && !reserved(i - 1) && (symbolAt(i - 2, "(") || symbolAt(i - 2, ","));
    }

    /** Whether the dot stands behind an operand that is no plain name. */
    boolean operandBefore(int i) {
        return i > 0 && (symbolAt(i - 1, ")") || symbolAt(i - 1, "]") || !tokens.get(i - 1).name());
    }

    /** Whether what ends here has a type of PostgreSQL's own that has no fields. */
    boolean withoutFields(int close) {
        int depth = 0;
        int open = close;
        for (; open >= 0; open--) {
            depth += symbolAt(open, ")") ? 1 : symbolAt(open, "(") ? -1 : 0;
            if (depth == 0) {
                break;
            }
            if (depth == 1 && symbolAt(open, ",")) {
                return false; // a row
            }
        }
        if (open < 0 || close - open < 2) {
            return false;
        }
        return (close - open == 2 && tokens.get(close - 1).literal())
                || (symbolAt(close - 2, "::") && SCALARS.contains(tokens.get(close - 1).text()));
    }
}
