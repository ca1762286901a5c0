package dev.sallyport.executor.engine.postgresql;

import dev.sallyport.schema.json.Json;
import dev.sallyport.schema.registry.ColumnName;
import dev.sallyport.schema.registry.ColumnTag;
import dev.sallyport.schema.registry.Mask;
import dev.sallyport.schema.registry.Masking;
import java.sql.Array;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.node.ArrayNode;

/**
 * Takes masked columns from a login and shows them in views instead. The views have the tables'
 * names and stand in a schema that is named like the login, which PostgreSQL searches first; their
 * owner {@code sallyport_masks} cannot log in and does not stand above policies, so that a view
 * shows the rows that the tables' policies allow. What is done is noted in the database, with what
 * undoes it.
 */
final class Masks {
    /** Of how values are masked; a rule that is noted with another one is not in force. */
    private static final String VERSION = "1";

    private static final String OWNER = "sallyport_masks";
    private static final int NAME_BYTES_MAX = 63;

    private static final String TABLE =
            """
            select c.oid from pg_catalog.pg_class c
            join pg_catalog.pg_namespace n on n.oid = c.relnamespace
            where n.nspname = ? and c.relname = ? and c.relkind in ('r', 'p')
            """;

    private static final String COLUMNS =
            """
            select a.attname, a.attnum, pg_catalog.format_type(a.atttypid, a.atttypmod) as type,
                t.typname, tn.nspname = 'pg_catalog' as builtin,
                case when a.attcollation <> 0 then (
                    select pg_catalog.format('%I.%I', cn.nspname, l.collname)
                    from pg_catalog.pg_collation l
                    join pg_catalog.pg_namespace cn on cn.oid = l.collnamespace
                    where l.oid = a.attcollation) end as collation,
                (select string_agg(x.privilege_type, ',') from aclexplode(a.attacl) x
                    where x.grantee = r.oid) as rights
            from pg_catalog.pg_attribute a
            join pg_catalog.pg_type t on t.oid = a.atttypid
            join pg_catalog.pg_namespace tn on tn.oid = t.typnamespace
            join pg_catalog.pg_roles r on r.rolname = ?
            where a.attrelid = ? and a.attnum > 0 and not a.attisdropped
            order by a.attnum
            """;

    private static final String TABLE_RIGHTS =
            """
            select x.privilege_type from pg_catalog.pg_class c
            cross join lateral aclexplode(c.relacl) x
            join pg_catalog.pg_roles r on r.oid = x.grantee
            where r.rolname = ? and c.oid = ?
            order by 1
            """;

    /** Partitions and other children, which hold the same rows. */
    private static final String CHILDREN =
            """
            with recursive tree(oid) as (
                select i.inhrelid from pg_catalog.pg_inherits i where i.inhparent = ?
                union
                select i.inhrelid from tree join pg_catalog.pg_inherits i on i.inhparent = tree.oid
            )
            select pg_catalog.format('%I.%I', n.nspname, c.relname), c.oid
            from tree
            join pg_catalog.pg_class c on c.oid = tree.oid
            join pg_catalog.pg_namespace n on n.oid = c.relnamespace
            order by 1
            """;

    private static final String SHARING =
            """
            select a.attname, s.kind::text, s.for_insert
            from sallyport.sharing(?, ?::smallint) s
            join pg_catalog.pg_attribute a on a.attrelid = ? and a.attnum = s.number
            """;

    /** Policies that would not reach the login through a view of another owner. */
    private static final String NARROW_POLICIES =
            """
            select p.polname from pg_catalog.pg_policy p
            where p.polrelid = ? and p.polroles <> '{0}' order by 1
            """;

    private static final String KEY =
            """
            insert into sallyport.mask_key (inner_block, outer_block)
            select
                (select string_agg(set_byte('\\x00', 0, case when i < 32 then get_byte(k.key, i) else 0 end # 54), '' order by i)
                    from generate_series(0, 63) i),
                (select string_agg(set_byte('\\x00', 0, case when i < 32 then get_byte(k.key, i) else 0 end # 92), '' order by i)
                    from generate_series(0, 63) i)
            from (select sha256(convert_to(gen_random_uuid()::text || gen_random_uuid()::text, 'UTF8')) as key) k
            on conflict do nothing\
            """;

