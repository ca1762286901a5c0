package dev.sallyport.gateway.statement;

import dev.sallyport.schema.event.StatementClass;
import dev.sallyport.schema.sql.Token;
import dev.sallyport.schema.sql.Token.Kind;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * What one statement names and does, read from its tokens in one pass. It is no grammar: it follows
 * parentheses and clauses as far as they decide where a name is a relation, a call, a type or a
 * column, and it cannot fail. Where PostgreSQL's grammar leaves several readings open, the graver
 * one is taken: a name that may be a call is one, and a name that may be a relation is one. What
 * the database would reject as a syntax error is read somehow; the database says so itself.
 */
final class Outline {
    private static final Set<String> FROM_IN_ARGUMENTS =
            Set.of("extract", "substring", "trim", "overlay", "position");
    private static final Set<String> ENDS_FROM =
            Words.words(
                    "where group having window order limit offset fetch returning union intersect except for");
    private static final Set<String> BEFORE_RELATION =
            Words.words("only lateral temp temporary unlogged table if not exists local global");
    private static final Set<String> SCALARS =
            Words.words(
                    """
                    bigint bool boolean bpchar bytea char cidr date decimal float float4 float8 inet int int2 int4 int8
                    integer interval json jsonb money name numeric oid real regclass smallint text time timestamp
                    timestamptz timetz uuid varchar
                    """);
    private static final Set<String> SYSTEM_COLUMNS =
            Set.of("ctid", "xmin", "xmax", "cmin", "cmax");
    private static final Set<String> STARTS_QUERY = Set.of("select", "with", "values", "table");

    /** Words that are no columns where an operand may begin. */
    private static final Set<String> SYNTAX =
            Words.words(
                    """
                    by set nulls first last next rows row range groups preceding following unbounded sets ties others
                    exclude no of ordinality escape zone time at within filter over values materialized recursive key
                    conflict nothing partition interval timestamp double precision varying without update insert delete
                    merge matched share nowait locked skip search depth breadth cycle local
                    """);

    /** What stands in a pair of parentheses or brackets. */
    private enum Place {
        QUERY,
        JOIN,
        CALL,
        /** Names, each with or without a type: a column list of an alias or a table. */
        DEFINITIONS,
        /** Names of columns of a table that is written. */
        COLUMNS,
        LIST
    }

    private enum Clause {
        WITH,
        FROM,
        OTHER
    }

    private static final class Frame {
        final Place place;
        final String caller;
        final int open;
        Clause clause = Clause.OTHER;
        boolean start;
        boolean relation;
        boolean target;
        boolean recursive;
        boolean body;
        boolean ownsCatalogue;
        String head = "";
        String pending = "";
        @Nullable Set<String> names;

        Frame(Place place, String caller, int open) {
            this.place = place;
            this.caller = caller;
            this.open = open;
        }
    }

    /**
     * A name that may be a call.
     *
     * @param schema the part before the last; empty where it stands alone
     * @param attribute whether it is written as a column: {@code (x).f} or {@code x.f}
     * @param qualified all parts, as written
     * @param at the token of its last part
     */
    record Called(String schema, String name, boolean attribute, String qualified, int at) {}

    /**
     * A relation.
     *
     * @param parts its name, outermost part first
     * @param target whether it is written
     * @param own whether it is the name of a common table expression
     */
    record Named(List<String> parts, boolean target, boolean own) {
        String last() {
            return parts.getLast();
        }

        String written() {
            return Outline.written(parts);
        }
    }

    private record Column(String qualifier, String name) {}

    private final List<Token> tokens;
    private final boolean definition;
    private final boolean index;
    private final Deque<Frame> frames = new ArrayDeque<>();
    private final List<Called> calls = new ArrayList<>();
    private final List<Named> relations = new ArrayList<>();
    private final Set<String> types = new HashSet<>();
    private final Set<Column> columns = new HashSet<>();
    private final Map<String, Set<String>> aliases = new HashMap<>();
    private final Set<String> catalogueAliases = new HashSet<>();

    /** Names that columns of relations of the database can stand behind. */
    private final Set<String> qualifiers = new HashSet<>();

    /** Tokens that name a relation of the catalogue, or make an alias. */
    private final Set<Integer> declared = new HashSet<>();

    /** Tokens that give a column of a result its name. */
    private final Set<Integer> labelled = new HashSet<>();

    private final Set<String> tables = new TreeSet<>();
    private final Set<StatementClass> effects = EnumSet.noneOf(StatementClass.class);
    private boolean withNames;
    private boolean star;
    private boolean renamed;
    private int broken = -1;

    /** Whether the token before the current one ends an operand, so that no call may follow. */
    private boolean operand;

    private int callEnd = -1;
    private int relationEnd = -1;

