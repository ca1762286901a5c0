package dev.sallyport.gateway.statement;

import dev.sallyport.schema.event.StatementClass;
import java.lang.reflect.Field;
import java.lang.reflect.Modifier;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.Deque;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.HashSet;
import java.util.IdentityHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import net.sf.jsqlparser.expression.AnalyticExpression;
import net.sf.jsqlparser.expression.Function;
import net.sf.jsqlparser.schema.Column;
import net.sf.jsqlparser.schema.Table;
import net.sf.jsqlparser.statement.delete.Delete;
import net.sf.jsqlparser.statement.drop.Drop;
import net.sf.jsqlparser.statement.insert.Insert;
import net.sf.jsqlparser.statement.merge.Merge;
import net.sf.jsqlparser.statement.select.AllColumns;
import net.sf.jsqlparser.statement.select.AllTableColumns;
import net.sf.jsqlparser.statement.select.Select;
import net.sf.jsqlparser.statement.select.WithItem;
import net.sf.jsqlparser.statement.update.Update;
import org.jspecify.annotations.Nullable;

/**
 * What a parsed statement names. Every field of every node is visited, by reflection: a visitor
 * interface would miss the node types and fields that nobody thought of. The walk keeps its own
 * stack, so a deep tree cannot exhaust the thread's.
 */
final class Mentions {
    private static final String NODES = "net.sf.jsqlparser.";
    private static final String TOKENS = "net.sf.jsqlparser.parser.";
    private static final ClassValue<Field[]> FIELDS =
            new ClassValue<>() {
                @Override
                protected Field[] computeValue(Class<?> type) {
                    return fields(type);
                }
            };

    private static final Set<String> RELATIONS =
            Set.of("table", "view", "materialized view", "index", "sequence");

    private final Deque<Visit> open = new ArrayDeque<>();
    private final Set<Object> seen = Collections.newSetFromMap(new IdentityHashMap<>());
    private final Set<String> tables = new TreeSet<>();
    private final Set<String> withNames = new HashSet<>();
    private final Map<String, Set<String>> aliases = new HashMap<>();
    private final Set<ColumnMention> columns = new LinkedHashSet<>();
    private final Set<String> functions = new TreeSet<>();
    private final Set<StatementClass> effects = EnumSet.noneOf(StatementClass.class);

    private Mentions() {}

    /** Names of common table expressions that are in force, innermost first. */
    private record Scope(@Nullable Scope outer, Set<String> names) {
        boolean holds(String name) {
            for (Scope scope = this; scope != null; scope = scope.outer) {
                if (scope.names.contains(name)) {
                    return true;
                }
            }
            return false;
        }
    }

    private record Visit(Object node, Scope scope) {}

    private record ColumnMention(String qualifier, String name) {}

    /**
     * @param withNames names of common table expressions, whatever their scope
     * @param effects what the nodes do; empty for a query
     */
    record Found(
            Set<String> tables,
            Set<String> withNames,
            Set<String> columns,
            Set<String> functions,
            Set<StatementClass> effects) {
        Found {
            // remembered for long: nothing of the parser's tree, and no slack
            tables = Set.copyOf(tables);
            withNames = Set.copyOf(withNames);
            columns = Set.copyOf(columns);
            functions = Set.copyOf(functions);
            effects = Set.copyOf(effects);
        }
    }

    static Found in(net.sf.jsqlparser.statement.Statement statement) {
        var mentions = new Mentions();
        mentions.push(statement, new Scope(null, Set.of()));
        while (!mentions.open.isEmpty()) {
            mentions.visit(mentions.open.pop());
        }
        return new Found(
                mentions.tables,
                mentions.withNames,
                mentions.resolvedColumns(),
                mentions.functions,
                mentions.effects);
    }

    private void push(@Nullable Object node, Scope scope) {
        if (node != null && worth(node) && seen.add(node)) {
            open.push(new Visit(node, scope));
        }
    }

    private static boolean worth(Object node) {
        Class<?> type = node.getClass();
        return node instanceof Collection<?>
                || node instanceof Map<?, ?>
                || node instanceof Object[]
                || (type.getName().startsWith(NODES)
                        && !type.getName().startsWith(TOKENS)
                        && !type.isEnum());
    }

    private void visit(Visit visit) {
        Object node = visit.node;
        switch (node) {
            case Collection<?> many -> many.forEach(one -> push(one, visit.scope));
            case Map<?, ?> map -> {
                map.keySet().forEach(one -> push(one, visit.scope));
                map.values().forEach(one -> push(one, visit.scope));
            }
            case Object[] array -> {
                for (Object one : array) {
                    push(one, visit.scope);
                }
            }
            case Column column -> {
                columns.add(
                        new ColumnMention(
                                qualifier(column.getTable()),
                                Names.fromParser(column.getColumnName())));
                push(column.getArrayConstructor(), visit.scope);
            }
            case AllTableColumns all ->
                    columns.add(new ColumnMention(qualifier(all.getTable()), "*"));
            default -> {
                note(node, visit.scope);
                fields(node, visit.scope);
            }
        }
    }