    /** What masks are about; DELETE and the like are left alone. */
    private static final List<String> TAKEN = List.of("SELECT", "INSERT", "UPDATE", "REFERENCES");

    private final Connection connection;
    private final String role;
    private final String login;
    private final List<String> ran = new ArrayList<>();

    private Masks(Connection connection, String role) {
        this.connection = connection;
        this.role = role;
        this.login = Enrolment.quoted(role);
    }

    /** What an executor asks a database about: every masked column and its rule. */
    static String asked(Masking masking) {
        ArrayNode all = Json.mapper().createArrayNode();
        for (ColumnTag tag : masking.tags()) {
            for (ColumnName column : tag.columns()) {
                all.addArray()
                        .add(column.schema())
                        .add(column.table())
                        .add(column.column())
                        .add(rule(tag));
            }
        }
        return all.toString();
    }

    private static String rule(ColumnTag tag) {
        String text = tag.text();
        return VERSION + " " + tag.mask().wire() + (text == null ? "" : " " + text);
    }

    /**
     * Masks just these columns, in the connection's transaction; columns that were masked before
     * and are not among them are given back.
     *
     * @return the statements that did it
     */
    static List<String> put(Connection connection, String role, Masking masking)
            throws SQLException {
        Masks masks = new Masks(connection, role);
        masks.giveBack();
        masks.makeOwner();
        Map<String, Map<ColumnName, ColumnTag>> tables = new TreeMap<>();
        for (ColumnTag tag : masking.tags()) {
            for (ColumnName column : tag.columns()) {
                tables.computeIfAbsent(column.schema() + "." + column.table(), _ -> new TreeMap<>())
                        .put(column, tag);
            }
        }
        for (Map<ColumnName, ColumnTag> columns : tables.values()) {
            masks.maskTable(columns);
        }
        List<String> wrong = masks.wrong(asked(masking));
        if (!wrong.isEmpty()) {
            throw Enrolment.refused("the masks would not hold: " + String.join("; ", wrong));
        }
        return masks.ran;
    }

    /** Gives back all that was taken, in the connection's transaction. */
    static List<String> remove(Connection connection, String role) throws SQLException {
        Masks masks = new Masks(connection, role);
        if (!masks.giveBack().isEmpty()) {
            masks.run("drop schema if exists " + masks.login);
        }
        return masks.ran;
    }

    /** What is wrong with the masks that are noted for the role; empty where they hold. */
    static List<String> wrong(Connection connection, String role) throws SQLException {
        Masks masks = new Masks(connection, role);
        return masks.listed("select to_regclass('sallyport.mask')::text").isEmpty()
                ? List.of()
                : masks.wrong(null);
    }

    private List<String> wrong(@Nullable String asked) throws SQLException {
        return listed("select sallyport.unmasked_of(?, ?::jsonb)", role, asked);
    }

    /** Tables that have masks of the role's, each as its name is noted. */
    private List<String> giveBack() throws SQLException {
        List<String> places = new ArrayList<>();
        List<String> undoing = new ArrayList<>();
        try (PreparedStatement statement =
                connection.prepareStatement(
                        """
                        select w.place, w.view_schema, w.view_name, w.undo, exists (
                            select from sallyport.mask_view o where o.place = w.place and o.role <> w.role)
                        from sallyport.mask_view w where w.role = ? order by 1
                        """)) {
            statement.setString(1, role);
            try (ResultSet rows = statement.executeQuery()) {
                while (rows.next()) {
                    String place = rows.getString(1);
                    places.add(place);
                    undoing.add("");
                    undoing.add(
                            "drop view if exists "
                                    + Enrolment.quoted(rows.getString(2))
                                    + "."
                                    + Enrolment.quoted(rows.getString(3)));
                    Array undo = rows.getArray(4);
                    undoing.addAll(List.of((String[]) undo.getArray()));
                    if (!rows.getBoolean(5)) {
                        undoing.add(place);
                        undoing.add("revoke all on " + place + " from " + OWNER);
                    }
                }
            }
        }
        for (int i = 0; i < undoing.size(); i += 2) {
            String place = undoing.get(i);
            if (place.isEmpty() || isThere(place)) {
                run(undoing.get(i + 1));
            }
        }
        if (!places.isEmpty()) {
            String of = " where role = " + literal(role);
            run("delete from sallyport.mask" + of);
            run("delete from sallyport.mask_view" + of);
        }
        return places;
    }

