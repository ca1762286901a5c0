package dev.sallyport.schema.sql;

import dev.sallyport.schema.sql.Token.Kind;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/**
 * Tells question marks that are placeholders from those that are operators. PostgreSQL itself only
 * knows operators: a text that numbers its placeholders is read as PostgreSQL reads it. Elsewhere
 * the place decides: where an operand must begin, a question mark is a placeholder; between two
 * operands it is an operator. {@code ??} is always the operator {@code ?}, as in JDBC. What can be
 * read both ways is a fault, never a guess.
 */
final class Placeholders {
    /** PostgreSQL's own and its extensions' operators that hold a question mark. */
    private static final Set<String> OPERATORS =
            Set.of("?", "?|", "?&", "@?", "?-", "?#", "?-|", "?||");

    /** An operand must follow these reserved words. */
    private static final Set<String> BEFORE_OPERAND =
            words(
                    """
                    all analyse analyze and any array as asc asymmetric both case cast check collate column constraint create
                    deferrable desc distinct do else except fetch for foreign from grant group having ilike in initially inner
                    intersect into is isnull join lateral leading left like limit natural not notnull offset on only or order
                    outer overlaps placing primary references returning right select similar some symmetric table then to
                    trailing union unique using variadic verbose when where window with
                    """);

    /** An operand may follow these, which may be names too. */
    private static final Set<String> MAYBE_BEFORE_OPERAND =
            words("between by escape first groups next range row rows set values zone");

    /** No operand begins with these. */
    private static final Set<String> NOT_OPERANDS =
            words(
                    """
                    and as asc at between collate cross desc else end escape except fetch following for from full group having
                    ilike in inner intersect into is isnull join left like limit natural notnull nulls offset on only or
                    order over overlaps percent preceding returning right row rows similar then to union using when where
                    window with
                    """);

    private final List<Token> before;
    private final List<Token> tokens;
    private int count;
    private boolean ambiguous;

    private Placeholders(List<Token> before) {
        this.before = before;
        this.tokens = new ArrayList<>(before.size() + 8);
    }

    /**
     * @param tokens with placeholders apart
     * @param count how many
     */
    record Found(List<Token> tokens, int count, boolean ambiguous) {}

    /**
     * @param numbered whether the text has a {@code $n}
     */
    static Found in(List<Token> tokens, boolean numbered) {
        var found = new Placeholders(tokens);
        for (int i = 0; i < tokens.size(); i++) {
            Token token = tokens.get(i);
            if (token.kind() != Kind.OPERATOR || token.text().indexOf('?') < 0) {
                found.tokens.add(token);
            } else if (token.text().contains("??")) {
                String single = token.text().replace("??", "?");
                found.add(Kind.OPERATOR, single, token.contentFrom(), token.contentTo());
            } else if (numbered) {
                found.tokens.add(token);
            } else {
                found.resolve(token, i);
            }
        }
        return new Found(found.tokens, found.count, found.ambiguous);
    }

    private void resolve(Token token, int index) {
        int at = token.contentFrom();
        String text = token.text();
        while (!text.isEmpty()) {
            int mark = text.indexOf('?');
            if (mark < 0) {
                add(Kind.OPERATOR, text, at, at + text.length());
                return;
            }
            if (mark == 0 && placeholder(text, index)) {
                count++;
                add(Kind.PARAMETER, "", at, at + 1);
                at++;
                text = text.substring(1);
                continue;
            }
            if (mark == 0 || OPERATORS.contains(text)) {
                ambiguous |= !OPERATORS.contains(text);
                add(Kind.OPERATOR, text, at, at + text.length());
                return;
            }
            add(Kind.OPERATOR, text.substring(0, mark), at, at + mark);
            at += mark;
            text = text.substring(mark);
        }
    }

    /** Whether the question mark that the text begins with stands where an operand must. */
    private boolean placeholder(String text, int index) {
        if (tokens.isEmpty()) {
            return true;
        }
        Token last = tokens.getLast();
        boolean operandFollows =
                text.length() == 1 && index + 1 < before.size() && operand(before.get(index + 1));
        return switch (last.kind()) {
            case OPERATOR -> true;
            case SYMBOL -> !last.text().equals(")") && !last.text().equals("]");
            case STRING, NUMBER, PARAMETER, QUOTED -> false;
            case WORD -> {
                if (BEFORE_OPERAND.contains(last.text())) {
                    yield true;
                }
                if (MAYBE_BEFORE_OPERAND.contains(last.text())) {
                    ambiguous |= operandFollows || text.length() > 1;
                    yield true;
                }
                // two operands cannot stand side by side; without a second it is no operator
                yield text.length() == 1 && !operandFollows;
            }
        };
    }

    private static boolean operand(Token token) {
        return switch (token.kind()) {
            case STRING, NUMBER, PARAMETER, QUOTED -> true;
            case WORD -> !NOT_OPERANDS.contains(token.text());
            case SYMBOL -> token.text().equals("(");
            case OPERATOR -> token.text().startsWith("?");
        };
    }

    private void add(Kind kind, String text, int from, int to) {
        tokens.add(new Token(kind, text, from, to));
    }

    private static Set<String> words(String text) {
        return Set.of(text.strip().split("\\s+"));
    }
}
