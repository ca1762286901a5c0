package dev.sallyport.gateway.statement;

import dev.sallyport.schema.event.StatementClass;
import dev.sallyport.schema.sql.Token;
import dev.sallyport.schema.sql.Token.Kind;
import java.util.EnumSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/**
 * What the tokens of one statement say by themselves. PostgreSQL decides by the first words what
 * kind of statement it has, and a call is a name before a parenthesis wherever it stands, so this
 * holds also for what no parser understands. It may see more than there is (a column called like a
 * dangerous function, say), never less.
 */
final class Inspection {
    private static final Set<String> CODE_OBJECTS =
            Words.words(
                    """
                    function procedure routine trigger rule operator aggregate cast language extension transform conversion
                    access event procedural trusted
                    """);
    private static final Set<String> ADMIN_OBJECTS =
            Words.words("role user group database tablespace system large");
    private static final Set<String> FOREIGN_OBJECTS =
            Words.words("server foreign subscription publication");
    private static final Set<String> MODIFIERS =
            Words.words(
                    "or replace temp temporary global local unlogged unique materialized recursive constraint default");

    private final List<Token> tokens;
    private final Set<StatementClass> effects = EnumSet.noneOf(StatementClass.class);
    private final Set<Refusal> refusals = new LinkedHashSet<>();
    private final Set<String> calls = new LinkedHashSet<>();
    private List<Token> body;
    private boolean planOnly;

    private Inspection(List<Token> tokens) {
        this.tokens = tokens;
        this.body = tokens;
    }

    /**
     * @param effects what the words say it does; {@link StatementClass#READ} alone where nothing
     *     else was found
     * @param grammar whether the class follows from the first words alone, or the parser has to
     *     confirm it
     * @param body the tokens for the parser, without an EXPLAIN in front
     * @param calls names before a parenthesis that are no keywords
     */
    record Findings(
            Set<StatementClass> effects,
            Grammar grammar,
            List<Token> body,
            Set<Refusal> refusals,
            Set<String> calls,
            boolean planOnly) {}

    enum Grammar {
        /** A query or a change of rows: only a parser can say that it is one. */
        PARSED,
        /** The first words say all about the class. */
        BY_FIRST_WORDS,
        /** Nothing here knows what it is. */
        NONE
    }

    static Findings of(List<Token> tokens) {
        return new Inspection(tokens).run();
    }

    private Findings run() {
        stripExplain();
        Grammar grammar = first();
        for (int i = 0; i < tokens.size(); i++) {
            Token token = tokens.get(i);
            if (token.name()) {
                name(i, token);
            }
            if (token.kind() == Kind.WORD) {
                keyword(i, token.text());
            }
        }
        if (effects.isEmpty()) {
            effects.add(StatementClass.READ);
        }
        return new Findings(effects, grammar, body, refusals, calls, planOnly);
    }

    /**
     * EXPLAIN alone runs nothing; with ANALYZE it runs the statement. Any value of ANALYZE but a
     * clear no counts as yes.
     */
    private void stripExplain() {
        if (!word(body, 0, "explain")) {
            return;
        }
        boolean analyze = false;
        int i = 1;
        if (symbol(body, 1, "(")) {
            int depth = 0;
            do {
                Token token = body.get(i);
                depth += token.symbol("(") ? 1 : token.symbol(")") ? -1 : 0;
                if (token.name()
                        && (token.text().equals("analyze") || token.text().equals("analyse"))) {
                    boolean no =
                            i + 1 < body.size()
                                    && body.get(i + 1).kind() == Kind.WORD
                                    && Set.of("false", "off").contains(body.get(i + 1).text());
                    analyze |= !no;
                }
                i++;
            } while (i < body.size() && depth > 0);
            if (startsQuery(body, 1)) {
                // EXPLAIN (SELECT ...): the parenthesis belongs to the query
                i = 1;
                analyze = false;
            }
        } else {
            while (word(body, i, "analyze")
                    || word(body, i, "analyse")
                    || word(body, i, "verbose")) {
                analyze |= !word(body, i, "verbose");
                i++;
            }
        }
        planOnly = !analyze;
        body = body.subList(Math.min(i, body.size()), body.size());
        if (word(body, 0, "explain")) {
            body = List.of();
        }
    }

