package dev.sallyport.schema.sql;

import dev.sallyport.schema.sql.Token.Kind;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * Cuts SQL into tokens exactly as PostgreSQL's scan.l does with {@code standard_conforming_strings}
 * on: nested comments, continued strings, dollar quotes, E and U&amp; forms, operators that stop at
 * a comment. Everything after it works on tokens, never on text, so that no difference in how two
 * programs read quotes or comments can hide a word. Time and memory are linear in the text, which
 * is bounded.
 *
 * <p>Pure: no I/O, no state. It throws for no text.
 */
public final class Scanner {
    /** Characters (UTF-16 units) of the longest text that is looked at. */
    public static final int SQL_CHARS_MAX = 32_768;

    /** Words and signs of the longest text that is looked at. */
    public static final int TOKENS_MAX = 8_192;

    /** How deep parentheses, brackets and CASE may nest. */
    public static final int DEPTH_MAX = 64;

    private static final String OPERATOR_CHARS = "~!@#^&|`?+-*/%<>=";
    private static final String BEYOND_STANDARD = "~!@#^&|`?%";
    private static final String SYMBOL_CHARS = ",()[].;:";
    private static final int NAME_BYTES_MAX = 63;

    private final String sql;
    private final List<Token> tokens = new ArrayList<>();
    private final Map<Fault.Kind, Fault> faults = new EnumMap<>(Fault.Kind.class);
    private int at;

    /** Where the token that is cut begins. */
    private int begun;

    private int parameterMax;
    private boolean questionMarks;

    /** Of the last run of operator signs: its end, and its end without a tail of + and -. */
    private int runEnd;

    private int runTrimmed;
    private boolean runBeyondStandard;

    /** Where comments begin and end, by turns. */
    private int[] comments = new int[8];

    private int commentEnds;

    private Scanner(String sql) {
        this.sql = sql;
    }

    /** Cuts the text. */
    public static Scan scan(String sql) {
        if (sql.length() > SQL_CHARS_MAX) {
            return new Scan(sql, List.of(), List.of(new Fault(Fault.Kind.TOO_LARGE, "")), 0);
        }
        return new Scanner(sql).run();
    }

    private Scan run() {
        while (at < sql.length()) {
            if (tokens.size() > TOKENS_MAX) {
                fault(Fault.Kind.TOO_LARGE);
                break;
            }
            step();
        }
        checkCharacters();
        checkDepth();
        if (!questionMarks) {
            return new Scan(sql, tokens, List.copyOf(faults.values()), parameterMax);
        }
        Placeholders.Found found = Placeholders.in(tokens, parameterMax > 0);
        if (found.ambiguous()) {
            fault(Fault.Kind.AMBIGUOUS_PLACEHOLDER);
        }
        return new Scan(
                sql,
                found.tokens(),
                List.copyOf(faults.values()),
                Math.max(parameterMax, found.count()));
    }

    private void fault(Fault.Kind kind) {
        faults.putIfAbsent(kind, new Fault(kind, ""));
    }

    /** A fault of the token that is cut now. */
    private void faultHere(Fault.Kind kind) {
        faults.computeIfAbsent(
                kind, _ -> new Fault(kind, "at character " + (sql.codePointCount(0, begun) + 1)));
    }

    private void step() {
        begun = at;
        char c = sql.charAt(at);
        if (space(c)) {
            at++;
        } else if (commentAt(at)) {
            int from = at;
            if (c == '-') {
                lineComment();
            } else {
                blockComment();
            }
            comment(from, at);
        } else if (c == '\'') {
            string(at + 1, false);
        } else if (c == '"') {
            quotedName(at + 1, false);
        } else if ((c == 'e' || c == 'E') && peek(1) == '\'') {
            string(at + 2, true);
        } else if ("bBxXnN".indexOf(c) >= 0 && peek(1) == '\'') {
            string(at + 2, false);
        } else if ((c == 'u' || c == 'U') && peek(1) == '&' && peek(2) == '\'') {
            string(at + 3, false);
            skipEscapeClause();
        } else if ((c == 'u' || c == 'U') && peek(1) == '&' && peek(2) == '"') {
            quotedName(at + 3, true);
        } else if (nameStart(c)) {
            word();
        } else if (digit(c) || (c == '.' && digit(peek(1)))) {
            number();
        } else if (c == '$') {
            dollar();
        } else if (SYMBOL_CHARS.indexOf(c) >= 0) {
            symbol(c);
        } else if (OPERATOR_CHARS.indexOf(c) >= 0) {
            operator();
        } else {
            faultHere(c == '{' || c == '}' ? Fault.Kind.DRIVER_ESCAPE : Fault.Kind.MALFORMED);
            at++;
        }
    }