    private Outline(List<Token> tokens) {
        this.tokens = tokens;
        this.definition =
                word(0, "create")
                        || word(0, "alter")
                        || word(0, "drop")
                        || word(0, "truncate")
                        || word(0, "comment")
                        || word(0, "refresh");
        this.index = definition && (word(1, "index") || word(2, "index"));
    }

    static Outline of(List<Token> tokens) {
        var outline = new Outline(tokens);
        outline.run();
        return outline;
    }

    List<Called> calls() {
        return calls;
    }

    List<Named> relations() {
        return relations;
    }

    /** Names of types that values are turned into. */
    Set<String> types() {
        return types;
    }

    Set<StatementClass> effects() {
        return effects;
    }

    /** Relations as written, without names of common table expressions. */
    Set<String> tables() {
        return tables;
    }

    /** Whether all columns of something are read: {@code *}, TABLE, or a whole row by its alias. */
    boolean wholeRows() {
        if (star) {
            return true;
        }
        for (int i = 0; i < tokens.size(); i++) {
            boolean alone = !symbolAt(i - 1, ".") && !symbolAt(i + 1, ".");
            if (alone
                    && nameAt(i)
                    && catalogueAliases.contains(tokens.get(i).text())
                    && !declared.contains(i)
                    && !labelled.contains(i)) {
                return true;
            }
        }
        return false;
    }

    /** The first token that may be a system column of a relation of the database; -1 if none. */
    int systemColumn() {
        for (int i = 0; i < tokens.size(); i++) {
            if (nameAt(i)
                    && SYSTEM_COLUMNS.contains(tokens.get(i).text())
                    && !symbolAt(i + 1, "(")
                    && !declared.contains(i)
                    && !labelled.contains(i)
                    && ofRelation(i)) {
                return i;
            }
        }
        return -1;
    }

    private boolean ofRelation(int i) {
        if (!symbolAt(i - 1, ".")) {
            return !qualifiers.isEmpty();
        }
        // what is neither a relation nor its alias is a subquery or a call, which have none
        boolean other =
                nameAt(i - 2)
                        && !symbolAt(i - 3, ".")
                        && effects.isEmpty()
                        && !qualifiers.contains(tokens.get(i - 2).text());
        return !other;
    }

    /** Whether columns of a catalogue relation may have got other names. */
    boolean renamed() {
        return renamed;
    }

    /** The token at which parentheses cease to match; -1 where they match. */
    int broken() {
        return broken;
    }

    /**
     * Columns under their table's name where the qualifier, or there being one table only, tells
     * which that is.
     */
    Set<String> columns() {
        var resolved = new TreeSet<String>();
        for (Column column : columns) {
            Set<String> named = aliases.getOrDefault(column.qualifier, Set.of());
            String table = column.qualifier;
            if (table.isEmpty() && tables.size() == 1 && !withNames) {
                table = tables.iterator().next();
            } else if (named.size() == 1 && !named.contains("")) {
                table = named.iterator().next();
            }
            String name = column.name.equals("*") ? "*" : Names.part(column.name);
            resolved.add(table.isEmpty() ? name : table + "." + name);
        }
        return resolved;
    }

    static String written(List<String> parts) {
        if (parts.size() == 1) {
            return Names.part(parts.getFirst());
        }
        var written = new StringBuilder();
        for (String part : parts) {
            written.append(written.isEmpty() ? "" : ".").append(Names.part(part));
        }
        return written.toString();
    }

    private void run() {
        var top = new Frame(Place.QUERY, "", -1);
        top.start = true;
        frames.push(top);
        for (int i = 0; i < tokens.size(); ) {
            i = step(i);
        }
        if (frames.size() > 1 && broken < 0) {
            broken = frames.peek().open;
        }
    }

    private Frame top() {
        return frames.element();
    }

    /** Whether this is the definition itself, and no query in it. */
    private boolean defining() {
        if (!definition) {
            return false;
        }
        for (Frame frame : frames) {
            boolean query =
                    frame.open >= 0 || !frame.head.isEmpty() || frame.clause == Clause.WITH;
            if (frame.place == Place.QUERY && query) {
                return false;
            }
        }
        return true;
    }

    private int step(int i) {
        Token token = tokens.get(i);
        return switch (token.kind()) {
            case STRING, NUMBER, PARAMETER -> {
                operand = true;
                yield i + 1;
            }
            case OPERATOR -> operator(i);
            case SYMBOL -> symbol(i, token);
            case QUOTED -> chain(i);
            case WORD -> reads(i, token.text());
        };
    }

