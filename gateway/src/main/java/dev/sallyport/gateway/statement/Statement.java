package dev.sallyport.gateway.statement;

import dev.sallyport.schema.event.LiteralFeatures;
import dev.sallyport.schema.event.StatementClass;
import java.util.Collections;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;

/**
 * What a text of SQL is, as far as the text tells.
 *
 * @param statementClass the gravest of the effects
 * @param effects everything that it does: a statement may write and delete at once, and then needs
 *     the scopes of both
 * @param count how many statements the text holds
 * @param tables relations that it names, qualified as written, folded as PostgreSQL folds, without
 *     names of common table expressions; sorted, at most {@link Statements#TABLES_MAX}
 * @param columns columns that it names, under their table where that is plain; {@code *} for all;
 *     sorted, at most {@link Statements#COLUMNS_MAX}
 * @param functions functions that it calls, qualified as written; sorted
 * @param fingerprint the statement without literals, comments and odd quoted names, at most {@link
 *     Statements#FINGERPRINT_CHARS_MAX} characters
 * @param literals what may be said of the literals
 * @param parameterCount the highest {@code $n}, or the number of {@code ?} where there is no {@code
 *     $n}
 * @param objections why it must not run whatever the caller's scopes are; empty where nothing
 *     speaks against it
 */
public record Statement(
        StatementClass statementClass,
        Set<StatementClass> effects,
        int count,
        List<String> tables,
        List<String> columns,
        List<String> functions,
        String fingerprint,
        LiteralFeatures literals,
        int parameterCount,
        List<Objection> objections) {
    public Statement {
        effects = Collections.unmodifiableSet(EnumSet.copyOf(effects));
        tables = List.copyOf(tables);
        columns = List.copyOf(columns);
        functions = List.copyOf(functions);
        objections = List.copyOf(objections);
    }

    /** Whether it must not run whatever the caller's scopes are. */
    public boolean refused() {
        return !objections.isEmpty();
    }
}