    private void lineComment() {
        while (at < sql.length() && sql.charAt(at) != '\n' && sql.charAt(at) != '\r') {
            at++;
        }
    }

    private void blockComment() {
        int depth = 0;
        while (at < sql.length()) {
            if (sql.charAt(at) == '/' && peek(1) == '*') {
                depth++;
                at += 2;
            } else if (sql.charAt(at) == '*' && peek(1) == '/') {
                depth--;
                at += 2;
                if (depth == 0) {
                    return;
                }
            } else {
                at++;
            }
        }
        faultHere(Fault.Kind.MALFORMED);
    }

    /**
     * A string whose content starts at the position, together with the pieces that continue it on
     * later lines.
     */
    private void string(int from, boolean backslashes) {
        int i = from;
        int end = -1;
        while (i < sql.length()) {
            char c = sql.charAt(i);
            if (backslashes && c == '\\') {
                i += 2;
            } else if (c != '\'') {
                i++;
            } else if (i + 1 < sql.length() && sql.charAt(i + 1) == '\'') {
                i += 2;
            } else {
                end = i;
                int next = continuation(i + 1);
                i = next;
                if (next < 0) {
                    break;
                }
            }
        }
        if (i >= 0) {
            faultHere(Fault.Kind.MALFORMED);
            end = sql.length();
        }
        tokens.add(new Token(Kind.STRING, "", Math.min(from, end), end));
        at = Math.min(end + 1, sql.length());
    }

    /**
     * Where the content goes on after a line break and another quote, or -1 where the string has
     * ended.
     */
    private int continuation(int from) {
        int i = from;
        boolean line = false;
        while (i < sql.length()) {
            char c = sql.charAt(i);
            if (c == '\n' || c == '\r') {
                line = true;
                i++;
            } else if (space(c)) {
                i++;
            } else if (c == '-' && i + 1 < sql.length() && sql.charAt(i + 1) == '-') {
                while (i < sql.length() && sql.charAt(i) != '\n' && sql.charAt(i) != '\r') {
                    i++;
                }
            } else {
                return line && c == '\'' ? i + 1 : -1;
            }
        }
        return -1;
    }

    private void quotedName(int from, boolean unicode) {
        var name = new StringBuilder();
        int i = from;
        while (true) {
            int quote = sql.indexOf('"', i);
            if (quote < 0) {
                faultHere(Fault.Kind.MALFORMED);
                at = sql.length();
                return;
            }
            name.append(sql, i, quote);
            if (quote + 1 < sql.length() && sql.charAt(quote + 1) == '"') {
                name.append('"');
                i = quote + 2;
            } else {
                int start = at;
                at = quote + 1;
                String text = unicode ? unescape(name, skipEscapeClause()) : name.toString();
                if (text.isEmpty()) {
                    faultHere(Fault.Kind.MALFORMED);
                }
                tokens.add(new Token(Kind.QUOTED, truncated(text), start, quote + 1));
                return;
            }
        }
    }