    private int operator(int i) {
        Frame frame = top();
        if (tokens.get(i).text().equals("*") && allColumns(i)) {
            boolean counted = frame.place == Place.CALL && symbolAt(i - 1, "(");
            if (!counted) {
                star = true;
                columns.add(new Column("", "*"));
            }
            operand = true;
        } else {
            operand = false;
        }
        return i + 1;
    }

    /** Whether a star here is no multiplication. */
    private boolean allColumns(int i) {
        return symbolAt(i - 1, "(")
                || symbolAt(i - 1, ",")
                || word(i - 1, "select", "returning")
                || word(i - 1, "all", "distinct")
                || (symbolAt(i - 1, ")") && !operand);
    }

    private int symbol(int i, Token token) {
        switch (token.text()) {
            case "(", "[" -> open(i);
            case ")", "]" -> close(i);
            case "," -> {
                Frame frame = top();
                if (frame.clause == Clause.FROM) {
                    frame.relation = true;
                }
                if (frame.clause == Clause.WITH) {
                    cteName(i + 1);
                }
                operand = false;
            }
            case "." -> {
                if (nameAt(i + 1) && operandBefore(i)) {
                    return attributes(i + 1, withoutFields(i - 1));
                }
                if (i + 1 < tokens.size() && tokens.get(i + 1).text().equals("*")) {
                    star = true;
                    columns.add(new Column("", "*"));
                    operand = true;
                    return i + 2;
                }
            }
            case "::" -> {
                return type(i + 1);
            }
            default -> operand = false;
        }
        return i + 1;
    }

    private boolean operandBefore(int i) {
        return i > 0 && (symbolAt(i - 1, ")") || symbolAt(i - 1, "]") || !tokens.get(i - 1).name());
    }

    /** Whether what ends here has a type of PostgreSQL's own that has no fields. */
    private boolean withoutFields(int close) {
        int depth = 0;
        int open = close;
        for (; open >= 0; open--) {
            depth += symbolAt(open, ")") ? 1 : symbolAt(open, "(") ? -1 : 0;
            if (depth == 0) {
                break;
            }
            if (depth == 1 && symbolAt(open, ",")) {
                return false; // a row
            }
        }
        if (open < 0 || close - open < 2) {
            return false;
        }
        return (close - open == 2 && tokens.get(close - 1).literal())
                || (symbolAt(close - 2, "::") && SCALARS.contains(tokens.get(close - 1).text()));
    }

    /**
     * {@code (x).a.b}: each of them may be a function of one argument.
     *
     * @param call whether the first can be nothing else
     */
    private int attributes(int from, boolean call) {
        int i = from;
        while (true) {
            String name = tokens.get(i).text();
            if (symbolAt(i + 1, "(")) {
                called(List.of(name), i);
                callEnd = i;
                return i + 1;
            }
            calls.add(new Called("", name, !(call && i == from), Names.part(name), i));
            if (!symbolAt(i + 1, ".") || !nameAt(i + 2)) {
                break;
            }
            i += 2;
        }
        operand = true;
        return i + 1;
    }

    private void called(List<String> parts, int at) {
        String schema = parts.size() > 1 ? parts.get(parts.size() - 2) : "";
        calls.add(new Called(schema, parts.getLast(), false, written(parts), at));
    }

    private void open(int i) {
        Frame outer = top();
        boolean bracket = symbolAt(i, "[");
        boolean call = callEnd == i - 1 && callEnd >= 0;
        String caller = nameAt(i - 1) ? tokens.get(i - 1).text() : "";
        Frame inner;
        boolean body = outer.clause == Clause.WITH && commonTable(i);
        if (outer.clause == Clause.WITH && !body && query(i + 1, false)) {
            // WITH x AS (...) (SELECT ...) ORDER BY ...
            outer.clause = Clause.OTHER;
            outer.start = false;
        }
        if (bracket) {
            inner = new Frame(Place.LIST, "[", i);
        } else if (body) {
            inner = query(caller, i);
            inner.body = true;
        } else if (query(i + 1, call)) {
            inner = query(caller, i);
            outer.relation = false;
        } else if (outer.relation && !outer.target) {
            inner = new Frame(Place.JOIN, "", i);
            inner.clause = Clause.FROM;
            inner.relation = true;
            outer.relation = false;
        } else if (outer.relation) {
            // UPDATE ONLY (t)
            inner = new Frame(Place.LIST, "", i);
            inner.relation = true;
            inner.target = true;
            outer.relation = false;
        } else if (call) {
            inner = new Frame(Place.CALL, caller, i);
        } else if (relationEnd == i - 1 && relationEnd >= 0) {
            inner = new Frame(afterRelation(outer), "", i);
        } else if (word(i - 1, "columns") || definitions(outer, i)) {
            inner = new Frame(Place.DEFINITIONS, "", i);
        } else {
            inner = new Frame(Place.LIST, caller, i);
        }
        frames.push(inner);
        operand = false;
    }

