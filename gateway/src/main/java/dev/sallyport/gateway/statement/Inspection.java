package dev.sallyport.gateway.statement;

import dev.sallyport.gateway.statement.Outline.Called;
import dev.sallyport.gateway.statement.Outline.Named;
import dev.sallyport.schema.event.StatementClass;
import dev.sallyport.schema.registry.StatementRules;
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
                    access event procedural trusted text
                    """);

    /** What a definition may be of; any other kind is refused. */
    private static final Set<String> OBJECTS =
            Words.words("table index view sequence schema type domain statistics collation");

    private static final Set<String> ADMIN_OBJECTS =
            Words.words("role user group database tablespace system large owned default");
    private static final Set<String> FOREIGN_OBJECTS =
            Words.words("server foreign subscription publication");
    private static final Set<String> MODIFIERS =
            Words.words(
                    "or replace temp temporary global local unlogged unique materialized recursive constraint");

    private final String sql;
    private final List<Token> tokens;
    private final Set<StatementClass> effects = EnumSet.noneOf(StatementClass.class);
    private final Set<Objection> objections = new LinkedHashSet<>();
    private final StatementRules rules;
    private final boolean plans;
    private List<Token> body;
    private boolean planOnly;
    private boolean explained;

    private Inspection(String sql, List<Token> tokens, StatementRules rules, boolean plans) {
        this.sql = sql;
        this.tokens = tokens;
        this.rules = rules;
        this.plans = plans;
        this.body = tokens;
    }

    /**
     * @param effects what it does; {@link StatementClass#READ} alone where nothing else was found
     * @param unknown whether nothing here knows what kind of statement it is
     * @param outline what it names
     * @param planOnly whether it is EXPLAIN and runs nothing
     */
    record Findings(
            Set<StatementClass> effects,
            boolean unknown,
            Set<Objection> objections,
            Outline outline,
            boolean planOnly) {}

    private enum Grammar {
        /** A query or a change of rows. */
        QUERY,
        /** The first words say all about the class. */
        BY_FIRST_WORDS,
        /** Nothing here knows what it is. */
        NONE
    }

    /** The tokens are a part of those of {@code sql}. */
    static Findings of(String sql, List<Token> tokens, StatementRules rules, boolean plans) {
        return new Inspection(sql, tokens, rules, plans).run();
    }

    private Findings run() {
        stripExplain();
        if (explained && !plans) {
            objections.add(new Objection(Danger.PLAN, "EXPLAIN"));
        }
        Outline outline = Outline.of(body);
        Grammar grammar = first();
        if (grammar == Grammar.QUERY && outline.broken() >= 0) {
            objections.add(at(Danger.SYNTAX, body.get(outline.broken())));
            grammar = Grammar.NONE;
        }
        effects.addAll(outline.effects());
        outline.calls().forEach(this::call);
        outline.relations().forEach(this::relation);
        outline.types().forEach(this::type);
        columns(outline);
        systemColumns(outline);
        tokens();
        if (effects.isEmpty()) {
            effects.add(StatementClass.READ);
        }
        if (objections.stream().anyMatch(refusal -> refusal.danger() != Danger.FUNCTION)) {
            // a graver reason is told alone
            objections.removeIf(refusal -> refusal.danger() == Danger.FUNCTION);
        }
        return new Findings(effects, grammar == Grammar.NONE, objections, outline, planOnly);
    }

    private void call(Called called) {
        String name = called.name();
        if (called.attribute()) {
            Functions.attributeDanger(name, called.schema().isEmpty(), rules)
                    .ifPresent(danger -> objections.add(dangerous(danger, name)));
        } else if (!shownSetting(called)) {
            Functions.danger(called.schema(), name, rules)
                    .ifPresent(danger -> objections.add(dangerous(danger, name)));
        }
        if (Functions.WRITING.contains(name)) {
            effects.add(StatementClass.WRITE);
        }
    }

    /** Whether this is {@code current_setting('x')} of a setting that may be shown. */
    private boolean shownSetting(Called called) {
        int i = called.at() + 2;
        return called.name().equals("current_setting")
                && (called.schema().isEmpty() || called.schema().equals("pg_catalog"))
                && i + 1 < body.size()
                && symbol(body, i - 1, "(")
                && body.get(i).kind() == Kind.STRING
                && (symbol(body, i + 1, ")") || symbol(body, i + 1, ","))
                && Catalogue.shows(
                        sql.substring(body.get(i).contentFrom(), body.get(i).contentTo()));
    }

    private void relation(Named relation) {
        String first = relation.parts().getFirst();
        if (relation.target()) {
            boolean changed =
                    effects.contains(StatementClass.WRITE)
                            || effects.contains(StatementClass.DELETE);
            boolean catalogue =
                    (first.startsWith("pg_") && !first.startsWith("pg_temp"))
                            || first.equals("information_schema");
            if (catalogue && changed) {
                objections.add(Objection.of(Danger.SYSTEM_CATALOG));
            }
        } else if (!relation.own()) {
            Catalogue.danger(relation.parts(), rules.relations())
                    .ifPresent(danger -> objections.add(dangerous(danger, relation.last())));
        }
    }

    private void type(String name) {
        if (Catalogue.ROLE_TYPES.contains(name)) {
            objections.add(new Objection(Danger.CATALOGUE, name));
        }
        if (!rules.oneTenant() && Catalogue.ACTIVITY_TYPES.contains(name)) {
            objections.add(new Objection(Danger.SERVER_ACTIVITY, name));
        }
        if (!rules.xml() && Catalogue.XML_TYPES.contains(name)) {
            objections.add(new Objection(Danger.XML, name));
        }
    }

    /** Where a row lies and which transactions touched it tell of all rows and of all callers. */
    private void systemColumns(Outline outline) {
        int i = rules.oneTenant() ? -1 : outline.systemColumn();
        if (i >= 0) {
            objections.add(new Objection(Danger.SYSTEM_COLUMN, body.get(i).text()));
        }
    }

    /** The columns of catalogue relations that must not be read, under whatever name. */
    private void columns(Outline outline) {
        boolean hides =
                outline.relations().stream()
                                .anyMatch(relation ->
                                        !relation.own() && Catalogue.hides(relation.parts()))
                        || outline.types().stream()
                                .anyMatch(type -> Catalogue.hides(List.of(type)));
        if (!hides) {
            return;
        }
        if (outline.wholeRows() || outline.renamed()) {
            objections.add(new Objection(Danger.CATALOGUE, "*"));
        }
        for (Token token : tokens) {
            if (token.name() && Catalogue.hidden(token.text())) {
                objections.add(new Objection(Danger.CATALOGUE, token.text()));
            }
        }
    }

    /** What counts wherever it stands. */
    private void tokens() {
        for (int i = 0; i < tokens.size(); i++) {
            Token token = tokens.get(i);
            if (!token.name()) {
                continue;
            }
            if (token.text().equals("sallyport") && platform(i)) {
                objections.add(Objection.of(Danger.PLATFORM_SCHEMA));
            }
            boolean call = symbol(tokens, i + 1, "(");
            if (call
                    && word(tokens, i, "repeatable")
                    && symbol(tokens, i - 1, ")")
                    && !rules.oneTenant()) {
                // which rows a seed takes depends on where they lie
                objections.add(new Objection(Danger.SYSTEM_COLUMN, "REPEATABLE"));
            }
            if (token.text().startsWith("pg_") && !call) {
                if (Catalogue.refusedAnywhere(token.text())) {
                    objections.add(new Objection(Danger.SERVER_ACTIVITY, token.text()));
                }
            }
        }
        if (word(body, 0, "create") || word(body, 0, "alter")) {
            // a domain over a type, say
            for (Token token : body) {
                if (token.name() && Catalogue.ROLE_TYPES.contains(token.text())) {
                    objections.add(new Objection(Danger.CATALOGUE, token.text()));
                }
            }
        }
        if (word(body, 0, "create")) {
            for (int i = 1; i + 1 < body.size(); i++) {
                if (word(body, i, "as") && word(body, i + 1, "execute")) {
                    objections.add(new Objection(Danger.SESSION_STATE, "EXECUTE"));
                }
            }
        }
    }

    /** Whether this stands where a schema's name does. */
    private boolean platform(int i) {
        boolean schemas =
                body.size() > 1
                        && body.getFirst().kind() == Kind.WORD
                        && (word(body, 1, "schema")
                                || word(body, 0, "grant")
                                || word(body, 0, "revoke")
                                || word(body, 0, "comment")
                                || word(body, 0, "import"));
        return schemas
                || symbol(tokens, i + 1, ".")
                || word(tokens, i - 1, "schema")
                || word(tokens, i - 1, "authorization");
    }

    /** Characters are counted as PostgreSQL counts them. */
    private Objection at(Danger danger, Token token) {
        int character = sql.codePointCount(0, token.contentFrom()) + 1;
        return new Objection(danger, "at character " + character);
    }

    /**
     * EXPLAIN alone runs nothing; with ANALYZE it runs the statement. Any value of ANALYZE but a
     * clear no counts as yes.
     */
    private void stripExplain() {
        if (!word(body, 0, "explain")) {
            return;
        }
        explained = true;
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
        if (body.isEmpty()) {
            return Grammar.NONE;
        }
        if (body.getFirst().symbol("(") && startsQuery(body, 0)) {
            return Grammar.QUERY;
        }
        if (body.getFirst().kind() != Kind.WORD) {
            objections.add(at(Danger.SYNTAX, body.getFirst()));
            return Grammar.NONE;
        }
        return switch (body.getFirst().text()) {
            case "select", "values", "table", "with", "insert", "update", "delete", "merge" ->
                    Grammar.QUERY;
            case "show" -> show();
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
                    refused(Danger.ADMINISTRATION, StatementClass.ADMIN);
            case "call" -> refused(Danger.FUNCTION, StatementClass.UNKNOWN);
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
            default -> {
                objections.add(at(Danger.SYNTAX, body.getFirst()));
                yield Grammar.NONE;
            }
        };
    }

    private Grammar known(StatementClass first, StatementClass... more) {
        effects.add(first);
        effects.addAll(List.of(more));
        return Grammar.BY_FIRST_WORDS;
    }

    private Grammar refused(Danger danger, StatementClass effect) {
        objections.add(
                new Objection(danger, body.getFirst().text().toUpperCase(java.util.Locale.ROOT)));
        return effect == StatementClass.UNKNOWN ? Grammar.NONE : known(effect);
    }

    private Grammar show() {
        var setting = new StringBuilder();
        for (Token token : body.subList(1, body.size())) {
            boolean apart =
                    token.name() && setting.length() > 0 && !setting.toString().endsWith(".");
            setting.append(apart ? " " : "").append(token.text());
        }
        if (!Catalogue.shows(setting.toString())) {
            objections.add(new Objection(Danger.SETTING, "SHOW"));
        }
        return known(StatementClass.READ);
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
            objections.add(Objection.of(Danger.NETWORK));
            return known(StatementClass.ADMIN);
        }
        if (object.equals("policy")) {
            objections.add(Objection.of(Danger.ROW_SECURITY));
            return known(StatementClass.ADMIN);
        }
        if (object.equals("system")) {
            objections.add(Objection.of(Danger.SERVER_CONTROL));
        }
        if (ADMIN_OBJECTS.contains(object) && !object.equals("system")) {
            objections.add(Objection.of(Danger.ADMINISTRATION));
        }
        if (ADMIN_OBJECTS.contains(object)) {
            return known(StatementClass.ADMIN);
        }
        if (CODE_OBJECTS.contains(object)) {
            objections.add(Objection.of(Danger.STORED_CODE));
        } else if (!OBJECTS.contains(object)) {
            boolean misspelt = i < body.size() && !Words.KEYWORDS.contains(object);
            objections.add(
                    misspelt
                            ? at(Danger.SYNTAX, body.get(i))
                            : Objection.of(Danger.ADMINISTRATION));
            return known(StatementClass.ADMIN);
        }
        if (object.equals("schema")) {
            elements(i + 1);
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

    /** CREATE SCHEMA may hold definitions and grants. */
    private void elements(int from) {
        for (int i = from; i < body.size(); i++) {
            if (word(body, i, "grant")) {
                objections.add(Objection.of(Danger.ADMINISTRATION));
            }
            if (word(body, i, "trigger")) {
                objections.add(Objection.of(Danger.STORED_CODE));
            }
        }
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
                objections.add(Objection.of(Danger.ROW_SECURITY));
                return;
            }
        }
    }

    /**
     * A pg_ name that is refused for being unknown is the caller's own word: it is kept out unless
     * it is a plain one.
     */
    private static Objection dangerous(Danger danger, String name) {
        return new Objection(danger, Shape.plain(name) ? name : "");
    }

    private static boolean word(List<Token> tokens, int i, String word) {
        return i >= 0 && i < tokens.size() && tokens.get(i).is(word);
    }

    private static boolean symbol(List<Token> tokens, int i, String symbol) {
        return i >= 0 && i < tokens.size() && tokens.get(i).symbol(symbol);
    }
}