    /**
     * Steps over {@code UESCAPE 'c'} where it follows, and returns the escape character that holds.
     */
    private char skipEscapeClause() {
        int clause = blank(at);
        int after = Math.min(clause + "uescape".length(), sql.length());
        boolean follows =
                folded(sql.substring(clause, after)).equals("uescape")
                        && (after == sql.length() || !namePart(sql.charAt(after)));
        if (!follows) {
            return '\\';
        }
        int quote = blank(after);
        at = after;
        if (quote + 2 >= sql.length()
                || sql.charAt(quote) != '\''
                || sql.charAt(quote + 2) != '\'') {
            faultHere(Fault.Kind.MALFORMED);
            return '\\';
        }
        char escape = sql.charAt(quote + 1);
        if (Character.digit(escape, 16) >= 0 || "+'\" \t\n\r\f\u000b".indexOf(escape) >= 0) {
            faultHere(Fault.Kind.MALFORMED);
        }
        at = quote + 3;
        return escape;
    }

    /** The next position at or after this one that is neither space nor comment. */
    private int blank(int from) {
        int saved = at;
        at = from;
        while (at < sql.length()) {
            char c = sql.charAt(at);
            if (space(c)) {
                at++;
            } else if (c == '-' && peek(1) == '-') {
                lineComment();
            } else if (c == '/' && peek(1) == '*') {
                blockComment();
            } else {
                break;
            }
        }
        int found = at;
        at = saved;
        return found;
    }

    private String unescape(CharSequence raw, char escape) {
        var name = new StringBuilder();
        for (int i = 0; i < raw.length(); i++) {
            char c = raw.charAt(i);
            if (c != escape) {
                name.append(c);
            } else if (i + 1 < raw.length() && raw.charAt(i + 1) == escape) {
                name.append(escape);
                i++;
            } else {
                boolean six = i + 1 < raw.length() && raw.charAt(i + 1) == '+';
                int from = i + (six ? 2 : 1);
                int to = from + (six ? 6 : 4);
                int point = to <= raw.length() ? hex(raw, from, to) : -1;
                if (point <= 0 || point > Character.MAX_CODE_POINT) {
                    faultHere(Fault.Kind.MALFORMED);
                    return name.toString();
                }
                name.appendCodePoint(point);
                i = to - 1;
            }
        }
        return name.toString();
    }

    private static int hex(CharSequence raw, int from, int to) {
        int value = 0;
        for (int i = from; i < to; i++) {
            int digit = raw.charAt(i) < 128 ? Character.digit(raw.charAt(i), 16) : -1;
            if (digit < 0) {
                return -1;
            }
            value = value * 16 + digit;
        }
        return value;
    }

    private void word() {
        int from = at;
        while (at < sql.length() && namePart(sql.charAt(at))) {
            at++;
        }
        tokens.add(new Token(Kind.WORD, truncated(folded(sql.substring(from, at))), from, at));
    }

    /**
     * Lower case as PostgreSQL folds in UTF-8: ASCII letters only, so that no other letter turns
     * into one.
     */
    private static String folded(String word) {
        int i = 0;
        while (i < word.length() && !upper(word.charAt(i))) {
            i++;
        }
        if (i == word.length()) {
            return word;
        }
        char[] chars = word.toCharArray();
        for (; i < chars.length; i++) {
            if (upper(chars[i])) {
                chars[i] = (char) (chars[i] + ('a' - 'A'));
            }
        }
        return new String(chars);
    }

    private static boolean upper(char c) {
        return c >= 'A' && c <= 'Z';
    }

    /** PostgreSQL cuts names to 63 bytes, at a character's border. */
    private static String truncated(String name) {
        if (name.length() * 3 <= NAME_BYTES_MAX
                || name.getBytes(StandardCharsets.UTF_8).length <= NAME_BYTES_MAX) {
            return name;
        }
        int bytes = 0;
        int i = 0;
        while (true) {
            int point = name.codePointAt(i);
            bytes += point < 0x80 ? 1 : point < 0x800 ? 2 : point < 0x10000 ? 3 : 4;
            if (bytes > NAME_BYTES_MAX) {
                return name.substring(0, i);
            }
            i += Character.charCount(point);
        }
    }

