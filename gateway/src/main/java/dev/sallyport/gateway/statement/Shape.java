package dev.sallyport.gateway.statement;

import dev.sallyport.schema.sql.Token;
import dev.sallyport.schema.sql.Token.Kind;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Set;
import java.util.function.Function;

/**
 * A statement without its values: literals stand as marks, comments are gone, lists of values are
 * folded to one.
 */
final class Shape {
    private static final Set<String> VALUE_WORDS = Set.of("null", "true", "false", "default");

    private final List<Token> tokens;

    private Shape(List<Token> tokens) {
        this.tokens = tokens;
    }

    static Shape of(List<Token> tokens) {
        var folded = new ArrayList<Token>(tokens.size());
        for (int i = 0; i < tokens.size(); ) {
            Token token = tokens.get(i);
            folded.add(token);
            i++;
            if (i >= tokens.size()) {
                break;
            }
            if ((token.is("in") && tokens.get(i).symbol("("))
                    || (token.is("array") && tokens.get(i).symbol("["))) {
                i = foldList(tokens, i, folded);
            } else if (token.is("values") && tokens.get(i).symbol("(")) {
                i = foldRows(tokens, i, folded);
            }
        }
        return new Shape(folded);
    }

    /** A bracket that holds values only keeps its first. */
    private static int foldList(List<Token> tokens, int open, List<Token> folded) {
        int i = open + 1;
        Token first = null;
        while (i < tokens.size() && value(tokens.get(i))) {
            first = first == null && tokens.get(i).literal() ? tokens.get(i) : first;
            i++;
        }
        if (first == null
                || i >= tokens.size()
                || (!tokens.get(i).symbol(")") && !tokens.get(i).symbol("]"))) {
            return open;
        }
        folded.add(tokens.get(open));
        folded.add(first);
        folded.add(tokens.get(i));
        return i + 1;
    }

    private static boolean value(Token token) {
        return token.literal()
                || token.kind() == Kind.PARAMETER
                || token.symbol(",")
                || (token.kind() == Kind.OPERATOR
                        && (token.text().equals("-") || token.text().equals("+")));
    }

    /** Rows like the first one are left out. */
    private static int foldRows(List<Token> tokens, int open, List<Token> folded) {
        int end = close(tokens, open);
        if (end < 0) {
            return open;
        }
        List<Token> first = tokens.subList(open, end + 1);
        folded.addAll(first);
        int i = end + 1;
        while (i + 1 < tokens.size()
                && tokens.get(i).symbol(",")
                && tokens.get(i + 1).symbol("(")) {
            int next = close(tokens, i + 1);
            if (next < 0 || !alike(first, tokens.subList(i + 1, next + 1))) {
                break;
            }
            i = next + 1;
        }
        return i;
    }

    private static boolean alike(List<Token> a, List<Token> b) {
        if (a.size() != b.size()) {
            return false;
        }
        for (int i = 0; i < a.size(); i++) {
            boolean values = valueLike(a.get(i)) && valueLike(b.get(i));
            if (!values
                    && (a.get(i).kind() != b.get(i).kind()
                            || !a.get(i).text().equals(b.get(i).text()))) {
                return false;
            }
        }
        return true;
    }

    private static boolean valueLike(Token token) {
        return token.literal()
                || token.kind() == Kind.PARAMETER
                || (token.kind() == Kind.WORD && VALUE_WORDS.contains(token.text()));
    }

    private static int close(List<Token> tokens, int open) {
        int depth = 0;
        for (int i = open; i < tokens.size(); i++) {
            if (tokens.get(i).symbol("(")) {
                depth++;
            } else if (tokens.get(i).symbol(")") && --depth == 0) {
                return i;
            }
        }
        return -1;
    }

    /**
     * The shape for people and dashboards: literals and parameters are {@code ?}, and so is a
     * quoted name that is no plain word, because other databases and careless callers put values
     * into double quotes. A longer one is cut and ends in a digest of the whole.
     */
    String fingerprint() {
        return bounded(text(Shape::fingerprintToken));
    }

    /** The shape with nothing of the caller's own words: only keywords and signs stay. */
    String keywords() {
        return bounded(
                text(token ->
                        switch (token.kind()) {
                            case WORD -> Words.RESERVED.contains(token.text()) ? token.text() : "?";
                            case OPERATOR, SYMBOL -> token.text();
                            case STRING, NUMBER, PARAMETER, QUOTED -> "?";
                        }));
    }

    /** A fingerprint that is not too long: its beginning, and the digest of all of it. */
    static String bounded(String whole) {
        if (whole.length() <= Statements.FINGERPRINT_CHARS_MAX) {
            return whole;
        }
        String digest = "... #" + digest(whole);
        int cut = Statements.FINGERPRINT_CHARS_MAX - digest.length();
        return whole.substring(0, Character.isHighSurrogate(whole.charAt(cut - 1)) ? cut - 1 : cut)
                + digest;
    }

    private String text(Function<Token, String> written) {
        var out = new StringBuilder();
        Token last = null;
        for (Token token : tokens) {
            if (last != null && spaced(last, token)) {
                out.append(' ');
            }
            out.append(written.apply(token));
            last = token;
        }
        return out.toString();
    }

    private static String fingerprintToken(Token token) {
        return switch (token.kind()) {
            case STRING, NUMBER, PARAMETER -> "?";
            case QUOTED -> plain(token.text()) ? '"' + token.text() + '"' : "\"?\"";
            case WORD, OPERATOR, SYMBOL -> token.text();
        };
    }

    private static boolean spaced(Token last, Token token) {
        if (last.symbol("(") || last.symbol("[") || tight(last) || tight(token)) {
            return false;
        }
        if (token.symbol(")") || token.symbol("]") || token.symbol(",") || token.symbol(";")) {
            return false;
        }
        if (token.symbol("(") || token.symbol("[")) {
            return switch (last.kind()) {
                case WORD ->
                        Words.RESERVED.contains(last.text())
                                || Words.BEFORE_PARENTHESIS.contains(last.text());
                case QUOTED -> false;
                case STRING, NUMBER, PARAMETER, OPERATOR -> true;
                case SYMBOL -> (!last.symbol(")") && !last.symbol("]")) || token.symbol("(");
            };
        }
        return true;
    }

    private static boolean tight(Token token) {
        return token.symbol(".") || token.symbol("::") || token.symbol(":");
    }

    static boolean plain(String name) {
        return !name.isEmpty()
                && !(name.charAt(0) >= '0' && name.charAt(0) <= '9')
                && name.chars()
                        .allMatch(c ->
                                (c >= 'a' && c <= 'z')
                                        || (c >= 'A' && c <= 'Z')
                                        || (c >= '0' && c <= '9')
                                        || c == '_');
    }

    private static String digest(String text) {
        try {
            byte[] hash =
                    MessageDigest.getInstance("SHA-256")
                            .digest(text.getBytes(StandardCharsets.UTF_8));
            return HexFormat.of().formatHex(hash, 0, 8);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-256", e);
        }
    }
}
