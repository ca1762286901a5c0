package dev.sallyport.executor.engine.postgresql;

import dev.sallyport.executor.engine.Access;
import dev.sallyport.executor.failure.ExecutorException;

import org.postgresql.core.Parser;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/**
 * One statement as a caller wrote it, made ready to be sent: a single one, of a kind that a call
 * may run, its placeholders counted. This is a courtesy to the caller and a second lock; what keeps
 * tenants apart is the database.
 *
 * @param sql with placeholders in the database's form, {@code $1}
 */
record StatementText(String sql) {
    private static final Set<String> READS =
            Set.of("select", "with", "values", "table", "show", "explain");
    private static final Set<String> WRITES =
            Set.of(
                    "insert",
                    "update",
                    "delete",
                    "merge",
                    "select",
                    "with",
                    "values",
                    "explain",
                    "create",
                    "alter",
                    "drop",
                    "comment",
                    "truncate",
                    "analyze",
                    "refresh",
                    "reindex");
    private static final Set<String> DEFINITIONS = Set.of("create", "alter", "drop", "comment");

    /** Objects that belong to no tenant, or outlive a call in other callers' sessions. */
    private static final Set<String> NOT_DEFINED_BY_CALLS =
            Set.of(
                    "role",
                    "user",
                    "group",
                    "database",
                    "tablespace",
                    "system",
                    "extension",
                    "server",
                    "foreign",
                    "language",
                    "event",
                    "publication",
                    "subscription",
                    "default",
                    "policy",
                    "trusted",
                    "procedural",
                    "owned");

    /** Words that may stand between CREATE, ALTER or DROP and the kind of object. */
    private static final Set<String> BEFORE_KIND =
            Set.of(
                    "or",
                    "replace",
                    "temp",
                    "temporary",
                    "unlogged",
                    "global",
                    "local",
                    "unique",
                    "materialized",
                    "recursive",
                    "constraint",
                    "on");

    /**
     * Makes the statement ready.
     *
     * @param parameters how many values the caller gave
     * @throws ExecutorException {@code statement_refused}, {@code several_statements}, {@code
     *     parameters_mismatch}
     */
    static StatementText of(String written, int parameters, Access access) {
        if (written.indexOf('\0') >= 0) {
            throw refused("it holds a zero character");
        }
        Scan scan = new Scan(written);
        if (scan.words.isEmpty()) {
            throw refused("it is empty");
        }
        requireAllowed(scan.words, access);
        return new StatementText(scan.bound(parameters));
    }

    private static void requireAllowed(List<String> words, Access access) {
        String first = words.getFirst();
        Set<String> allowed =
                switch (access) {
                    case READ -> READS;
                    case WRITE -> WRITES;
                };
        if (!allowed.contains(first)) {
            throw refused(
                    first.toUpperCase(Locale.ROOT)
                            + " is not run for a call; it may start with "
                            + allowed.stream().sorted().toList());
        }
        String kind =
                words.stream()
                        .skip(1)
                        .filter(word -> !BEFORE_KIND.contains(word))
                        .findFirst()
                        .orElse("");
        if (DEFINITIONS.contains(first) && NOT_DEFINED_BY_CALLS.contains(kind)) {
            throw refused(
                    first.toUpperCase(Locale.ROOT)
                            + " of roles, databases, extensions, policies and other objects that"
                            + " calls share is not run for a call");
        }
    }

    private static ExecutorException refused(String why) {
        return new ExecutorException("statement_refused", "the statement is refused: " + why);
    }

    /** One pass over the text, passing over what is quoted or commented. */
    private static final class Scan {
        private static final int WORDS_MAX = 5;

        private final char[] text;
        private final List<String> words = new ArrayList<>();
        private final List<Integer> questionMarks = new ArrayList<>();
        private int highestNumbered;

        Scan(String written) {
            text = written.toCharArray();
            int i = 0;
            while (i < text.length) {
                i = at(i) + 1;
            }
        }

        /** Takes in what begins at the index and gives the index of its last character. */
        private int at(int i) {
            char c = text[i];
            return switch (c) {
                case '\'' -> Parser.parseSingleQuotes(text, i, true);
                case '"' -> {
                    word("\"");
                    yield Parser.parseDoubleQuotes(text, i);
                }
                case '-' -> Parser.parseLineComment(text, i);
                case '/' -> Parser.parseBlockComment(text, i);
                case '$' -> dollar(i);
                case '?' -> {
                    questionMarks.add(i);
                    yield i;
                }
                case ';' -> {
                    requireEnd(i + 1);
                    yield text.length;
                }
                default -> Parser.isIdentifierStartChar(c) ? identifier(i) : i;
            };
        }

        private int identifier(int from) {
            int to = from;
            while (to + 1 < text.length && Parser.isIdentifierContChar(text[to + 1])) {
                to++;
            }
            boolean escapes = to == from && to + 1 < text.length && text[to + 1] == '\'';
            if (escapes && (text[from] == 'e' || text[from] == 'E')) {
                return Parser.parseSingleQuotes(text, to + 1, true);
            }
            word(new String(text, from, to - from + 1).toLowerCase(Locale.ROOT));
            return to;
        }

        private void word(String word) {
            if (words.size() < WORDS_MAX) {
                words.add(word);
            }
        }

        private int dollar(int i) {
            int digits = i;
            int number = 0;
            while (digits + 1 < text.length
                    && text[digits + 1] >= '0'
                    && text[digits + 1] <= '9'
                    && number <= CallArguments.PARAMETERS_MAX) {
                digits++;
                number = 10 * number + (text[digits] - '0');
            }
            if (digits == i) {
                return Parser.parseDollarQuotes(text, i);
            }
            highestNumbered = Math.max(highestNumbered, number);
            return digits;
        }

        private void requireEnd(int from) {
            int i = from;
            while (i < text.length) {
                char c = text[i];
                if (c == '-' || c == '/') {
                    int end =
                            c == '-'
                                    ? Parser.parseLineComment(text, i)
                                    : Parser.parseBlockComment(text, i);
                    if (end > i) {
                        i = end + 1;
                        continue;
                    }
                }
                if (!Character.isWhitespace(c) && c != ';') {
                    throw new ExecutorException(
                            "several_statements",
                            "a call runs one statement; send each in a call of its own");
                }
                i++;
            }
        }

        /**
         * The text with placeholders as {@code $1}. Question marks are placeholders only where
         * values were given and no placeholder is numbered; elsewhere they are operators.
         */
        String bound(int parameters) {
            if (highestNumbered > 0 || parameters == 0) {
                require(highestNumbered, parameters);
                return new String(text);
            }
            StringBuilder sql = new StringBuilder(text.length + parameters);
            int from = 0;
            int number = 0;
            for (int k = 0; k < questionMarks.size(); k++) {
                int at = questionMarks.get(k);
                sql.append(text, from, at - from);
                from = at + 1;
                if (from < text.length && text[from] == '?') {
                    sql.append('?'); // doubled: the operator
                    from++;
                    k++;
                } else {
                    sql.append('$').append(++number);
                }
            }
            require(number, parameters);
            return sql.append(text, from, text.length - from).toString();
        }

        private static void require(int placeholders, int parameters) {
            if (placeholders != parameters) {
                throw new ExecutorException(
                        "parameters_mismatch",
                        "the statement has placeholders for "
                                + placeholders
                                + " values and "
                                + parameters
                                + " params were given; placeholders are $1, $2 and so on");
            }
        }
    }
}