    private boolean commonTable(int open) {
        return word(open - 1, "as")
                || (word(open - 1, "materialized")
                        && (word(open - 2, "as") || word(open - 2, "not")));
    }

    private static Frame query(String caller, int i) {
        var frame = new Frame(Place.QUERY, caller, i);
        frame.start = true;
        return frame;
    }

    /** Whether a query begins here, behind any number of parentheses. */
    private boolean query(int from, boolean direct) {
        int i = from;
        while (!direct && symbolAt(i, "(")) {
            i++;
        }
        return i < tokens.size()
                && tokens.get(i).kind() == Kind.WORD
                && STARTS_QUERY.contains(tokens.get(i).text())
                && !symbolAt(i + 1, ".")
                && !(word(i, "values") && !symbolAt(i + 1, "("));
    }

    private Place afterRelation(Frame outer) {
        if (outer.head.equals("insert") || (defining() && word(0, "create") && !index)) {
            return outer.head.equals("insert") ? Place.COLUMNS : Place.DEFINITIONS;
        }
        return index ? Place.LIST : Place.DEFINITIONS;
    }

    /** An alias of a relation with its columns, or AS with columns and types. */
    private boolean definitions(Frame outer, int i) {
        boolean from = outer.clause == Clause.FROM;
        if (from && nameAt(i - 1) && !reserved(i - 1) && !word(i - 1, "ordinality", "between")) {
            renamed |= closedJoinWithCatalogue(i - 1);
            return true;
        }
        return (word(i - 1, "as") && (from || outer.place == Place.LIST))
                || (outer.clause == Clause.WITH && nameAt(i - 1));
    }

    private boolean closedJoin;

    private boolean closedJoinWithCatalogue(int alias) {
        return closedJoin && (symbolAt(alias - 1, ")") || symbolAt(alias - 2, ")"));
    }

    private void close(int i) {
        if (frames.size() == 1) {
            broken = broken < 0 ? i : broken;
            operand = true;
            return;
        }
        Frame closed = frames.pop();
        if (closed.caller.equals("[") != symbolAt(i, "]")) {
            broken = broken < 0 ? i : broken;
        }
        Frame frame = top();
        if (closed.body && !frame.recursive) {
            cte(frame, frame.pending);
        }
        // ((SELECT 1) s CROSS JOIN t) begins like a query
        boolean join =
                closed.place == Place.JOIN
                        || (closed.place == Place.QUERY && closed.head.isEmpty());
        closedJoin = join && closed.ownsCatalogue;
        frame.ownsCatalogue |= closedJoin;
        if (closedJoin && (nameAt(i + 1) && (word(i + 1, "as") || !reserved(i + 1)))) {
            renamed = true;
        }
        boolean afterOn = closed.open >= 2 && word(closed.open - 1, "on");
        // DISTINCT ON (a) f(b), and OPERATOR(s.+) f(b): an operand follows
        boolean opens =
                (afterOn && word(closed.open - 2, "distinct"))
                        || (word(closed.open - 1, "with") && word(closed.open - 2, "returning"))
                        || word(closed.open - 1, "operator")
                        || word(closed.open - 1, "distinct");
        operand = !opens;
    }

    private void cte(Frame frame, String name) {
        if (frame.names == null) {
            frame.names = new HashSet<>();
        }
        frame.names.add(name);
        withNames = true;
    }

    private void cteName(int i) {
        boolean body =
                nameAt(i) && (word(i + 1, "as") || (symbolAt(i + 1, "(") && !word(i - 1, "by")));
        if (body) {
            Frame frame = top();
            frame.pending = Names.part(tokens.get(i).text());
            withNames = true;
            aliases.computeIfAbsent(frame.pending, _ -> new HashSet<>()).add("");
            if (frame.recursive) {
                cte(frame, frame.pending);
            }
        }
    }