    private void note(Object node, Scope scope) {
        switch (node) {
            case Table table -> table(table, scope);
            case AllColumns _ -> columns.add(new ColumnMention("", "*"));
            case Function function -> {
                if (function.getMultipartName() != null) {
                    functions.add(joined(function.getMultipartName()));
                }
                List<?> arguments = function.getParameters();
                if (arguments != null) {
                    // count(*) reads no column
                    arguments.stream().filter(AllColumns.class::isInstance).forEach(seen::add);
                }
            }
            case AnalyticExpression window -> functions.add(Names.fromParser(window.getName()));
            // dropped roles and schemas stand in the tree as tables
            case Drop drop when !RELATIONS.contains(drop.getType().toLowerCase(Locale.ROOT)) ->
                    seen.add(drop.getName());
            case Insert _, Update _, Merge _ -> effects.add(StatementClass.WRITE);
            case Delete _ -> effects.add(StatementClass.DELETE);
            case Select _ -> {}
            case net.sf.jsqlparser.statement.ParenthesedStatement _ -> {}
            case net.sf.jsqlparser.statement.Statement _ -> effects.add(StatementClass.UNKNOWN);
            default -> {}
        }
    }

    /** Visits all fields, after the names that a WITH clause in one of them brings into scope. */
    private void fields(Object node, Scope scope) {
        Scope inner = scope;
        for (Field field : FIELDS.get(node.getClass())) {
            if (field.getName().equals("withItemsList")
                    && read(field, node) instanceof List<?> items) {
                inner = with(items, scope);
            }
        }
        for (Field field : FIELDS.get(node.getClass())) {
            Object value = read(field, node);
            // the target of a change is always a real table, whatever WITH says
            boolean target =
                    value instanceof Table
                            && (node instanceof Insert
                                    || node instanceof Update
                                    || node instanceof Delete
                                    || node instanceof Merge);
            push(value, target ? new Scope(null, Set.of()) : inner);
        }
    }

    /**
     * An item sees the items before it, and all of them if the clause is recursive; what follows
     * sees all.
     */
    private Scope with(List<?> items, Scope outer) {
        var all = new HashSet<String>();
        boolean recursive = false;
        for (Object item : items) {
            if (item instanceof WithItem<?> with) {
                all.add(
                        Names.fromParser(
                                with.getUnquotedAliasName() == null
                                        ? ""
                                        : with.getAlias().getName().strip()));
                recursive |= with.isRecursive();
            }
        }
        withNames.addAll(all);
        var whole = new Scope(outer, all);
        var before = new HashSet<String>();
        for (Object item : items) {
            push(item, recursive ? whole : new Scope(outer, Set.copyOf(before)));
            if (item instanceof WithItem<?> with && with.getAlias() != null) {
                before.add(Names.fromParser(with.getAlias().getName().strip()));
            }
        }
        return whole;
    }

    private void table(Table table, Scope scope) {
        String name = qualifier(table);
        if (name.isEmpty()) {
            return;
        }
        boolean with = name.indexOf('.') < 0 && scope.holds(name);
        if (!with) {
            tables.add(name);
        }
        aliases.computeIfAbsent(name, _ -> new HashSet<>()).add(with ? "" : name);
        if (table.getAlias() != null) {
            aliases.computeIfAbsent(
                            Names.fromParser(table.getAlias().getName().strip()),
                            _ -> new HashSet<>())
                    .add(with ? "" : name);
        }
    }

    private static String qualifier(@Nullable Table table) {
        if (table == null || table.getName() == null) {
            return "";
        }
        var parts = new ArrayList<>(table.getNameParts());
        Collections.reverse(parts);
        return joined(parts);
    }

    private static String joined(List<String> parts) {
        return String.join(
                ".",
                parts.stream()
                        .filter(part -> part != null && !part.isEmpty())
                        .map(Names::fromParser)
                        .toList());
    }

    /**
     * Columns under their table's name where the qualifier, or there being one table only, tells
     * which that is.
     */
    private Set<String> resolvedColumns() {
        var resolved = new TreeSet<String>();
        for (ColumnMention column : columns) {
            Set<String> named = aliases.getOrDefault(column.qualifier, Set.of());
            String table = column.qualifier;
            if (table.isEmpty() && tables.size() == 1 && withNames.isEmpty()) {
                table = tables.iterator().next();
            } else if (named.size() == 1 && !named.contains("")) {
                table = named.iterator().next();
            }
            resolved.add(table.isEmpty() ? column.name : table + "." + column.name);
        }
        return resolved;
    }

    private static @Nullable Object read(Field field, Object node) {
        try {
            return field.get(node);
        } catch (IllegalAccessException e) {
            throw new IllegalStateException(
                    "a field of the parser's tree cannot be read: " + field, e);
        }
    }

    private static Field[] fields(Class<?> type) {
        var fields = new ArrayList<Field>();
        for (Class<?> c = type; c != null && c.getName().startsWith(NODES); c = c.getSuperclass()) {
            for (Field field : c.getDeclaredFields()) {
                boolean leaf =
                        Modifier.isStatic(field.getModifiers())
                                || field.getType().isPrimitive()
                                || field.getType().isEnum()
                                || field.getType() == String.class
                                || field.getType().getName().startsWith(TOKENS);
                if (!leaf) {
                    field.setAccessible(true);
                    fields.add(field);
                }
            }
        }
        return fields.toArray(Field[]::new);
    }
}