    private void number() {
        int from = at;
        char radix = Character.toLowerCase(peek(1));
        if (sql.charAt(at) == '0' && (radix == 'x' || radix == 'o' || radix == 'b')) {
            at += 2;
            while (at < sql.length()
                    && (Character.digit(sql.charAt(at), 16) >= 0 || sql.charAt(at) == '_')) {
                at++;
            }
        } else {
            digits();
            if (peek(0) == '.' && peek(1) != '.') {
                at++;
                digits();
            }
            if (Character.toLowerCase(peek(0)) == 'e'
                    && (digit(peek(1)) || ((peek(1) == '+' || peek(1) == '-') && digit(peek(2))))) {
                at += 2;
                digits();
            }
        }
        if (at < sql.length() && namePart(sql.charAt(at)) && sql.charAt(at) != '$') {
            // PostgreSQL 15 and newer reject junk after a number; here it goes the literal's way
            // and is never shown
            while (at < sql.length() && namePart(sql.charAt(at))) {
                at++;
            }
            faultHere(Fault.Kind.MALFORMED);
        }
        tokens.add(new Token(Kind.NUMBER, "", from, at));
    }

    private void digits() {
        while (at < sql.length()
                && (digit(sql.charAt(at)) || (sql.charAt(at) == '_' && digit(peek(1))))) {
            at++;
        }
    }

    private void dollar() {
        int from = at;
        if (digit(peek(1))) {
            at++;
            int number = 0;
            while (at < sql.length() && digit(sql.charAt(at))) {
                number = Math.min(number * 10 + sql.charAt(at) - '0', 65_536);
                at++;
            }
            if (at < sql.length() && nameStart(sql.charAt(at))) {
                faultHere(Fault.Kind.MALFORMED);
            }
            parameterMax = Math.max(parameterMax, number);
            tokens.add(new Token(Kind.PARAMETER, "", from, at));
            return;
        }
        int i = at + 1;
        if (i < sql.length() && nameStart(sql.charAt(i))) {
            while (i < sql.length() && namePart(sql.charAt(i)) && sql.charAt(i) != '$') {
                i++;
            }
        }
        if (i >= sql.length() || sql.charAt(i) != '$') {
            faultHere(Fault.Kind.MALFORMED);
            at++;
            return;
        }
        String tag = sql.substring(at, i + 1);
        int end = sql.indexOf(tag, i + 1);
        if (end < 0) {
            faultHere(Fault.Kind.MALFORMED);
            end = sql.length();
        }
        tokens.add(new Token(Kind.STRING, "", i + 1, end));
        at = Math.min(end + tag.length(), sql.length());
    }

    private void symbol(char c) {
        String text =
                (c == ':' && (peek(1) == ':' || peek(1) == '=')) || (c == '.' && peek(1) == '.')
                        ? sql.substring(at, at + 2)
                        : String.valueOf(c);
        tokens.add(new Token(Kind.SYMBOL, text, at, at + text.length()));
        at += text.length();
    }

    private void operator() {
        int from = at;
        if (from >= runEnd) {
            operatorRun(from);
        }
        // A longer operator may end in + or - only if it holds a sign that no SQL-standard operator
        // has
        int end = runBeyondStandard ? runEnd : Math.max(from + 1, runTrimmed);
        at = end;
        String text = sql.substring(from, end);
        questionMarks |= text.indexOf('?') >= 0;
        tokens.add(new Token(Kind.OPERATOR, text, from, end));
    }

    /** Looks at a run of operator signs once, however many operators it is cut into. */
    private void operatorRun(int from) {
        runEnd = from;
        runTrimmed = from;
        runBeyondStandard = false;
        while (runEnd < sql.length()
                && OPERATOR_CHARS.indexOf(sql.charAt(runEnd)) >= 0
                && !commentAt(runEnd)) {
            char c = sql.charAt(runEnd);
            runBeyondStandard |= BEYOND_STANDARD.indexOf(c) >= 0;
            runEnd++;
            runTrimmed = c == '+' || c == '-' ? runTrimmed : runEnd;
        }
    }

    private boolean commentAt(int i) {
        return sql.startsWith("--", i) || sql.startsWith("/*", i);
    }