    private int reads(int i, String text) {
        Frame frame = top();
        boolean start = frame.start;
        boolean main = start || frame.clause == Clause.WITH;
        if (symbolAt(i - 1, ".") || symbolAt(i + 1, ".")) {
            return chain(i);
        }
        if (label(i, frame)) {
            labelled.add(i);
            operand = true;
            return i + 1;
        }
        switch (text) {
            case "select" -> {
                frame.start = false;
                frame.relation = false;
                return begins(frame, "select", i);
            }
            case "with" -> {
                if (start || (defining() && word(i - 1, "as"))) {
                    frame.start = false;
                    frame.clause = Clause.WITH;
                    int next = i + 1;
                    if (word(next, "recursive") && nameAt(next + 1)) {
                        frame.recursive = true;
                        next++;
                    }
                    cteName(next);
                    operand = false;
                    return next;
                }
            }
            case "values" -> {
                if (main) {
                    return begins(frame, "values", i);
                }
            }
            case "table" -> {
                boolean object = defining() && !word(i - 1, "as");
                if (object || (frame.place == Place.QUERY && source(i + 1))) {
                    if (!object) {
                        star = true;
                        columns.add(new Column("", "*"));
                    }
                    begins(frame, object ? "" : "table", i);
                    frame.relation = true;
                    frame.target = object;
                    return i + 1;
                }
            }
            case "insert", "merge" -> {
                if (word(i + 1, "into")) {
                    if (!main) {
                        // SELECT a insert INTO t: a label
                        effects.add(StatementClass.DDL);
                    }
                    effects.add(StatementClass.WRITE);
                    begins(frame, text, i);
                    frame.relation = true;
                    frame.target = true;
                    return i + 2;
                }
            }
            case "update" -> {
                boolean locks = word(i - 1, "for") || word(i - 1, "key") || word(i - 1, "on");
                boolean target =
                        nameAt(i + 1) && !locks && (!reserved(i + 1) || word(i + 1, "only"));
                if (target && !(word(i + 1, "set") && !main)) {
                    effects.add(StatementClass.WRITE);
                    begins(frame, "update", i);
                    frame.relation = true;
                    frame.target = true;
                    return i + 1;
                }
            }
            case "delete" -> {
                if (word(i + 1, "from")) {
                    effects.add(StatementClass.DELETE);
                    if (!main) {
                        // SELECT a delete FROM t: a label
                        operand = true;
                        return i + 1;
                    }
                    begins(frame, "delete", i);
                    frame.clause = Clause.FROM;
                    frame.relation = true;
                    frame.target = true;
                    return i + 2;
                }
                if (word(i - 1, "then")) {
                    effects.add(StatementClass.DELETE);
                }
            }
            case "from" -> {
                boolean distinct = word(i - 1, "distinct") && comparison(i - 2);
                boolean argument =
                        frame.place == Place.CALL && FROM_IN_ARGUMENTS.contains(frame.caller);
                if (!distinct && !argument && !symbolAt(i - 1, ".")) {
                    frame.clause = Clause.FROM;
                    frame.relation = true;
                    frame.target = false;
                }
                operand = false;
                return i + 1;
            }
            case "join" -> {
                if (source(i + 1)) {
                    frame.clause = Clause.FROM;
                    frame.relation = true;
                    frame.target = false;
                    operand = false;
                    return i + 1;
                }
            }
            case "using" -> {
                boolean list =
                        (frame.head.equals("delete") || frame.head.equals("merge"))
                                && source(i + 1)
                                && (!symbolAt(i + 1, "(") || query(i + 1, false));
                if (list) {
                    frame.clause = Clause.FROM;
                    frame.relation = true;
                    frame.target = false;
                }
                operand = false;
                return i + 1;
            }
            case "copy" -> {
                if (i == 0) {
                    frame.relation = !symbolAt(1, "(");
                    return i + 1;
                }
            }
            case "into" -> {
                effects.add(StatementClass.DDL);
                frame.relation = true;
                frame.target = true;
                operand = false;
                return i + 1;
            }
            case "references" -> {
                if (defining()) {
                    frame.relation = true;
                    frame.target = true;
                    operand = false;
                    return i + 1;
                }
            }
            case "returning" -> {
                if (frame.place == Place.CALL || frame.caller.equals("json_array")) {
                    // of a JSON function: a type follows
                    frame.clause = Clause.OTHER;
                    frame.relation = false;
                    return type(i + 1);
                }
            }
            case "conflict", "when" -> {
                if (text.equals("when") ? frame.head.equals("merge") : word(i - 1, "on")) {
                    frame.clause = Clause.OTHER;
                    frame.relation = false;
                }
            }
            case "for" -> {
                if (word(i + 1, "update")
                        || word(i + 1, "share")
                        || (word(i + 1, "no") && word(i + 2, "key"))
                        || (word(i + 1, "key") && word(i + 2, "share"))) {
                    effects.add(StatementClass.WRITE);
                }
            }
            case "set" -> {
                if (frame.head.equals("update") && !operandName(i)) {
                    frame.clause = Clause.OTHER;
                    frame.relation = false;
                    operand = false;
                    return i + 1;
                }
            }
            case "union", "intersect", "except" -> {
                frame.clause = Clause.OTHER;
                frame.relation = false;
                frame.start = true;
                operand = false;
                boolean all = word(i + 1, "all") || word(i + 1, "distinct");
                return all ? i + 2 : i + 1;
            }
            default -> {}
        }
        if (frame.open < 0 && defining() && definitionName(i, text)) {
            return i + 1;
        }
        if (ENDS_FROM.contains(text) && frame.clause == Clause.FROM) {
            frame.clause = Clause.OTHER;
            frame.relation = false;
        }
        if (frame.relation && BEFORE_RELATION.contains(text) && !symbolAt(i + 1, ".")) {
            boolean name = i + 1 < tokens.size() && (nameAt(i + 1) || symbolAt(i + 1, "("));
            if (name && !word(i + 1, "as")) {
                operand = false;
                return i + 1;
            }
        }
        if (frame.relation && text.equals("rows") && word(i + 1, "from")) {
            frame.relation = false;
            operand = false;
            return i + 2;
        }
        if (Words.RESERVED.contains(text) && !symbolAt(i + 1, "(")) {
            return reservedWord(i, text, frame);
        }
        return chain(i);
    }