    private boolean isThere(String place) throws SQLException {
        return !listed("select to_regclass(?)::text", place).isEmpty();
    }

    private void makeOwner() throws SQLException {
        List<String> fit =
                listed(
                        "select (rolcanlogin or rolsuper or rolbypassrls)::text from pg_catalog.pg_roles"
                                + " where rolname = ?",
                        OWNER);
        if (fit.isEmpty()) {
            run(
                    "create role "
                            + OWNER
                            + " nologin nosuperuser nobypassrls noinherit nocreatedb nocreaterole"
                            + " noreplication");
        } else if (!"false".equals(fit.getFirst())) {
            throw Enrolment.refused(
                    "role " + OWNER + " must be nologin, nosuperuser and nobypassrls");
        }
        if ("false"
                .equals(
                        listed("select pg_catalog.pg_has_role(?, 'usage')::text", OWNER)
                                .getFirst())) {
            run("grant " + OWNER + " to current_user");
        }
        List<String> owner =
                listed(
                        "select r.rolname from pg_catalog.pg_namespace n join pg_catalog.pg_roles r"
                                + " on r.oid = n.nspowner where n.nspname = ?",
                        role);
        if (owner.isEmpty()) {
            run("create schema " + login + " authorization " + OWNER);
            run("grant usage on schema " + login + " to " + login);
        } else if (!OWNER.equals(owner.getFirst())) {
            throw Enrolment.refused(
                    "schema "
                            + login
                            + " is there already and is another's; the views would stand in it");
        }
        run(KEY);
        run("grant select on sallyport.mask_key to " + OWNER);
    }

    /** One column as the catalogue has it. */
    private record Column(
            String name,
            short number,
            String type,
            String typeName,
            boolean builtin,
            @Nullable String collation,
            Set<String> rights) {
        /** Whether it is a text whose length the type does not limit. */
        boolean isText() {
            return builtin && Set.of("text", "varchar").contains(typeName);
        }

        boolean isPaddedText() {
            return builtin && typeName.equals("bpchar");
        }

        boolean isNumber() {
            return builtin && Set.of("int2", "int4", "int8", "numeric").contains(typeName);
        }
    }

