package dev.sallyport.gateway.statement;

import dev.sallyport.gateway.statement.Frame.Clause;
import dev.sallyport.gateway.statement.Frame.Place;
import dev.sallyport.gateway.statement.Outline.Called;
import dev.sallyport.gateway.statement.Outline.Named;
import dev.sallyport.schema.event.StatementClass;
import dev.sallyport.schema.sql.Token;
import dev.sallyport.schema.sql.Token.Kind;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * Reads what one statement names and does, in one pass over its tokens. It is no grammar: it
 * follows parentheses and clauses as far as they decide where a name is a relation, a call, a type
 * or a column, and it cannot fail. Where PostgreSQL's grammar leaves several readings open, the
 * graver one is taken: a name that may be a call is one, and a name that may be a relation is one.
 * What the database would reject as a syntax error is read somehow; the database says so itself.
 */
final class OutlineReader {
    private static final Set<String> FROM_IN_ARGUMENTS =
            Set.of("extract", "substring", "trim", "overlay", "position");
    private static final Set<String> ENDS_FROM =
            Words.words(
                    "where group having window order limit offset fetch returning union intersect except for");
    private static final Set<String> BEFORE_RELATION =
            Words.words("only lateral temp temporary unlogged table if not exists local global");

    /** Words that are no columns where an operand may begin. */
    private static final Set<String> SYNTAX =
            Words.words(
                    """
                    by set nulls first last next rows row range groups preceding following unbounded sets ties others
                    exclude no of ordinality escape zone time at within filter over values materialized recursive key
                    conflict nothing partition interval timestamp double precision varying without update insert delete
                    merge matched share nowait locked skip search depth breadth cycle local
                    """);

    private final TokenRow tokens;
    private final Outline found;
    private final boolean definition;
    private final boolean index;
    private final Deque<Frame> frames = new ArrayDeque<>();

    /** Whether the token before the current one ends an operand, so that no call may follow. */
    private boolean operand;

    private int callEnd = -1;
    private int relationEnd = -1;

    private OutlineReader(TokenRow tokens) {
        this.tokens = tokens;
        this.found = new Outline(tokens);
        this.definition =
                tokens.word(0, "create")
                        || tokens.word(0, "alter")
                        || tokens.word(0, "drop")
                        || tokens.word(0, "truncate")
                        || tokens.word(0, "comment")
                        || tokens.word(0, "refresh");
        this.index = definition && (tokens.word(1, "index") || tokens.word(2, "index"));
    }

    static Outline read(List<Token> tokens) {
        var reader = new OutlineReader(new TokenRow(tokens));
        reader.run();
        return reader.found;
    }

    private void run() {
        var top = new Frame(Place.QUERY, "", -1);
        top.start = true;
        frames.push(top);
        for (int i = 0; i < tokens.size(); ) {
            i = step(i);
        }
        if (frames.size() > 1) {
            found.breaksAt(top().open);
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
            boolean query = frame.open >= 0 || !frame.head.isEmpty() || frame.clause == Clause.WITH;
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
            boolean counted = frame.place == Place.CALL && tokens.symbolAt(i - 1, "(");
            if (!counted) {
                found.allColumns("");
            }
            operand = true;
        } else {
            operand = false;
        }
        return i + 1;
    }

