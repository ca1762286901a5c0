package dev.sallyport.gateway.statement;

import dev.sallyport.gateway.statement.Inspection.Findings;
import dev.sallyport.schema.event.StatementClass;
import dev.sallyport.schema.registry.StatementRules;
import dev.sallyport.schema.sql.Fault;
import dev.sallyport.schema.sql.Scan;
import dev.sallyport.schema.sql.Scanner;
import dev.sallyport.schema.sql.Token;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.EnumSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;

/**
 * Tells what a text of SQL is and which of it is dangerous, in PostgreSQL's reading. <b>It only
 * classifies: the database stays the boundary.</b> Whoever gets a statement past these checks still
 * runs under the caller's sealed context, in a READ ONLY transaction if the class was read, with a
 * role that can do no more.
 *
 * <p>Tokens, cut as PostgreSQL cuts them, decide everything: the first words say what kind of
 * statement it is, and an {@link Outline} says what it names, calls and writes. Neither can fail.
 *
 * <p>Pure functions: no I/O, no state, no clock. Nothing here throws for any text.
 */
public final class Statements {
    /** Characters of the longest fingerprint. */
    public static final int FINGERPRINT_CHARS_MAX = 2_048;

    /** Relations that one statement may name. */
    public static final int TABLES_MAX = 100;

    /** Columns that are listed; where there are more, the last entry is {@code *}. */
    public static final int COLUMNS_MAX = 200;

    private static final Pattern QUOTED_PART = Pattern.compile("\"((?:[^\"]|\"\")*)\"");
    private static final int FUNCTIONS_MAX = 100;

    private Statements() {}

    /** Classifies a text under the rules that hold where a database says nothing. */
    public static Statement classify(String sql) {
        return classify(sql, StatementRules.NONE, false);
    }

    /**
     * Classifies a text.
     *
     * @param rules what the database's owner allows
     * @param plans whether the caller may see plans there
     */
    public static Statement classify(String sql, StatementRules rules, boolean plans) {
        Scan scan = Scanner.scan(sql);
        var verdict = new Verdict();
        scan.faults()
                .forEach(fault ->
                        verdict.objections.add(
                                new Objection(Danger.of(fault.kind()), fault.where())));
        boolean sound = scan.faults().isEmpty();
        boolean whole = !scan.has(Fault.Kind.MALFORMED);
        int count = 0;
        var fingerprints = new ArrayList<String>();
        for (List<Token> tokens : split(scan.tokens())) {
            count++;
            Findings findings = Inspection.of(sql, tokens, rules, plans);
            Shape shape = Shape.of(tokens);
            // where strings may begin and end elsewhere, a word may be part of a value
            fingerprints.add(whole ? shape.fingerprint() : shape.keywords());
            verdict.add(findings);
        }
        if (count == 0 && sound) {
            verdict.objections.add(Objection.of(Danger.EMPTY));
        }
        if (!whole) {
            verdict.nameNothing();
        }
        if (count > 1) {
            verdict.objections.add(Objection.of(Danger.SEVERAL_STATEMENTS));
        }
        if (!sound || count == 0) {
            verdict.effects.add(StatementClass.UNKNOWN);
        }
        if (verdict.tables.size() > TABLES_MAX) {
            verdict.objections.add(Objection.of(Danger.TOO_LARGE));
        }
        if (verdict.effects.size() > 1) {
            verdict.effects.remove(StatementClass.READ);
        }
        return new Statement(
                Collections.max(verdict.effects),
                verdict.effects,
                count,
                verdict.tables.stream()
                        .map(Statements::sayable)
                        .distinct()
                        .limit(TABLES_MAX)
                        .toList(),
                columns(verdict.columns.stream().map(Statements::sayable).distinct().toList()),
                verdict.functions.stream().limit(FUNCTIONS_MAX).toList(),
                Shape.bounded(String.join("; ", fingerprints)),
                Literals.features(sql, scan.tokens()),
                scan.parameters(),
                List.copyOf(verdict.objections));
    }

    /**
     * The name with a mark in place of an odd quoted part: a careless caller may have put a value
     * into double quotes, and names are written down in clear.
     */
    private static String sayable(String name) {
        if (name.indexOf('"') < 0) {
            return name;
        }
        return QUOTED_PART
                .matcher(name)
                .replaceAll(part -> Shape.plain(part.group(1)) ? "$0" : "\"?\"");
    }

    /** What the statements of one text add up to. */
    private static final class Verdict {
        final Set<StatementClass> effects = EnumSet.noneOf(StatementClass.class);
        final Set<String> tables = new TreeSet<>();
        final Set<String> columns = new TreeSet<>();
        final Set<String> functions = new TreeSet<>();
        final Set<Objection> objections = new LinkedHashSet<>();

        void nameNothing() {
            tables.clear();
            columns.clear();
            functions.clear();
        }

        void add(Findings findings) {
            objections.addAll(findings.objections());
            Outline outline = findings.outline();
            tables.addAll(outline.tables());
            columns.addAll(outline.columns());
            outline.calls().stream()
                    .filter(call -> !call.attribute())
                    .map(Outline.Called::qualified)
                    .forEach(functions::add);
            if (findings.unknown()) {
                effects.addAll(findings.effects());
                effects.add(StatementClass.UNKNOWN);
            } else {
                effects.addAll(
                        findings.planOnly() ? Set.of(StatementClass.READ) : findings.effects());
            }
        }
    }

    private static List<List<Token>> split(List<Token> tokens) {
        var statements = new ArrayList<List<Token>>();
        int from = 0;
        for (int i = 0; i <= tokens.size(); i++) {
            if (i == tokens.size() || tokens.get(i).symbol(";")) {
                if (i > from) {
                    statements.add(tokens.subList(from, i));
                }
                from = i + 1;
            }
        }
        return statements;
    }

    private static List<String> columns(Collection<String> columns) {
        if (columns.size() <= COLUMNS_MAX) {
            return List.copyOf(columns);
        }
        var listed = new ArrayList<>(columns.stream().limit(COLUMNS_MAX - 1L).toList());
        listed.add("*");
        return listed;
    }
}