    private void maskTable(Map<ColumnName, ColumnTag> masked) throws SQLException {
        ColumnName any = masked.keySet().iterator().next();
        String place = Enrolment.quoted(any.schema()) + "." + Enrolment.quoted(any.table());
        List<String> found = listed(TABLE, any.schema(), any.table());
        if (found.isEmpty()) {
            throw Enrolment.refused("there is no table " + any.schema() + "." + any.table());
        }
        long table = Long.parseLong(found.getFirst());
        String noted =
                listed("select format('%I.%I', ?::text, ?::text)", any.schema(), any.table())
                        .getFirst();
        refuseNarrowPolicies(table, place);
        List<Column> columns = columns(table);
        Map<String, ColumnTag> tags = new LinkedHashMap<>();
        masked.forEach((column, tag) -> tags.put(column.column(), tag));
        Set<String> notUpdated = new TreeSet<>(tags.keySet());
        Set<String> notInserted = new TreeSet<>(tags.keySet());
        for (String name : tags.keySet()) {
            Column column =
                    columns.stream()
                            .filter(one -> one.name().equals(name))
                            .findFirst()
                            .orElseThrow(() ->
                                    Enrolment.refused("table " + place + " has no column " + name));
            addSharing(table, place, column, notUpdated, notInserted);
        }
        Set<String> rights = new TreeSet<>(listed(TABLE_RIGHTS, role, table));
        List<String> undo = new ArrayList<>();
        take(noted, rights, columns, undo);
        try (PreparedStatement children = connection.prepareStatement(CHILDREN)) {
            children.setLong(1, table);
            try (ResultSet rows = children.executeQuery()) {
                while (rows.next()) {
                    long child = rows.getLong(2);
                    take(
                            rows.getString(1),
                            new TreeSet<>(listed(TABLE_RIGHTS, role, child)),
                            columns(child),
                            undo);
                }
            }
        }
        List<Column> readable = having(columns, rights, "SELECT", Set.of());
        List<Column> insertable = having(columns, rights, "INSERT", notInserted);
        List<Column> updatable = having(columns, rights, "UPDATE", notUpdated);
        List<Column> plain =
                readable.stream().filter(column -> !tags.containsKey(column.name())).toList();
        grant("select", plain, ", tableoid, ctid, xmin, xmax", noted, login);
        grant("insert", insertable, "", noted, login);
        grant("update", updatable, "", noted, login);
        if (readable.isEmpty()) {
            throw Enrolment.refused(
                    "the login reads no column of " + place + ": there is nothing to mask");
        }
        String view = viewName(any);
        String viewPlace = login + "." + Enrolment.quoted(view);
        run("grant usage on schema " + Enrolment.quoted(any.schema()) + " to " + OWNER);
        grant("select", readable, "", noted, OWNER);
        run(
                "create view "
                        + viewPlace
                        + " with (security_barrier = true) as select "
                        + readable.stream()
                                .map(column -> shown(column, tags.get(column.name()), place))
                                .collect(Collectors.joining(", "))
                        + " from "
                        + noted
                        + " t");
        comment(table, "view " + viewPlace, 0);
        for (Column column : readable) {
            comment(
                    table,
                    "column " + viewPlace + "." + Enrolment.quoted(column.name()),
                    column.number());
        }
        run("alter view " + viewPlace + " owner to " + OWNER);
        run("grant select on " + viewPlace + " to " + login);
        for (var write : Map.of("insert", insertable, "update", updatable).entrySet()) {
            List<Column> inView = write.getValue().stream().filter(readable::contains).toList();
            grant(write.getKey(), inView, "", noted, OWNER);
            grant(write.getKey(), inView, "", viewPlace, login);
        }
        if (rights.contains("DELETE")) {
            run("grant delete on " + noted + " to " + OWNER);
            run("grant delete on " + viewPlace + " to " + login);
        }
        note(noted, view, undo, tags);
    }

    private void comment(long table, String on, int column) throws SQLException {
        for (String words :
                listed(
                        "select description from pg_catalog.pg_description where objoid = ?"
                                + " and classoid = 'pg_catalog.pg_class'::regclass and objsubid = ?",
                        table,
                        column)) {
            run("comment on " + on + " is " + literal(words));
        }
    }

    private void note(String place, String view, List<String> undo, Map<String, ColumnTag> tags)
            throws SQLException {
        run(
                "insert into sallyport.mask_view (role, place, view_schema, view_name, definition, undo)"
                        + " values ("
                        + String.join(
                                ", ",
                                literal(role),
                                literal(place),
                                literal(role),
                                literal(view),
                                "sallyport.definition("
                                        + literal(login + "." + Enrolment.quoted(view))
                                        + "::regclass)",
                                "array["
                                        + undo.stream()
                                                .map(Masks::literal)
                                                .collect(Collectors.joining(", "))
                                        + "]::text[]")
                        + ")");
        for (Map.Entry<String, ColumnTag> tag : tags.entrySet()) {
            run(
                    "insert into sallyport.mask (role, place, column_name, rule) values ("
                            + String.join(
                                    ", ",
                                    literal(role),
                                    literal(place),
                                    literal(tag.getKey()),
                                    literal(rule(tag.getValue())))
                            + ")");
        }
    }