    private static boolean startsQuery(List<Token> tokens, int from) {
        int i = from;
        while (symbol(tokens, i, "(")) {
            i++;
        }
        return word(tokens, i, "select")
                || word(tokens, i, "with")
                || word(tokens, i, "values")
                || word(tokens, i, "table");
    }

    private Grammar first() {
        if (body.isEmpty()
                || (!body.getFirst().symbol("(") && body.getFirst().kind() != Kind.WORD)) {
            return Grammar.NONE;
        }
        if (body.getFirst().symbol("(")) {
            return Grammar.PARSED;
        }
        return switch (body.getFirst().text()) {
            case "select", "values", "table", "with", "insert", "update", "delete", "merge" ->
                    Grammar.PARSED;
            case "show" -> known(StatementClass.READ);
            case "create", "alter", "drop" -> definition(body.getFirst().text());
            case "truncate" -> known(StatementClass.DDL, StatementClass.DELETE);
            case "comment", "refresh" -> known(StatementClass.DDL);
            case "grant",
                    "revoke",
                    "security",
                    "reassign",
                    "vacuum",
                    "analyze",
                    "analyse",
                    "cluster",
                    "reindex" ->
                    known(StatementClass.ADMIN);
            case "import" -> refused(Danger.NETWORK, StatementClass.ADMIN);
            case "checkpoint" -> refused(Danger.SERVER_CONTROL, StatementClass.ADMIN);
            case "load" -> refused(Danger.FILE_ACCESS, StatementClass.ADMIN);
            case "copy" -> refused(Danger.FILE_ACCESS, StatementClass.WRITE);
            case "lock" -> refused(Danger.LOCK, StatementClass.UNKNOWN);
            case "set" -> set();
            case "reset", "discard", "prepare", "execute", "deallocate" ->
                    session(body.getFirst().text());
            case "listen", "unlisten", "notify" ->
                    refused(Danger.NOTIFICATION, StatementClass.UNKNOWN);
            case "declare", "fetch", "move", "close" ->
                    refused(Danger.CURSOR, StatementClass.UNKNOWN);
            case "begin", "start", "commit", "end", "rollback", "abort", "savepoint", "release" ->
                    refused(Danger.TRANSACTION_CONTROL, StatementClass.UNKNOWN);
            case "do" -> refused(Danger.ANONYMOUS_CODE, StatementClass.UNKNOWN);
            default -> Grammar.NONE;
        };
    }

    private Grammar known(StatementClass first, StatementClass... more) {
        effects.add(first);
        effects.addAll(List.of(more));
        return Grammar.BY_FIRST_WORDS;
    }

    private Grammar refused(Danger danger, StatementClass effect) {
        refusals.add(
                new Refusal(danger, body.getFirst().text().toUpperCase(java.util.Locale.ROOT)));
        return effect == StatementClass.UNKNOWN ? Grammar.NONE : known(effect);
    }

    private Grammar set() {
        boolean role =
                body.stream()
                        .limit(4)
                        .anyMatch(t ->
                                t.name()
                                        && (t.text().equals("role")
                                                || t.text().equals("authorization")));
        boolean transaction =
                word(body, 1, "transaction")
                        || word(body, 2, "characteristics")
                        || word(body, 1, "constraints");
        return refused(
                role
                        ? Danger.ROLE_CHANGE
                        : transaction ? Danger.TRANSACTION_CONTROL : Danger.SESSION_STATE,
                StatementClass.UNKNOWN);
    }

