package dev.sallyport.schema.sql;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A text of SQL, cut into tokens.
 *
 * @param sql the text
 * @param tokens all tokens, without comments
 * @param faults what makes the text refusable as a text, at most one of a kind; the tokens after a
 *     fault are best effort
 * @param parameters how many values the placeholders want: the highest number of {@code $n}, or the
 *     number of {@code ?} placeholders where there is no {@code $n}
 */
public record Scan(String sql, List<Token> tokens, List<Fault> faults, int parameters) {
    public Scan {
        tokens = List.copyOf(tokens);
        faults = List.copyOf(faults);
    }

    /** Whether the text has this fault. */
    public boolean has(Fault.Kind kind) {
        for (Fault fault : faults) {
            if (fault.kind() == kind) {
                return true;
            }
        }
        return false;
    }

    /**
     * The text as the database is to read it: {@code ?} placeholders as {@code $1}, {@code $2} and
     * so on, and {@code ??} as {@code ?}. Nothing else is changed.
     */
    public String numbered() {
        StringBuilder out = rewritten(new ArrayList<>());
        return out == null ? sql : out.toString();
    }

    /**
     * Where a character of {@link #numbered} stands in the text itself. Both are positions as
     * PostgreSQL gives them: code points, counted from 1.
     */
    public int written(int position) {
        List<Piece> pieces = new ArrayList<>();
        StringBuilder out = rewritten(pieces);
        if (out == null || position < 1) {
            return position;
        }
        int characters = out.codePointCount(0, out.length());
        int at = out.offsetByCodePoints(0, Math.min(position - 1, characters));
        int shift = 0;
        for (Piece piece : pieces) {
            if (at < piece.start) {
                break;
            }
            if (at < piece.end) {
                return sql.codePointCount(0, piece.from) + 1;
            }
            shift = piece.to - piece.end;
        }
        return sql.codePointCount(0, at + shift) + 1;
    }

    /** What stands from start to end instead of what stood from from to to. */
    private record Piece(int start, int end, int from, int to) {}

    private @Nullable StringBuilder rewritten(List<Piece> pieces) {
        StringBuilder out = null;
        int from = 0;
        int number = 0;
        for (Token token : tokens) {
            boolean placeholder =
                    token.kind() == Token.Kind.PARAMETER && sql.charAt(token.contentFrom()) == '?';
            boolean doubled =
                    token.kind() == Token.Kind.OPERATOR
                            && token.text().length() < token.contentChars();
            if (!placeholder && !doubled) {
                continue;
            }
            if (out == null) {
                out = new StringBuilder(sql.length() + 16);
            }
            out.append(sql, from, token.contentFrom());
            from = token.contentTo();
            int start = out.length();
            if (doubled) {
                out.append(token.text());
            } else {
                if (!out.isEmpty() && Scanner.namePart(out.charAt(out.length() - 1))) {
                    out.append(' ');
                }
                out.append('$').append(++number);
                if (from < sql.length() && Scanner.namePart(sql.charAt(from))) {
                    out.append(' ');
                }
            }
            pieces.add(new Piece(start, out.length(), token.contentFrom(), from));
        }
        return out == null ? null : out.append(sql, from, sql.length());
    }
}
