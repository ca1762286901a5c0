package dev.sallyport.gateway.statement;

import dev.sallyport.schema.event.StatementClass;
import dev.sallyport.schema.sql.Token;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/** What one statement names and does, as its {@link OutlineReader} found it. */
final class Outline {
    private static final Set<String> SYSTEM_COLUMNS =
            Set.of("ctid", "xmin", "xmax", "cmin", "cmax");

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

        /** What an alias of it stands for; empty where that is no table. */
        String of() {
            return own ? "" : written();
        }
    }

    private record Column(String qualifier, String name) {}

    private final TokenRow tokens;
    private final List<Called> calls = new ArrayList<>();
    private final List<Named> relations = new ArrayList<>();
    private final Set<String> types = new HashSet<>();
    private final Set<Column> columns = new HashSet<>();
    private final Map<String, Set<String>> aliases = new HashMap<>();
    private final Set<String> catalogueAliases = new HashSet<>();

    /** Names that columns of relations of the database can stand behind. */
    private final Set<String> qualifiers = new HashSet<>();

    /** Tokens that name a relation of the catalogue, or make an alias. */
    private final BitSet declared = new BitSet();

    /** Tokens that give a column of a result its name. */
    private final BitSet labelled = new BitSet();

    private final Set<String> tables = new TreeSet<>();
    private final Set<StatementClass> effects = EnumSet.noneOf(StatementClass.class);
    private boolean withNames;
    private boolean star;
    private boolean renamed;
    private int broken = -1;

    Outline(TokenRow tokens) {
        this.tokens = tokens;
    }

    static Outline of(List<Token> tokens) {
        return OutlineReader.read(tokens);
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

    /**
     * Whether all columns of something are read: {@code *}, TABLE, a whole row by its alias, or a
     * function of a whole row of the catalogue written as a column, {@code c.to_jsonb}.
     */
    boolean wholeRows() {
        if (star) {
            return true;
        }
        for (int i = 0; i < tokens.size(); i++) {
            boolean ofCatalogue =
                    tokens.nameAt(i)
                            && tokens.symbolAt(i - 1, ".")
                            && tokens.nameAt(i - 2)
                            && catalogueAliases.contains(tokens.get(i - 2).text());
            if (ofCatalogue && !declared.get(i) && !Catalogue.column(tokens.get(i).text())) {
                return true;
            }
            boolean alone = !tokens.symbolAt(i - 1, ".") && !tokens.symbolAt(i + 1, ".");
            if (alone
                    && tokens.nameAt(i)
                    && catalogueAliases.contains(tokens.get(i).text())
                    && !declared.get(i)
                    && !labelled.get(i)) {
                return true;
            }
        }
        return false;
    }

    /** The first token that may be a system column of a relation of the database; -1 if none. */
    int systemColumn() {
        for (int i = 0; i < tokens.size(); i++) {
            if (tokens.nameAt(i)
                    && SYSTEM_COLUMNS.contains(tokens.get(i).text())
                    && !tokens.symbolAt(i + 1, "(")
                    && !declared.get(i)
                    && !labelled.get(i)
                    && ofRelation(i)) {
                return i;
            }
        }
        return -1;
    }

    private boolean ofRelation(int i) {
        if (!tokens.symbolAt(i - 1, ".")) {
            return !qualifiers.isEmpty();
        }
        // what is neither a relation nor its alias is a subquery or a call, which have none
        boolean other =
                tokens.nameAt(i - 2)
                        && !tokens.symbolAt(i - 3, ".")
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

    void call(Called called) {
        calls.add(called);
    }

    /**
     * A relation was found.
     *
     * @param catalogue whether it is one of the catalogue with columns that must not be read
     * @param at the token of its last part
     */
    void relation(Named named, boolean catalogue, int at) {
        String written = named.written();
        relations.add(named);
        alias(written, named.own() ? "" : written);
        if (!named.own()) {
            tables.add(written);
            qualifiers.add(named.last());
        }
        if (catalogue) {
            catalogueAliases.add(named.last());
            declared.set(at);
        }
    }

    /**
     * The relation that was found last has an alias.
     *
     * @param at the token of the alias
     */
    void relationAlias(Named named, String alias, boolean catalogue, int at) {
        alias(Names.part(alias), named.of());
        if (catalogue) {
            catalogueAliases.add(alias);
        }
        if (!named.own()) {
            qualifiers.add(alias);
        }
        declared.set(at);
    }

    /**
     * Columns behind this name are those of a table.
     *
     * @param of the table as written; empty where it is none
     */
    void alias(String alias, String of) {
        aliases.computeIfAbsent(alias, _ -> new HashSet<>()).add(of);
    }

    void type(String name) {
        types.add(name);
    }

    void column(String qualifier, String name) {
        columns.add(new Column(qualifier, name));
    }

    void allColumns(String qualifier) {
        star = true;
        column(qualifier, "*");
    }

    void effect(StatementClass effect) {
        effects.add(effect);
    }

    /** The token gives a column of a result its name. */
    void label(int token) {
        labelled.set(token);
    }

    boolean isLabel(int token) {
        return labelled.get(token);
    }

    void namesQueries() {
        withNames = true;
    }

    void renames() {
        renamed = true;
    }

    /** Only the first place counts. */
    void breaksAt(int token) {
        broken = broken < 0 ? token : broken;
    }
}