    private void comment(int from, int to) {
        if (commentEnds + 2 > comments.length) {
            comments = Arrays.copyOf(comments, 2 * comments.length);
        }
        comments[commentEnds++] = from;
        comments[commentEnds++] = to;
    }

    /**
     * Control characters and broken Unicode are refused anywhere; what cannot be seen, or looks
     * like a space and is none to SQL, only where it could mislead: not in strings, and in comments
     * only what reorders the text for whoever reads it.
     */
    private void checkCharacters() {
        int token = 0;
        int comment = 0;
        for (int i = 0; i < sql.length(); i++) {
            char c = sql.charAt(i);
            if (c >= ' ' && c < 0x7f) {
                continue;
            }
            if (c < ' ' ? !space(c) : !readable(c, i)) {
                refuse(i);
                return;
            }
            if (c < 0x7f) {
                continue;
            }
            while (token < tokens.size() && tokens.get(token).contentTo() <= i) {
                token++;
            }
            while (comment < commentEnds && comments[comment + 1] <= i) {
                comment += 2;
            }
            boolean commented = comment < commentEnds && comments[comment] <= i;
            if (commented && !reorders(c)) {
                continue;
            }
            boolean within = token < tokens.size() && tokens.get(token).contentFrom() <= i;
            Kind kind = within ? tokens.get(token).kind() : Kind.SYMBOL;
            int point = sql.codePointAt(i);
            if (kind != Kind.STRING
                    && (invisible(point)
                            || (kind != Kind.QUOTED && Character.isSpaceChar(point)))) {
                refuse(i);
                return;
            }
        }
    }

    private void refuse(int i) {
        String where =
                String.format(
                        Locale.ROOT,
                        "U+%04X at character %d",
                        sql.codePointAt(i),
                        sql.codePointCount(0, i) + 1);
        faults.putIfAbsent(
                Fault.Kind.CONTROL_CHARACTER, new Fault(Fault.Kind.CONTROL_CHARACTER, where));
    }

    /** Controls of bidirectional text, which show a comment as a part of the statement. */
    private static boolean reorders(char c) {
        return (c >= '\u202a' && c <= '\u202e') || (c >= '\u2066' && c <= '\u2069');
    }

    private static boolean invisible(int point) {
        return switch (Character.getType(point)) {
            case Character.FORMAT, Character.LINE_SEPARATOR, Character.PARAGRAPH_SEPARATOR -> true;
            default -> false;
        };
    }

    /**
     * False for control characters and for half a surrogate pair, which no UTF-8 connection can
     * carry unchanged.
     */
    private boolean readable(char c, int i) {
        if (Character.isHighSurrogate(c)) {
            return i + 1 < sql.length() && Character.isLowSurrogate(sql.charAt(i + 1));
        }
        if (Character.isLowSurrogate(c)) {
            return i > 0 && Character.isHighSurrogate(sql.charAt(i - 1));
        }
        return !Character.isISOControl(c);
    }

    /**
     * END closes a CASE only where a CASE is the innermost opening: it may also be a column's
     * label.
     */
    private void checkDepth() {
        var open = new ArrayDeque<Boolean>();
        for (Token token : tokens) {
            if (token.symbol("(") || token.symbol("[")) {
                open.push(false);
            } else if (token.is("case")) {
                open.push(true);
            } else if (token.symbol(")") || token.symbol("]")) {
                while (!open.isEmpty() && open.pop()) {}
            } else if (token.is("end") && !open.isEmpty() && open.peek()) {
                open.pop();
            }
            if (open.size() > DEPTH_MAX) {
                fault(Fault.Kind.TOO_DEEP);
                return;
            }
        }
    }

    private char peek(int ahead) {
        return at + ahead < sql.length() ? sql.charAt(at + ahead) : '\0';
    }

    private static boolean space(char c) {
        return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f' || c == '\u000b';
    }

    private static boolean digit(char c) {
        return c >= '0' && c <= '9';
    }

    private static boolean nameStart(char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c >= 0x80;
    }

    static boolean namePart(char c) {
        return nameStart(c) || digit(c) || c == '$';
    }
}