    /** A table of schema public keeps its name; others' have their schema's before it. */
    private String viewName(ColumnName table) throws SQLException {
        String name =
                table.schema().equals("public")
                        ? table.table()
                        : table.schema() + "_" + table.table();
        if (name.length() > NAME_BYTES_MAX) {
            throw Enrolment.refused("the name of the view would be too long: " + name);
        }
        boolean taken =
                (!table.schema().equals("public") && isThere("public." + Enrolment.quoted(name)))
                        || isThere(login + "." + Enrolment.quoted(name));
        if (taken) {
            throw Enrolment.refused("there is a " + name + " already, and the view would hide it");
        }
        return name;
    }

    private void refuseNarrowPolicies(long table, String place) throws SQLException {
        List<String> narrow = listed(NARROW_POLICIES, table);
        if (!narrow.isEmpty()) {
            throw Enrolment.refused(
                    "policies of "
                            + place
                            + " are for some roles only and would not hold in its view: "
                            + narrow
                            + ". Make them for all roles (to public)");
        }
    }

    private void addSharing(
            long table,
            String place,
            Column column,
            Set<String> notUpdated,
            Set<String> notInserted)
            throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(SHARING)) {
            statement.setLong(1, table);
            statement.setShort(2, column.number());
            statement.setLong(3, table);
            try (ResultSet rows = statement.executeQuery()) {
                while (rows.next()) {
                    if (Set.of("f", "r").contains(rows.getString(2))) {
                        throw Enrolment.refused(
                                "column "
                                        + column.name()
                                        + " of "
                                        + place
                                        + " is part of a foreign key, which tells its values, and"
                                        + " cannot be masked");
                    }
                    notUpdated.add(rows.getString(1));
                    if (rows.getBoolean(3)) {
                        notInserted.add(rows.getString(1));
                    }
                }
            }
        }
    }

    /** Takes the login's rights on a table, and notes the statements that give them back. */
    private void take(String place, Set<String> rights, List<Column> columns, List<String> undo)
            throws SQLException {
        String all = "revoke select, insert, update, references on " + place + " from " + login;
        List<String> statements = new ArrayList<>();
        statements.add(all);
        for (String right : TAKEN) {
            if (rights.contains(right)) {
                statements.add("grant " + right + " on " + place + " to " + login);
            }
            List<Column> only =
                    columns.stream().filter(column -> column.rights().contains(right)).toList();
            if (!only.isEmpty()) {
                statements.add(
                        "grant " + right + " (" + names(only) + ") on " + place + " to " + login);
            }
        }
        for (String statement : statements) {
            undo.add(place);
            undo.add(statement);
        }
        run(all);
    }

    private static List<Column> having(
            List<Column> columns, Set<String> rights, String right, Set<String> without) {
        return columns.stream()
                .filter(column -> rights.contains(right) || column.rights().contains(right))
                .filter(column -> !without.contains(column.name()))
                .toList();
    }

    private void grant(
            String right, List<Column> columns, String more, String place, String grantee)
            throws SQLException {
        if (!columns.isEmpty()) {
            run(
                    "grant "
                            + right
                            + " ("
                            + names(columns)
                            + more
                            + ") on "
                            + place
                            + " to "
                            + grantee);
        }
    }

    private static String names(Collection<Column> columns) {
        return columns.stream()
                .map(column -> Enrolment.quoted(column.name()))
                .collect(Collectors.joining(", "));
    }

    /** A column of a view: the table's own, or what is shown in its place. */
    private static String shown(Column column, @Nullable ColumnTag tag, String place) {
        String name = Enrolment.quoted(column.name());
        return tag == null ? "t." + name : masked(column, tag, place) + " as " + name;
    }

    /**
     * What is shown in place of a value. Only texts and whole numbers are shown in part: how dates
     * and the like are written is the caller's choice, and each writing would show another part.
     */
    private static String masked(Column column, ColumnTag tag, String place) {
        String value = "(t." + Enrolment.quoted(column.name()) + "::text collate \"C\")";
        Mask mask = tag.mask();
        boolean text = column.isText() || column.isPaddedText();
        if ((mask == Mask.PARTIAL && !text)
                || (mask == Mask.LAST_FOUR && !text && !column.isNumber())) {
            throw Enrolment.refused(
                    "column %s of %s is a %s, of which no part can be shown: mask it by empty, fixed or hash"
                            .formatted(column.name(), place, column.type()));
        }
        String made =
                switch (mask) {
                    case EMPTY -> "null::" + column.type();
                    case FIXED -> literal(Objects.requireNonNull(tag.text())) + "::text";
                    case PARTIAL -> partial(value);
                    case LAST_FOUR ->
                            "case when length("
                                    + value
                                    + ") >= 8 then '****' || right("
                                    + value
                                    + ", 4) when "
                                    + value
                                    + " is not null then '****' end";
                    case HASH ->
                            "encode(sha256((select k.outer_block from sallyport.mask_key k) ||"
                                    + " sha256((select k.inner_block from sallyport.mask_key k) ||"
                                    + " convert_to("
                                    + value
                                    + ", 'UTF8'))), 'hex')";
                };
        if (mask == Mask.EMPTY) {
            return made;
        }
        String type = column.isText() ? "::" + column.typeName() : "::text";
        String collation = column.isText() ? column.collation() : null;
        return "(("
                + made
                + ")"
                + type
                + " collate "
                + (collation == null ? "pg_catalog.\"default\"" : collation)
                + ")";
    }

    private static String partial(String value) {
        return "case when "
                + value
                + " ~ '^[^@[:space:]]{3,}@[A-Za-z0-9.-]+[.][A-Za-z]{2,24}$' then left("
                + value
                + ", 1) || '***' || substr("
                + value
                + ", position('@' in "
                + value
                + ")) when "
                + value
                + " ~ '^[^@[:space:]]+@[A-Za-z0-9.-]+[.][A-Za-z]{2,24}$' then '***' || substr("
                + value
                + ", position('@' in "
                + value
                + ")) when length("
                + value
                + ") >= 8 then left("
                + value
                + ", 2) || '***' when "
                + value
                + " is not null then '***' end";
    }

    private List<Column> columns(long table) throws SQLException {
        List<Column> columns = new ArrayList<>();
        try (PreparedStatement statement = connection.prepareStatement(COLUMNS)) {
            statement.setString(1, role);
            statement.setLong(2, table);
            try (ResultSet rows = statement.executeQuery()) {
                while (rows.next()) {
                    String rights = rows.getString("rights");
                    columns.add(
                            new Column(
                                    rows.getString("attname"),
                                    rows.getShort("attnum"),
                                    rows.getString("type"),
                                    rows.getString("typname"),
                                    rows.getBoolean("builtin"),
                                    rows.getString("collation"),
                                    rights == null ? Set.of() : Set.of(rights.split(","))));
                }
            }
        }
        return columns;
    }

    private void run(String sql) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            statement.execute(sql);
        }
        ran.add(sql);
    }

    /** The first column of the rows, without nulls. */
    private List<String> listed(String query, @Nullable Object... values) throws SQLException {
        List<String> listed = new ArrayList<>();
        try (PreparedStatement statement = connection.prepareStatement(query)) {
            for (int i = 0; i < values.length; i++) {
                statement.setObject(i + 1, values[i]);
            }
            try (ResultSet rows = statement.executeQuery()) {
                while (rows.next()) {
                    String value = rows.getString(1);
                    if (value != null) {
                        listed.add(value);
                    }
                }
            }
        }
        return listed;
    }

    /** A text as SQL writes it, whatever {@code standard_conforming_strings} is. */
    static String literal(String text) {
        String quoted = "'" + text.replace("'", "''") + "'";
        return text.indexOf('\\') < 0 ? quoted : " E" + quoted.replace("\\", "\\\\");
    }
}
