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
import java.util.function.BiFunction;
import org.jspecify.annotations.Nullable;

/**
 * A statement without its values: literals stand as marks, comments are gone, lists of values are
 * folded to one. The parser reads a shape, never the text: it cannot cut a string or comment
 * differently from PostgreSQL, and equal shapes need be parsed only once.
 */
final class Shape {
    private static final Set<String> VALUE_WORDS = Set.of("null", "true", "false", "default");
    private static final Set<String> BEFORE_ONLY = Set.of("update", "from", "join", "into");
    private static final Set<String> AFTER_INTO = Set.of("temp", "temporary", "unlogged", "table");
    private static final int NAME_PARTS_MAX = 8;
    private static final Set<String> PARSER_OPERATORS =
            Set.of(
                    "+", "-", "*", "/", "%", "^", "=", "<>", "!=", "<", ">", "<=", ">=", "||", "|",
                    "&", "<<", ">>", "~", "~*", "!~", "!~*", "->", "->>", "#>", "#>>", "@>", "<@",
                    "&&", "@@", "#", "#-");

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
        return bounded(text((token, _) -> fingerprintToken(token), false));
    }

    /** The shape with nothing of the caller's own words: only keywords and signs stay. */
    String keywords() {
        return bounded(
                text(
                        (token, _) ->
                                switch (token.kind()) {
                                    case WORD ->
                                            Words.RESERVED.contains(token.text())
                                                    ? token.text()
                                                    : "?";
                                    case OPERATOR, SYMBOL -> token.text();
                                    case STRING, NUMBER, PARAMETER, QUOTED -> "?";
                                },
                        false));
    }

    private static String bounded(String whole) {
        if (whole.length() <= Statements.FINGERPRINT_CHARS_MAX) {
            return whole;
        }
        String digest = "... #" + digest(whole);
        int cut = Statements.FINGERPRINT_CHARS_MAX - digest.length();
        return whole.substring(0, Character.isHighSurrogate(whole.charAt(cut - 1)) ? cut - 1 : cut)
                + digest;
    }

    /**
     * False where the parser library is known to cut a name, or a chain of names, otherwise than
     * PostgreSQL or slowly.
     */
    boolean parseable() {
        int dots = 0;
        for (int i = 0; i < tokens.size(); i++) {
            Token token = tokens.get(i);
            dots = token.symbol(".") ? dots + 1 : i > 0 && tokens.get(i - 1).symbol(".") ? dots : 0;
            boolean odd =
                    token.kind() == Kind.QUOTED
                            && token.text().chars().anyMatch(c -> "\"\\`\n\r".indexOf(c) >= 0);
            if (odd || dots > NAME_PARTS_MAX) {
                return false;
            }
        }
        return true;
    }

    /** The shape as the parser library can read it: strings are {@code 's'}, numbers {@code 1}. */
    String parserText() {
        return text(Shape::parserToken, true);
    }

    private String text(BiFunction<Token, @Nullable Token, String> written, boolean parser) {
        var out = new StringBuilder();
        Token last = null;
        for (Token token : tokens) {
            if (parser && last != null && noise(last, token)) {
                continue;
            }
            if (last != null && spaced(last, token)) {
                out.append(' ');
            }
            out.append(written.apply(token, last));
            last = token;
        }
        return out.toString();
    }

    /**
     * Words that change nothing about what is named, and that the parser does not know in all
     * places.
     */
    private static boolean noise(Token last, Token token) {
        return (token.is("only") && BEFORE_ONLY.contains(last.text()))
                || (last.is("into")
                        && token.kind() == Kind.WORD
                        && AFTER_INTO.contains(token.text()));
    }

    private static String fingerprintToken(Token token) {
        return switch (token.kind()) {
            case STRING, NUMBER, PARAMETER -> "?";
            case QUOTED -> plain(token.text()) ? '"' + token.text() + '"' : "\"?\"";
            case WORD, OPERATOR, SYMBOL -> token.text();
        };
    }

    private static String parserToken(Token token, @Nullable Token last) {
        return switch (token.kind()) {
            case STRING -> "'s'";
            case NUMBER -> "1";
            case PARAMETER -> "?";
            case QUOTED -> quoted(token.text());
            case WORD -> {
                boolean keyword =
                        last != null
                                && (last.symbol("::") || last.is("as") || last.is("tablesample"));
                boolean quote =
                        !ascii(token.text()) || (!keyword && Words.FOREIGN.contains(token.text()));
                yield quote ? quoted(token.text()) : token.text();
            }
            // which operator it is changes nothing about what the statement names
            case OPERATOR -> PARSER_OPERATORS.contains(token.text()) ? token.text() : "||";
            case SYMBOL -> token.text();
        };
    }

    private static String quoted(String name) {
        return '"' + name + '"';
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

    private static boolean ascii(String word) {
        return word.chars().allMatch(c -> c < 0x80 && c != '$');
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