    /** Whether a star here is no multiplication. */
    private boolean allColumns(int i) {
        return tokens.symbolAt(i - 1, "(")
                || tokens.symbolAt(i - 1, ",")
                || tokens.word(i - 1, "select", "returning")
                || tokens.word(i - 1, "all", "distinct")
                || (tokens.symbolAt(i - 1, ")") && !operand);
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
                if (tokens.nameAt(i + 1) && tokens.operandBefore(i)) {
                    return attributes(i + 1, tokens.withoutFields(i - 1));
                }
                if (i + 1 < tokens.size() && tokens.get(i + 1).text().equals("*")) {
                    found.allColumns("");
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

    /**
     * {@code (x).a.b}: each of them may be a function of one argument.
     *
     * @param call whether the first can be nothing else
     */
    private int attributes(int from, boolean call) {
        int i = from;
        while (true) {
            String name = tokens.get(i).text();
            if (tokens.symbolAt(i + 1, "(")) {
                called(List.of(name), i);
                callEnd = i;
                return i + 1;
            }
            found.call(new Called("", name, !(call && i == from), Names.part(name), i));
            if (!tokens.symbolAt(i + 1, ".") || !tokens.nameAt(i + 2)) {
                break;
            }
            i += 2;
        }
        operand = true;
        return i + 1;
    }

    private void called(List<String> parts, int at) {
        String schema = parts.size() > 1 ? parts.get(parts.size() - 2) : "";
        found.call(new Called(schema, parts.getLast(), false, Outline.written(parts), at));
    }

    private void open(int i) {
        Frame outer = top();
        boolean bracket = tokens.symbolAt(i, "[");
        boolean call = callEnd == i - 1 && callEnd >= 0;
        String caller = tokens.nameAt(i - 1) ? tokens.get(i - 1).text() : "";
        Frame inner;
        boolean body = outer.clause == Clause.WITH && tokens.commonTable(i);
        if (outer.clause == Clause.WITH && !body && tokens.startsQuery(i + 1, false)) {
            // WITH x AS (...) (SELECT ...) ORDER BY ...
            outer.clause = Clause.OTHER;
            outer.start = false;
        }
        if (bracket) {
            inner = new Frame(Place.LIST, "[", i);
        } else if (body) {
            inner = query(caller, i);
            inner.body = true;
        } else if (tokens.startsQuery(i + 1, call)) {
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
        } else if (tokens.word(i - 1, "columns") || definitions(outer, i)) {
            inner = new Frame(Place.DEFINITIONS, "", i);
        } else {
            inner = new Frame(Place.LIST, caller, i);
        }
        frames.push(inner);
        operand = false;
    }

    private static Frame query(String caller, int i) {
        var frame = new Frame(Place.QUERY, caller, i);
        frame.start = true;
        return frame;
    }

    private Place afterRelation(Frame outer) {
        if (outer.head.equals("insert") || (defining() && tokens.word(0, "create") && !index)) {
            return outer.head.equals("insert") ? Place.COLUMNS : Place.DEFINITIONS;
        }
        return index ? Place.LIST : Place.DEFINITIONS;
    }

    /** An alias of a relation with its columns, or AS with columns and types. */
    private boolean definitions(Frame outer, int i) {
        boolean from = outer.clause == Clause.FROM;
        if (from
                && tokens.nameAt(i - 1)
                && !tokens.reserved(i - 1)
                && !tokens.word(i - 1, "ordinality", "between")) {
            if (closedJoinWithCatalogue(i - 1)) {
                found.renames();
            }
            return true;
        }
        return (tokens.word(i - 1, "as") && (from || outer.place == Place.LIST))
                || (outer.clause == Clause.WITH && tokens.nameAt(i - 1));
    }

    private boolean closedJoin;

    private boolean closedJoinWithCatalogue(int alias) {
        return closedJoin && (tokens.symbolAt(alias - 1, ")") || tokens.symbolAt(alias - 2, ")"));
    }

    private void close(int i) {
        if (frames.size() == 1) {
            found.breaksAt(i);
            operand = true;
            return;
        }
        Frame closed = frames.pop();
        if (closed.caller.equals("[") != tokens.symbolAt(i, "]")) {
            found.breaksAt(i);
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
        if (closedJoin
                && (tokens.nameAt(i + 1)
                        && (tokens.word(i + 1, "as") || !tokens.reserved(i + 1)))) {
            found.renames();
        }
        boolean afterOn = closed.open >= 2 && tokens.word(closed.open - 1, "on");
        // DISTINCT ON (a) f(b), and OPERATOR(s.+) f(b): an operand follows
        boolean opens =
                (afterOn && tokens.word(closed.open - 2, "distinct"))
                        || (tokens.word(closed.open - 1, "with")
                                && tokens.word(closed.open - 2, "returning"))
                        || tokens.word(closed.open - 1, "operator")
                        || tokens.word(closed.open - 1, "distinct");
        operand = !opens;
    }

    private void cte(Frame frame, String name) {
        if (frame.names == null) {
            frame.names = new HashSet<>();
        }
        frame.names.add(name);
        found.namesQueries();
    }

    private void cteName(int i) {
        boolean body =
                tokens.nameAt(i)
                        && (tokens.word(i + 1, "as")
                                || (tokens.symbolAt(i + 1, "(") && !tokens.word(i - 1, "by")));
        if (body) {
            Frame frame = top();
            frame.pending = Names.part(tokens.get(i).text());
            found.namesQueries();
            found.alias(frame.pending, "");
            if (frame.recursive) {
                cte(frame, frame.pending);
            }
        }
    }

    private int reads(int i, String text) {
        Frame frame = top();
        boolean start = frame.start;
        boolean main = start || frame.clause == Clause.WITH;
        if (tokens.symbolAt(i - 1, ".") || tokens.symbolAt(i + 1, ".")) {
            return chain(i);
        }
        if (label(i, frame)) {
            found.label(i);
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
                if (start || (defining() && tokens.word(i - 1, "as"))) {
                    frame.start = false;
                    frame.clause = Clause.WITH;
                    int next = i + 1;
                    if (tokens.word(next, "recursive") && tokens.nameAt(next + 1)) {
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
                boolean object = defining() && !tokens.word(i - 1, "as");
                if (object || (frame.place == Place.QUERY && tokens.source(i + 1))) {
                    if (!object) {
                        found.allColumns("");
                    }
                    begins(frame, object ? "" : "table", i);
                    frame.relation = true;
                    frame.target = object;
                    return i + 1;
                }
            }
            case "insert", "merge" -> {
                if (tokens.word(i + 1, "into")) {
                    if (!main) {
                        // SELECT a insert INTO t: a label
                        found.effect(StatementClass.DDL);
                    }
                    found.effect(StatementClass.WRITE);
                    begins(frame, text, i);
                    frame.relation = true;
                    frame.target = true;
                    return i + 2;
                }
            }
            case "update" -> {
                boolean locks =
                        tokens.word(i - 1, "for")
                                || tokens.word(i - 1, "key")
                                || tokens.word(i - 1, "on");
                boolean target =
                        tokens.nameAt(i + 1)
                                && !locks
                                && (!tokens.reserved(i + 1) || tokens.word(i + 1, "only"));
                if (target && !(tokens.word(i + 1, "set") && !main)) {
                    found.effect(StatementClass.WRITE);
                    begins(frame, "update", i);
                    frame.relation = true;
                    frame.target = true;
                    return i + 1;
                }
            }
            case "delete" -> {
                if (tokens.word(i + 1, "from")) {
                    found.effect(StatementClass.DELETE);
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
                if (tokens.word(i - 1, "then")) {
                    found.effect(StatementClass.DELETE);
                }
            }
            case "from" -> {
                boolean distinct = tokens.word(i - 1, "distinct") && comparison(i - 2);
                boolean argument =
                        frame.place == Place.CALL && FROM_IN_ARGUMENTS.contains(frame.caller);
                if (!distinct && !argument && !tokens.symbolAt(i - 1, ".")) {
                    frame.clause = Clause.FROM;
                    frame.relation = true;
                    frame.target = false;
                }
                operand = false;
                return i + 1;
            }
            case "join" -> {
                if (tokens.source(i + 1)) {
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
                                && tokens.source(i + 1)
                                && (!tokens.symbolAt(i + 1, "(")
                                        || tokens.startsQuery(i + 1, false));
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
                    frame.relation = !tokens.symbolAt(1, "(");
                    return i + 1;
                }
            }
            case "into" -> {
                found.effect(StatementClass.DDL);
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
                if (text.equals("when") ? frame.head.equals("merge") : tokens.word(i - 1, "on")) {
                    frame.clause = Clause.OTHER;
                    frame.relation = false;
                }
            }
            case "for" -> {
                if (tokens.word(i + 1, "update")
                        || tokens.word(i + 1, "share")
                        || (tokens.word(i + 1, "no") && tokens.word(i + 2, "key"))
                        || (tokens.word(i + 1, "key") && tokens.word(i + 2, "share"))) {
                    found.effect(StatementClass.WRITE);
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
                boolean all = tokens.word(i + 1, "all") || tokens.word(i + 1, "distinct");
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
        if (frame.relation && BEFORE_RELATION.contains(text) && !tokens.symbolAt(i + 1, ".")) {
            boolean name =
                    i + 1 < tokens.size() && (tokens.nameAt(i + 1) || tokens.symbolAt(i + 1, "("));
            if (name && !tokens.word(i + 1, "as")) {
                operand = false;
                return i + 1;
            }
        }
        if (frame.relation && text.equals("rows") && tokens.word(i + 1, "from")) {
            frame.relation = false;
            operand = false;
            return i + 2;
        }
        if (Words.RESERVED.contains(text) && !tokens.symbolAt(i + 1, "(")) {
            return reservedWord(i, text, frame);
        }
        return chain(i);
    }

    /** Whether this is a word behind AS that names a column of the result, whatever it says. */
    private boolean label(int i, Frame frame) {
        if (!tokens.word(i - 1, "as") || tokens.symbolAt(i - 2, ".") || found.isLabel(i - 1)) {
            return false;
        }
        boolean result =
                frame.place == Place.QUERY && !frame.head.isEmpty() && frame.clause != Clause.WITH;
        return result || (frame.place == Place.CALL && !castLike(frame.caller));
    }

    /** Whether this ends IS or IS NOT, before DISTINCT. */
    private boolean comparison(int i) {
        int is = tokens.word(i, "not") ? i - 1 : i;
        return tokens.word(is, "is") && !tokens.symbolAt(is - 1, ".") && !found.isLabel(is);
    }

    /** Where SET cannot start the list of assignments. */
    private boolean operandName(int i) {
        return tokens.symbolAt(i + 1, ".") || i + 1 >= tokens.size();
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
                    case "index" -> !tokens.word(0, "create");
                    case "on" -> index || tokens.word(1, "policy");
                    default -> false;
                };
        if (kind && !tokens.symbolAt(i + 1, ".")) {
            frame.relation = true;
            frame.target = true;
            operand = false;
        }
        return kind;
    }

    private int reservedWord(int i, String text, Frame frame) {
        frame.start &= false;
        if (text.equals("as") && castLike(frame.caller)) {
            int name = tokens.word(i + 1, "setof") ? i + 2 : i + 1;
            if (frame.caller.equals("treat") && tokens.nameAt(name)) {
                // TREAT(x AS f) calls pg_catalog.f(x)
                int end = tokens.chainEnd(name);
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
        if (tokens.nameAt(i) && !tokens.reserved(i)) {
            int end = tokens.chainEnd(i);
            called(tokens.parts(i, end), end);
            callEnd = end;
            return end + 1;
        }
        return i;
    }

    /** A type's name, with its schema and without its size. */
    private int type(int from) {
        int i = from;
        if (tokens.word(i, "setof")) {
            i++;
        }
        if (!tokens.nameAt(i)) {
            operand = true;
            return i;
        }
        int end = tokens.chainEnd(i);
        found.type(tokens.get(end).text());
        operand = true;
        return end + 1;
    }

    private int chain(int from) {
        Frame frame = top();
        frame.start = false;
        int end = tokens.chainEnd(from);
        boolean parenthesis = tokens.symbolAt(end + 1, "(");
        if (frame.relation && !(from == end && tokens.reserved(from) && !parenthesis)) {
            frame.relation = false;
            if (!parenthesis || frame.target) {
                return relation(from, end, frame);
            }
            called(tokens.parts(from, end), end);
            callEnd = end;
            return end + 1;
        }
        if (parenthesis) {
            if (call(from, end, frame)) {
                called(tokens.parts(from, end), end);
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
            return !(frame.place == Place.DEFINITIONS && tokens.definedBefore(from));
        }
        Token token = tokens.get(from);
        if (token.kind() == Kind.WORD
                && tokens.reserved(from)
                && !Words.CALLABLE.contains(token.text())) {
            return false;
        }
        boolean cte = frame.clause == Clause.WITH;
        if (operand || cte || frame.place == Place.COLUMNS || tokens.word(from - 1, "ordinality")) {
            return false;
        }
        if (token.kind() == Kind.WORD && notACall(from, token.text())) {
            return false;
        }
        if (frame.clause == Clause.FROM && tokens.word(from - 1, "as")) {
            return false;
        }
        boolean typed =
                frame.place == Place.DEFINITIONS
                        ? tokens.definedBefore(from)
                        : tokens.nameAt(from - 1) && !tokens.keyword(from - 1);
        if (typed) {
            found.type(token.text());
        }
        return !typed;
    }

    private boolean notACall(int i, String text) {
        return switch (text) {
            case "values", "exists", "row", "between", "setof", "out", "inout", "none" -> true;
            case "varying", "precision", "zone", "second" -> true;
            case "insert" -> tokens.word(i - 1, "then");
            case "like", "ilike", "similar", "is" -> tokens.word(i - 1, "not");
            case "by" ->
                    tokens.word(i - 1, "group", "order") || tokens.word(i - 1, "partition", "by");
            case "sets" -> tokens.word(i - 1, "grouping");
            case "rollup", "cube" -> true;
            case "materialized" -> tokens.word(i - 1, "as") || tokens.word(i - 1, "not");
            case "operator" -> true;
            case "conflict" -> tokens.word(i - 1, "on");
            case "distinct" -> true;
            case "set" -> true;
            case "key", "include", "columns", "type", "identity" -> defining();
            case "range", "list", "hash" ->
                    defining() && tokens.word(i - 1, "by") && tokens.word(i - 2, "partition");
            default ->
                    defining()
                            && (tokens.word(i - 1, "type", "column")
                                    || (tokens.word(i - 1, "using")
                                            && (!tokens.word(0, "alter")
                                                    || tokens.word(i - 2, "exclude"))));
        };
    }

    private int relation(int from, int end, Frame frame) {
        List<String> parts = tokens.parts(from, end);
        boolean own = parts.size() == 1 && !frame.target && visible(Names.part(parts.getFirst()));
        var named = new Named(parts, frame.target, own);
        boolean catalogue = !own && Catalogue.hides(parts);
        frame.ownsCatalogue |= catalogue;
        found.relation(named, catalogue, end);
        frame.target = false;
        boolean defining = defining();
        int i = end + 1;
        if (i < tokens.size() && tokens.get(i).kind() == Kind.OPERATOR && !defining) {
            i++;
        }
        if (tokens.word(i, "as") && !defining) {
            i++;
        }
        boolean alias =
                !defining
                        && tokens.nameAt(i)
                        && !tokens.reserved(i)
                        && !(frame.head.equals("update") && tokens.word(i, "set"))
                        && !(frame.head.equals("insert") && tokens.word(i, "overriding"))
                        && !(frame.head.equals("insert") && tokens.word(i, "values"))
                        && !tokens.word(i, "default");
        if (alias) {
            String name = tokens.get(i).text();
            found.relationAlias(named, name, catalogue, i);
            i++;
        }
        if (catalogue && tokens.symbolAt(i, "(")) {
            found.renames();
        }
        boolean list =
                defining
                        && tokens.symbolAt(i, ",")
                        && (tokens.word(0, "drop") || tokens.word(0, "truncate"));
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
        boolean star = tokens.symbolAt(end + 1, ".") && tokens.operatorAt(end + 2, "*");
        Token last = tokens.get(end);
        int next = star ? end + 3 : end + 1;
        boolean typedLiteral =
                next < tokens.size() && tokens.get(next).kind() == Kind.STRING && !star;
        if (typedLiteral) {
            found.type(last.text());
        }
        if (frame.place == Place.DEFINITIONS) {
            attributesOf(from, end, true);
            if (from == end && definedColumn(from, frame)) {
                found.label(from);
            }
            if (tokens.nameAt(from - 1)) {
                found.type(last.text());
            } else if (tokens.word(from, "like") && from == end) {
                frame.relation = true;
            }
            operand = !(from == end && last.kind() == Kind.WORD && tokens.keyword(from));
            return next;
        }
        attributesOf(from, end, true);
        if (frame.caller.equals("xmltable") && tokens.nameAt(from - 1)) {
            found.type(last.text());
        }
        boolean label =
                operand
                        || tokens.word(from - 1, "as")
                        || (tokens.nameAt(from - 1) && !starts(from - 1));
        if (from == end
                && (operand || (tokens.word(from - 1, "as") && !tokens.symbolAt(from - 2, ".")))) {
            found.label(from);
        }
        boolean syntax =
                from == end
                        && (typedLiteral
                                || (frame.caller.equals("extract")
                                        && tokens.symbolAt(from - 1, "("))
                                || (last.kind() == Kind.WORD && SYNTAX.contains(last.text())));
        if (star) {
            found.allColumns(Outline.written(tokens.parts(from, end)));
        } else if (!label && !syntax && frame.clause != Clause.WITH && !defining()) {
            List<String> parts = tokens.parts(from, end);
            found.column(Outline.written(parts.subList(0, parts.size() - 1)), parts.getLast());
        }
        // words such as ROWS and BY may stand before an operand
        operand = !(from == end && last.kind() == Kind.WORD && tokens.keyword(from));
        return next;
    }

    /** Whether this names a column of an alias or a common table expression. */
    private boolean definedColumn(int i, Frame frame) {
        return (tokens.symbolAt(i - 1, "(") || tokens.symbolAt(i - 1, ","))
                && tokens.nameAt(frame.open - 1)
                && !tokens.keyword(frame.open - 1);
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
                found.call(new Called(before, name, true, name, i));
            }
        }
    }
}