    /** Whether this is a word behind AS that names a column of the result, whatever it says. */
    private boolean label(int i, Frame frame) {
        boolean result =
                frame.place == Place.QUERY && !frame.head.isEmpty() && frame.clause != Clause.WITH;
        boolean argument = frame.place == Place.CALL && !castLike(frame.caller);
        return (result || argument)
                && word(i - 1, "as")
                && !symbolAt(i - 2, ".")
                && !labelled.contains(i - 1);
    }

    /** Whether a relation, or parentheses around some, may begin here. */
    private boolean source(int i) {
        return symbolAt(i, "(")
                || (nameAt(i)
                        && (!reserved(i)
                                || word(i, "only", "lateral")
                                || (symbolAt(i + 1, "(")
                                        && Words.CALLABLE.contains(tokens.get(i).text()))));
    }

    /** Whether this ends IS or IS NOT, before DISTINCT. */
    private boolean comparison(int i) {
        int is = word(i, "not") ? i - 1 : i;
        return word(is, "is") && !symbolAt(is - 1, ".") && !labelled.contains(is);
    }

    /** Where SET cannot start the list of assignments. */
    private boolean operandName(int i) {
        return symbolAt(i + 1, ".") || i + 1 >= tokens.size();
    }

    private int begins(Frame frame, String head, int i) {
        frame.start = false;
        frame.head = head;
        frame.clause = Clause.OTHER;
        frame.relation = false;
        operand = false;
        return i + 1;
    }

    /** In CREATE, ALTER and so on: what stands before a relation's name. */
    private boolean definitionName(int i, String text) {
        Frame frame = top();
        boolean kind =
                switch (text) {
                    case "view", "sequence", "truncate" -> true;
                    case "index" -> !word(0, "create");
                    case "on" -> index || word(1, "policy");
                    default -> false;
                };
        if (kind && !symbolAt(i + 1, ".")) {
            frame.relation = true;
            frame.target = true;
            operand = false;
        }
        return kind;
    }

    private int reservedWord(int i, String text, Frame frame) {
        frame.start &= false;
        if (text.equals("as") && castLike(frame.caller)) {
            int name = word(i + 1, "setof") ? i + 2 : i + 1;
            if (frame.caller.equals("treat") && nameAt(name)) {
                // TREAT(x AS f) calls pg_catalog.f(x)
                int end = chainEnd(name);
                called(List.of("pg_catalog", tokens.get(end).text()), end);
            }
            return type(i + 1);
        }
        if (text.equals("tablesample")) {
            return calledHere(i + 1);
        }
        frame.relation &= !text.equals("as");
        operand =
                switch (text) {
                    case "null",
                            "true",
                            "false",
                            "end",
                            "current_date",
                            "current_time",
                            "current_timestamp",
                            "current_user",
                            "current_role",
                            "current_catalog",
                            "current_schema",
                            "session_user",
                            "system_user",
                            "user",
                            "localtime",
                            "localtimestamp",
                            "isnull",
                            "notnull" ->
                            true;
                    default -> false;
                };
        return i + 1;
    }

    private static boolean castLike(String caller) {
        return caller.equals("cast") || caller.equals("treat") || caller.equals("xmlserialize");
    }

    private int calledHere(int i) {
        if (nameAt(i) && !reserved(i)) {
            int end = chainEnd(i);
            called(parts(i, end), end);
            callEnd = end;
            return end + 1;
        }
        return i;
    }

    /** A type's name, with its schema and without its size. */
    private int type(int from) {
        int i = from;
        if (word(i, "setof")) {
            i++;
        }
        if (!nameAt(i)) {
            operand = true;
            return i;
        }
        int end = chainEnd(i);
        types.add(tokens.get(end).text());
        operand = true;
        return end + 1;
    }

    private int chainEnd(int from) {
        int i = from;
        while (symbolAt(i + 1, ".") && nameAt(i + 2)) {
            i += 2;
        }
        return i;
    }