    private Grammar session(String first) {
        if (first.equals("prepare") && word(body, 1, "transaction")) {
            return refused(Danger.TRANSACTION_CONTROL, StatementClass.UNKNOWN);
        }
        if (first.equals("reset") && (word(body, 1, "role") || word(body, 1, "session"))) {
            return refused(Danger.ROLE_CHANGE, StatementClass.UNKNOWN);
        }
        return refused(Danger.SESSION_STATE, StatementClass.UNKNOWN);
    }

    /** CREATE, ALTER and DROP by the kind of object. */
    private Grammar definition(String verb) {
        int i = 1;
        while (i < body.size()
                && body.get(i).kind() == Kind.WORD
                && MODIFIERS.contains(body.get(i).text())) {
            i++;
        }
        String object =
                i < body.size() && body.get(i).kind() == Kind.WORD ? body.get(i).text() : "";
        boolean mapping = object.equals("user") && word(body, i + 1, "mapping");
        if (mapping || FOREIGN_OBJECTS.contains(object)) {
            refusals.add(Refusal.of(Danger.NETWORK));
            return known(StatementClass.ADMIN);
        }
        if (object.equals("policy")) {
            refusals.add(Refusal.of(Danger.ROW_SECURITY));
            return known(StatementClass.ADMIN);
        }
        if (object.equals("system")) {
            refusals.add(Refusal.of(Danger.SERVER_CONTROL));
        }
        if (ADMIN_OBJECTS.contains(object) || object.equals("owned") || object.equals("default")) {
            return known(StatementClass.ADMIN);
        }
        if (CODE_OBJECTS.contains(object)) {
            refusals.add(Refusal.of(Danger.STORED_CODE));
        }
        if (verb.equals("alter")) {
            alter();
        }
        return verb.equals("drop")
                        || (verb.equals("alter")
                                && body.stream().anyMatch(token -> token.is("drop")))
                ? known(StatementClass.DDL, StatementClass.DELETE)
                : known(StatementClass.DDL);
    }

    private void alter() {
        for (int i = 0; i < body.size(); i++) {
            boolean rows = word(body, i, "row") && word(body, i + 1, "level");
            boolean owner = word(body, i, "owner") && word(body, i + 1, "to");
            boolean switched =
                    (word(body, i, "enable") || word(body, i, "disable"))
                            && body.subList(i, Math.min(i + 4, body.size())).stream()
                                    .anyMatch(token ->
                                            token.is("trigger")
                                                    || token.is("rule")
                                                    || token.is("row"));
            if (rows || owner || switched) {
                refusals.add(Refusal.of(Danger.ROW_SECURITY));
                return;
            }
        }
    }

    private void name(int i, Token token) {
        boolean qualified = symbol(tokens, i - 1, ".");
        boolean qualifies = symbol(tokens, i + 1, ".");
        boolean platform = token.text().equals("sallyport");
        if (platform
                && (qualifies
                        || word(tokens, i - 1, "schema")
                        || word(tokens, i - 1, "authorization"))) {
            refusals.add(Refusal.of(Danger.PLATFORM_SCHEMA));
        }
        if (Functions.SERVER_RELATIONS.contains(token.text())) {
            refusals.add(new Refusal(Danger.SERVER_ACTIVITY, token.text()));
        }
        if (qualified && !qualifies && !symbol(tokens, i + 1, "(")) {
            attribute(i, token.text());
        }
        if (symbol(tokens, i + 1, "(")) {
            String schema = qualified && i >= 2 ? tokens.get(i - 2).text() : "";
            Functions.danger(schema, token.text())
                    .ifPresent(danger -> refusals.add(dangerous(danger, token.text())));
            if (Functions.WRITING.contains(token.text())) {
                effects.add(StatementClass.WRITE);
            }
            if (token.kind() == Kind.QUOTED || !Words.KEYWORDS.contains(token.text())) {
                calls.add(qualifiedName(tokens, i));
            }
        }
    }

