package dev.sallyport.executor.engine.postgresql;

import dev.sallyport.executor.failure.ExecutorException;
import dev.sallyport.schema.event.Access;
import dev.sallyport.schema.sql.Fault;
import dev.sallyport.schema.sql.Scan;
import dev.sallyport.schema.sql.Scanner;
import dev.sallyport.schema.sql.Token;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.function.IntUnaryOperator;

/**
 * One statement as a caller wrote it, made ready to be sent: a single one, of a kind that a call
 * may run, its placeholders counted. This is a courtesy to the caller and a second lock; what keeps
 * tenants apart is the database.
 *
 * @param sql with placeholders in the database's form, {@code $1}
 * @param written where a character of it stands in what the caller wrote
 */
record StatementText(String sql, IntUnaryOperator written) {
    private static final int WORDS_MAX = 5;
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
    private static final Set<String> REHEARSED =
            Set.of("insert", "update", "delete", "merge", "select", "with", "values");
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
     *     parameters_mismatch}, {@code cannot_be_rehearsed}
     */
    static StatementText of(String written, int parameters, Access access) {
        Scan scan = Scanner.scan(written);
        for (Fault fault : scan.faults()) {
            throw refused(fault.message());
        }
        List<String> words = firstWords(scan.tokens());
        if (words.isEmpty()) {
            throw refused("it is empty");
        }
        requireOne(scan.tokens());
        requireAllowed(words, access);
        if (scan.parameters() != parameters) {
            throw new ExecutorException(
                    "parameters_mismatch",
                    "the statement has placeholders for "
                            + scan.parameters()
                            + " values and "
                            + parameters
                            + " params were given; placeholders are $1, $2 and so on");
        }
        return new StatementText(scan.numbered(), scan::written);
    }

    /** A quoted name is no keyword: a quote stands for it. */
    private static List<String> firstWords(List<Token> tokens) {
        return tokens.stream()
                .filter(Token::name)
                .limit(WORDS_MAX)
                .map(token -> token.kind() == Token.Kind.WORD ? token.text() : "\"")
                .toList();
    }

    private static void requireOne(List<Token> tokens) {
        boolean begun = false;
        boolean ended = false;
        for (Token token : tokens) {
            if (!token.symbol(";")) {
                if (ended) {
                    throw new ExecutorException(
                            "several_statements",
                            "a call runs one statement; send each in a call of its own");
                }
                begun = true;
            } else if (begun) {
                ended = true;
            }
        }
    }

    private static void requireAllowed(List<String> words, Access access) {
        String first = words.getFirst();
        Set<String> allowed =
                switch (access) {
                    case READ -> READS;
                    case WRITE, REHEARSE, COMMIT_IF -> WRITES;
                };
        if (!allowed.contains(first)) {
            throw refused(
                    first.toUpperCase(Locale.ROOT)
                            + " is not run for a call; it may start with "
                            + allowed.stream().sorted().toList());
        }
        if ((access == Access.REHEARSE || access == Access.COMMIT_IF)
                && !REHEARSED.contains(first)) {
            throw new ExecutorException(
                    Effect.CANNOT,
                    "this cannot be rehearsed: what "
                            + first.toUpperCase(Locale.ROOT)
                            + " does is not told by rows; nothing was run");
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
}