    private List<String> parts(int from, int end) {
        if (from == end) {
            return List.of(tokens.get(from).text());
        }
        var parts = new ArrayList<String>();
        for (int i = from; i <= end; i += 2) {
            parts.add(tokens.get(i).text());
        }
        return parts;
    }

    private int chain(int from) {
        Frame frame = top();
        frame.start = false;
        int end = chainEnd(from);
        boolean parenthesis = symbolAt(end + 1, "(");
        if (frame.relation && !(from == end && reserved(from) && !parenthesis)) {
            frame.relation = false;
            if (!parenthesis || frame.target) {
                return relation(from, end, frame);
            }
            called(parts(from, end), end);
            callEnd = end;
            return end + 1;
        }
        if (parenthesis) {
            if (call(from, end, frame)) {
                called(parts(from, end), end);
                callEnd = end;
            }
            attributesOf(from, end, false);
            return end + 1;
        }
        return name(from, end, frame);
    }

    /** Whether the name before this parenthesis may be a call. */
    private boolean call(int from, int end, Frame frame) {
        if (from != end) {
            return !(frame.place == Place.DEFINITIONS && definedBefore(from));
        }
        Token token = tokens.get(from);
        if (token.kind() == Kind.WORD && reserved(from) && !Words.CALLABLE.contains(token.text())) {
            return false;
        }
        boolean cte = frame.clause == Clause.WITH;
        if (operand || cte || frame.place == Place.COLUMNS || word(from - 1, "ordinality")) {
            return false;
        }
        if (token.kind() == Kind.WORD && notACall(from, token.text())) {
            return false;
        }
        if (frame.clause == Clause.FROM && word(from - 1, "as")) {
            return false;
        }
        boolean typed =
                frame.place == Place.DEFINITIONS
                        ? definedBefore(from)
                        : nameAt(from - 1) && !keyword(from - 1);
        if (typed) {
            types.add(token.text());
        }
        return !typed;
    }

    private boolean notACall(int i, String text) {
        return switch (text) {
            case "values", "exists", "row", "between", "setof", "out", "inout", "none" -> true;
            case "varying", "precision", "zone", "second" -> true;
            case "insert" -> word(i - 1, "then");
            case "like", "ilike", "similar", "is" -> word(i - 1, "not");
            case "by" -> word(i - 1, "group", "order") || word(i - 1, "partition", "by");
            case "sets" -> word(i - 1, "grouping");
            case "rollup", "cube" -> true;
            case "materialized" -> word(i - 1, "as") || word(i - 1, "not");
            case "operator" -> true;
            case "conflict" -> word(i - 1, "on");
            case "distinct" -> true;
            case "set" -> true;
            case "key", "include", "columns", "type", "identity" -> defining();
            case "range", "list", "hash" ->
                    defining() && word(i - 1, "by") && word(i - 2, "partition");
            default ->
                    defining()
                            && (word(i - 1, "type", "column")
                                    || (word(i - 1, "using")
                                            && (!word(0, "alter") || word(i - 2, "exclude"))));
        };
    }

    /** Whether the token before is the name that a definition begins with: a type follows. */
    private boolean definedBefore(int i) {
        return nameAt(i - 1) && !reserved(i - 1) && (symbolAt(i - 2, "(") || symbolAt(i - 2, ","));
    }

    private int relation(int from, int end, Frame frame) {
        List<String> parts = parts(from, end);
        boolean own = parts.size() == 1 && !frame.target && visible(Names.part(parts.getFirst()));
        var named = new Named(parts, frame.target, own);
        String written = named.written();
        if (!own) {
            tables.add(written);
        }
        relations.add(named);
        boolean catalogue = !own && Catalogue.hides(parts);
        frame.ownsCatalogue |= catalogue;
        String of = own ? "" : written;
        aliases.computeIfAbsent(written, _ -> new HashSet<>()).add(of);
        if (catalogue) {
            catalogueAliases.add(parts.getLast());
        }
        if (!own) {
            qualifiers.add(parts.getLast());
        }
        if (catalogue) {
            declared.add(end);
        }
        frame.target = false;
        boolean defining = defining();
        int i = end + 1;
        if (i < tokens.size() && tokens.get(i).kind() == Kind.OPERATOR && !defining) {
            i++;
        }
        if (word(i, "as") && !defining) {
            i++;
        }
        boolean alias =
                !defining
                        && nameAt(i)
                        && !reserved(i)
                        && !(frame.head.equals("update") && word(i, "set"))
                        && !(frame.head.equals("insert") && word(i, "overriding"))
                        && !(frame.head.equals("insert") && word(i, "values"))
                        && !word(i, "default");
        if (alias) {
            String name = tokens.get(i).text();
            aliases.computeIfAbsent(Names.part(name), _ -> new HashSet<>()).add(of);
            if (catalogue) {
                catalogueAliases.add(name);
            }
            if (!own) {
                qualifiers.add(name);
            }
            declared.add(i);
            i++;
        }
        if (catalogue && symbolAt(i, "(")) {
            renamed = true;
        }
        boolean list = defining && symbolAt(i, ",") && (word(0, "drop") || word(0, "truncate"));
        if (list) {
            frame.relation = true;
            frame.target = true;
            return i + 1;
        }
        relationEnd = i - 1;
        operand = true;
        return i;
    }