    /**
     * {@code x.f} calls the function f of one argument where x has no column f. A relation of the
     * catalogue is named in the same way: there only what is refused by name counts.
     */
    private void attribute(int i, String name) {
        String qualifier = i >= 2 ? tokens.get(i - 2).text() : "";
        boolean catalogue =
                qualifier.equals("pg_catalog") || qualifier.equals("information_schema");
        Functions.danger("", name)
                .filter(danger -> !catalogue || danger != Danger.SERVER_CONTROL)
                .ifPresent(danger -> refusals.add(dangerous(danger, name)));
    }

    /**
     * A pg_ name that is refused for being unknown is the caller's own word: it is kept out unless
     * it is a plain one.
     */
    private static Refusal dangerous(Danger danger, String name) {
        return new Refusal(danger, Shape.plain(name) ? name : "");
    }

    private void keyword(int i, String word) {
        switch (word) {
            case "into" -> {
                if (!word(tokens, i - 1, "insert") && !word(tokens, i - 1, "merge")) {
                    effects.add(StatementClass.DDL);
                }
            }
            case "for" -> {
                boolean locks =
                        word(tokens, i + 1, "update")
                                || word(tokens, i + 1, "share")
                                || (word(tokens, i + 1, "no") && word(tokens, i + 2, "key"))
                                || (word(tokens, i + 1, "key") && word(tokens, i + 2, "share"));
                if (locks) {
                    effects.add(StatementClass.WRITE);
                }
            }
            case "insert", "merge" -> {
                if (word(tokens, i + 1, "into") && opens(i)) {
                    changes(StatementClass.WRITE, i + 2);
                }
            }
            case "update" -> {
                if (i + 1 < tokens.size() && tokens.get(i + 1).name() && opens(i)) {
                    changes(StatementClass.WRITE, i + (word(tokens, i + 1, "only") ? 2 : 1));
                }
            }
            case "delete" -> {
                if (word(tokens, i + 1, "from") && opens(i)) {
                    changes(StatementClass.DELETE, i + (word(tokens, i + 2, "only") ? 3 : 2));
                } else if (word(tokens, i - 1, "then") && effects.contains(StatementClass.WRITE)) {
                    effects.add(StatementClass.DELETE);
                }
            }
            case "execute" -> {
                if (word(tokens, i - 1, "as")) {
                    refusals.add(new Refusal(Danger.SESSION_STATE, "EXECUTE"));
                }
            }
            default -> {}
        }
    }

    /**
     * A changing verb stands at the start, after EXPLAIN, or where a parenthesis opens or has
     * closed a CTE.
     */
    private boolean opens(int i) {
        return i == 0
                || tokens.size() - body.size() == i
                || symbol(tokens, i - 1, "(")
                || symbol(tokens, i - 1, ")")
                || word(tokens, i - 1, "as");
    }

    private void changes(StatementClass effect, int target) {
        effects.add(effect);
        if (target < tokens.size() && tokens.get(target).name()) {
            String first = tokens.get(target).text();
            boolean catalog =
                    (first.startsWith("pg_") && !first.startsWith("pg_temp"))
                            || first.equals("information_schema");
            if (catalog) {
                refusals.add(Refusal.of(Danger.SYSTEM_CATALOG));
            }
        }
    }

    /** The name that ends at this token with all its qualifiers. */
    private static String qualifiedName(List<Token> tokens, int i) {
        var name = new StringBuilder(Names.part(tokens.get(i).text()));
        for (int k = i; symbol(tokens, k - 1, ".") && k >= 2 && tokens.get(k - 2).name(); k -= 2) {
            name.insert(0, Names.part(tokens.get(k - 2).text()) + ".");
        }
        return name.toString();
    }

    private static boolean word(List<Token> tokens, int i, String word) {
        return i >= 0 && i < tokens.size() && tokens.get(i).is(word);
    }

    private static boolean symbol(List<Token> tokens, int i, String symbol) {
        return i >= 0 && i < tokens.size() && tokens.get(i).symbol(symbol);
    }
}