    private boolean visible(String name) {
        for (Frame frame : frames) {
            if (frame.names != null && frame.names.contains(name)) {
                return true;
            }
        }
        return false;
    }

    /** A column, an alias or a word of the grammar. */
    private int name(int from, int end, Frame frame) {
        boolean star = symbolAt(end + 1, ".") && operatorAt(end + 2, "*");
        Token last = tokens.get(end);
        int next = star ? end + 3 : end + 1;
        boolean typedLiteral =
                next < tokens.size() && tokens.get(next).kind() == Kind.STRING && !star;
        if (typedLiteral) {
            types.add(last.text());
        }
        if (frame.place == Place.DEFINITIONS) {
            attributesOf(from, end, true);
            if (from == end && definedColumn(from, frame)) {
                labelled.add(from);
            }
            if (nameAt(from - 1)) {
                types.add(last.text());
            } else if (word(from, "like") && from == end) {
                frame.relation = true;
            }
            operand = !(from == end && last.kind() == Kind.WORD && keyword(from));
            return next;
        }
        attributesOf(from, end, true);
        if (frame.caller.equals("xmltable") && nameAt(from - 1)) {
            types.add(last.text());
        }
        boolean label = operand || word(from - 1, "as") || (nameAt(from - 1) && !starts(from - 1));
        if (from == end && (operand || (word(from - 1, "as") && !symbolAt(from - 2, ".")))) {
            labelled.add(from);
        }
        boolean syntax =
                from == end
                        && (typedLiteral
                                || (frame.caller.equals("extract") && symbolAt(from - 1, "("))
                                || (last.kind() == Kind.WORD && SYNTAX.contains(last.text())));
        if (star) {
            this.star = true;
            columns.add(new Column(written(parts(from, end)), "*"));
        } else if (!label && !syntax && frame.clause != Clause.WITH && !defining()) {
            List<String> parts = parts(from, end);
            columns.add(new Column(written(parts.subList(0, parts.size() - 1)), parts.getLast()));
        }
        // words such as ROWS and BY may stand before an operand
        operand = !(from == end && last.kind() == Kind.WORD && keyword(from));
        return next;
    }

    /** Whether this names a column of an alias or a common table expression. */
    private boolean definedColumn(int i, Frame frame) {
        return (symbolAt(i - 1, "(") || symbolAt(i - 1, ","))
                && nameAt(frame.open - 1)
                && !keyword(frame.open - 1);
    }

    private boolean starts(int i) {
        return tokens.get(i).kind() == Kind.WORD
                && (Words.RESERVED.contains(tokens.get(i).text())
                        || SYNTAX.contains(tokens.get(i).text()));
    }

    private void attributesOf(int from, int end, boolean last) {
        for (int i = from + 2; i <= (last ? end : end - 2); i += 2) {
            String name = tokens.get(i).text();
            String before = tokens.get(i - 2).text();
            // pg_catalog.pg_class.relname; but pg_catalog.f is a column of what is called so
            boolean relation =
                    i == from + 2
                            && i < end
                            && (before.equals("pg_catalog") || before.equals("information_schema"));
            if (!relation) {
                calls.add(new Called(before, name, true, name, i));
            }
        }
    }

    private boolean keyword(int i) {
        return tokens.get(i).kind() == Kind.WORD && Words.KEYWORDS.contains(tokens.get(i).text());
    }

    private boolean reserved(int i) {
        return tokens.get(i).kind() == Kind.WORD && Words.RESERVED.contains(tokens.get(i).text());
    }

    private boolean nameAt(int i) {
        return i >= 0 && i < tokens.size() && tokens.get(i).name();
    }

    private boolean word(int i, String word) {
        return i >= 0 && i < tokens.size() && tokens.get(i).is(word);
    }

    private boolean word(int i, String one, String other) {
        return word(i, one) || word(i, other);
    }

    private boolean symbolAt(int i, String symbol) {
        return i >= 0 && i < tokens.size() && tokens.get(i).symbol(symbol);
    }

    private boolean operatorAt(int i, String operator) {
        return i >= 0
                && i < tokens.size()
                && tokens.get(i).kind() == Kind.OPERATOR
                && tokens.get(i).text().equals(operator);
    }
}
