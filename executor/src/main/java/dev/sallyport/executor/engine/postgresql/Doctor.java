package dev.sallyport.executor.engine.postgresql;

import dev.sallyport.executor.engine.Finding;
import dev.sallyport.executor.engine.Finding.Severity;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Looks for what an agent's login could reach beside the sealed context. */
final class Doctor {
    /** A finding about many objects names so many. */
    private static final int NAMED_MAX = 20;

    private static final String LOGIN =
            """
            select l.tenant, exists (
                select from pg_catalog.pg_db_role_setting s
                join pg_catalog.pg_roles r on r.oid = s.setrole
                where r.rolname = l.role and 'track_activities=off' = any (s.setconfig))
            from sallyport.login l where l.role = ?
            """;
    private static final String RELATIONS =
            """
            select c.oid, c.relkind::text as kind, n.nspname || '.' || c.relname as name,
                c.relrowsecurity, c.relforcerowsecurity,
                coalesce('security_invoker=true' = any (c.reloptions)
                    or 'security_invoker=on' = any (c.reloptions), false) as invoker,
                has_table_privilege(?, c.oid, 'TRUNCATE') as truncates,
                has_table_privilege(?, c.oid, 'REFERENCES')
                    or has_any_column_privilege(?, c.oid, 'REFERENCES') as refers,
                has_table_privilege(?, c.oid, 'TRIGGER') as triggers
            from pg_catalog.pg_class c
            join pg_catalog.pg_namespace n on n.oid = c.relnamespace
            where c.relkind in ('r', 'p', 'v', 'm', 'f')
                and n.nspname not in ('pg_catalog', 'information_schema', 'sallyport')
                and n.nspname !~ '^pg_(toast|temp)'
                and has_schema_privilege(?, n.oid, 'USAGE')
                and (has_table_privilege(?, c.oid,
                        'SELECT, INSERT, UPDATE, DELETE, TRUNCATE, REFERENCES, TRIGGER')
                    or has_any_column_privilege(?, c.oid, 'SELECT, INSERT, UPDATE, REFERENCES'))
                and not exists (select from pg_catalog.pg_depend d
                    where d.classid = 'pg_catalog.pg_class'::regclass and d.objid = c.oid
                        and d.deptype = 'e')
                and not exists (select from pg_catalog.pg_roles w
                    where w.oid = c.relowner and c.relkind = 'v' and w.rolname = 'sallyport_masks')
            order by 3
            """;
    private static final String POLICIES =
            """
            select p.polname, p.polpermissive, p.polcmd::text as command,
                pg_catalog.pg_get_expr(p.polqual, p.polrelid) as using_expression,
                pg_catalog.pg_get_expr(p.polwithcheck, p.polrelid) as check_expression
            from pg_catalog.pg_policy p
            where p.polrelid = ?
                and (0 = any (p.polroles)
                    or (select oid from pg_catalog.pg_roles where rolname = ?) = any (p.polroles))
            order by 1
            """;
    private static final String DEFINER_FUNCTIONS =
            """
            select p.oid::regprocedure::text
            from pg_catalog.pg_proc p
            join pg_catalog.pg_namespace n on n.oid = p.pronamespace
            join pg_catalog.pg_roles r on r.rolname = ?
            where (p.prosecdef or p.proname ~ '^dblink')
                and n.nspname not in ('pg_catalog', 'information_schema', 'sallyport')
                and has_schema_privilege(r.oid, n.oid, 'USAGE')
                and has_function_privilege(r.oid, p.oid, 'EXECUTE')
            order by 1
            """;

    private static final String CREATABLE =
            """
            select 'schema ' || n.nspname from pg_catalog.pg_namespace n
            join pg_catalog.pg_roles r on r.rolname = ?
            where n.nspname !~ '^pg_(toast|temp)' and has_schema_privilege(r.oid, n.oid, 'CREATE')
            union all
            select 'database ' || d.datname from pg_catalog.pg_database d
            join pg_catalog.pg_roles r on r.rolname = ?
            where d.datname = current_database() and has_database_privilege(r.oid, d.oid, 'CREATE')
            order by 1
            """;
    private static final String OWN_RIGHTS =
            """
            select c.oid::regclass::text from pg_catalog.pg_class c
            join pg_catalog.pg_roles r on r.rolname = ?
            where c.relnamespace = 'sallyport'::regnamespace and c.relkind = 'r'
                and (has_table_privilege(r.oid, c.oid,
                        'SELECT, INSERT, UPDATE, DELETE, TRUNCATE, REFERENCES, TRIGGER')
                    or has_any_column_privilege(r.oid, c.oid, 'SELECT, INSERT, UPDATE, REFERENCES'))
            union all
            select p.oid::regprocedure::text from pg_catalog.pg_proc p
            join pg_catalog.pg_roles r on r.rolname = ?
            where p.pronamespace = 'sallyport'::regnamespace
                and p.proname not in ('open', 'enter', 'settle', 'claim', 'effect', 'start', 'changes',
                    'changes_since', 'own_transactions', 'hindrances', 'rows_query', 'rows_now', 'rows_held', 'unmasked')
                and has_function_privilege(r.oid, p.oid, 'EXECUTE')
            order by 1
            """;
    private static final String SETTINGS =
            """
            select distinct split_part(setting, '=', 1)
            from pg_catalog.pg_db_role_setting s
            join pg_catalog.pg_roles r on r.oid = s.setrole
            cross join lateral unnest(s.setconfig) as c (setting)
            where r.rolname = ?
                and split_part(setting, '=', 1) in ('search_path', 'role', 'row_security',
                    'session_preload_libraries', 'local_preload_libraries', 'synchronous_commit',
                    'standard_conforming_strings', 'default_transaction_isolation')
            order by 1
            """;

    private static final String FOLDED_FUNCTIONS =
            """
            select p.oid::regprocedure::text
            from pg_catalog.pg_proc p
            join pg_catalog.pg_namespace n on n.oid = p.pronamespace
            where p.provolatile = 'i'
                and n.nspname not in ('pg_catalog', 'information_schema', 'sallyport')
                and (p.prosrc ~* '\\mclaim\\M|current_query'
                    or exists (select from pg_catalog.pg_depend d
                        where d.classid = 'pg_catalog.pg_proc'::regclass and d.objid = p.oid
                            and d.refclassid = 'pg_catalog.pg_proc'::regclass
                            and d.refobjid = to_regprocedure('sallyport.claim(text)')))
            order by 1
            """;
    private static final String OTHER_DATABASES =
            """
            select d.datname from pg_catalog.pg_database d
            where d.datname <> current_database() and d.datallowconn
                and has_database_privilege(?, d.oid, 'CONNECT')
            order by 1
            """;

    private static final String SEQUENCES =
            """
            select c.oid::regclass::text
            from pg_catalog.pg_class c
            join pg_catalog.pg_namespace n on n.oid = c.relnamespace
            join pg_catalog.pg_roles r on r.rolname = ?
            where c.relkind = 'S' and n.nspname not in ('pg_catalog', 'information_schema', 'sallyport')
                and n.nspname !~ '^pg_(toast|temp)'
                and has_schema_privilege(r.oid, n.oid, 'USAGE')
                and has_sequence_privilege(r.oid, c.oid, 'SELECT, UPDATE')
            order by 1
            """;

    /** Foreign keys of a table to one with policies, with their own columns. */
    private static final String FOREIGN_KEYS =
            """
            select k.conname, array(select a.attname::text from pg_catalog.pg_attribute a
                where a.attrelid = k.conrelid and a.attnum = any (k.conkey))
            from pg_catalog.pg_constraint k
            join pg_catalog.pg_class c on c.oid = k.confrelid and c.relrowsecurity
            where k.conrelid = ? and k.contype = 'f'
            order by 1
            """;

    /** Unique and other B-tree indexes, none of whose tables is without the tenant's policy. */
    private static final String INDEXES =
            """
            select i.indexrelid::regclass::text, a.attname,
                (i.indisunique and i.indexprs is null) as uniquely,
                array(select b.attname::text from pg_catalog.pg_attribute b
                    where b.attrelid = i.indrelid and b.attnum = any (i.indkey)) as names
            from pg_catalog.pg_index i
            join pg_catalog.pg_class c on c.oid = i.indexrelid
            join pg_catalog.pg_am m on m.oid = c.relam and m.amname = 'btree'
            left join pg_catalog.pg_attribute a
                on a.attrelid = i.indrelid and a.attnum = i.indkey[0]
            where i.indrelid = ?
            order by 1
            """;

    /** A name as the database prints it; keywords and constants are printed otherwise. */
    private static final String NAME =
            "(?:\"(?:[^\"]|\"\")++\"|(?!(?:true|false|null)\\b)[a-z_][a-z0-9_]*+)";

    /**
     * One type. A length is none of it, nor is {@code "char"}: a cast to either cuts a text, so
     * that two tenants would be one.
     */
    private static final String TYPE =
            "::(?:character varying|bit varying|double precision"
                    + "|time(?:stamp)? with(?:out)? time zone"
                    + "|(?!\"char\"|character\\b)"
                    + NAME
                    + "(?:\\."
                    + NAME
                    + ")?)(?:\\[\\])?";

    /** Casts of a column that keep different values different. */
    private static final String TELLING_TYPE = "::(?:text|character varying|uuid)";

    private static final String COLUMN = cast(NAME, TELLING_TYPE);
    private static final String FUNCTION = "sallyport\\.claim\\('tenant'::text\\)";
    private static final String CLAIM =
            cast("(?:" + FUNCTION + "|\\( SELECT " + cast(FUNCTION, TYPE) + " AS claim\\))", TYPE);
    private static final String OWN = "\\(" + COLUMN + " = " + CLAIM + "\\)";

    /**
     * A policy's expression, as the database prints it, that lets through only the tenant's own.
     */
    private static final Pattern SEALED = Pattern.compile(OWN + "|\\(" + OWN + " AND .*\\)");

    private static final Pattern FIRST_NAME = Pattern.compile(NAME);

    private final Connection connection;
    private final String role;
    private final List<Finding> findings = new ArrayList<>();

    private Doctor(Connection connection, String role) {
        this.connection = connection;
        this.role = role;
    }

    static List<Finding> examine(Connection connection, String role) throws SQLException {
        Doctor doctor = new Doctor(connection, role);
        if (doctor.names("select 1 where to_regnamespace('sallyport') is not null").isEmpty()) {
            doctor.leak(
                    "database",
                    "it is not enrolled",
                    "run the enrolment for role " + role + " first");
            return doctor.findings;
        }
        List<String> faults = RoleFaults.of(connection, role);
        for (String fault : faults) {
            doctor.leak("role " + role, fault, "give agents a login without it");
        }
        if (faults.contains(RoleFaults.MISSING)) {
            return doctor.findings;
        }
        doctor.examineLogin();
        doctor.examineRelations();
        doctor.examineMasks();
        doctor.examineRights();
        return List.copyOf(doctor.findings);
    }

    private void examineLogin() throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(LOGIN)) {
            statement.setString(1, role);
            try (ResultSet rows = statement.executeQuery()) {
                if (!rows.next()) {
                    leak("role " + role, "it is not enrolled", "enrol it as an agent's login");
                } else if (rows.getString(1) == null) {
                    caution(
                            "role " + role,
                            "tenants share this login and could cancel each other's statements",
                            "enrol a login for each tenant");
                    if (!rows.getBoolean(2)) {
                        leak(
                                "role " + role,
                                "tenants share this login and read each other's statements in"
                                        + " pg_stat_activity",
                                hidden());
                    }
                } else if (!rows.getBoolean(2)) {
                    caution(
                            "role " + role,
                            "principals of the tenant read each other's statements in"
                                    + " pg_stat_activity",
                            hidden());
                }
            }
        }
    }

    private void examineMasks() throws SQLException {
        for (String wrong : Masks.wrong(connection, role)) {
            int colon = wrong.indexOf(": ");
            leak(
                    "column " + wrong.substring(0, Math.max(0, colon)),
                    wrong.substring(colon + 2),
                    "put that right and run sallyport database mask again");
        }
    }

    private String hidden() {
        return "alter role " + role + " set track_activities = off";
    }

    private void examineRelations() throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(RELATIONS)) {
            for (int i = 1; i <= 7; i++) {
                statement.setString(i, role);
            }
            try (ResultSet rows = statement.executeQuery()) {
                while (rows.next()) {
                    examineRelation(rows);
                }
            }
        }
    }

    private void examineRelation(ResultSet relation) throws SQLException {
        String name = relation.getString("name");
        switch (relation.getString("kind")) {
            case "v" -> {
                if (!relation.getBoolean("invoker")) {
                    leak(
                            "view " + name,
                            "it reads its tables as its owner",
                            "alter view " + name + " set (security_invoker = true)");
                }
            }
            case "m" ->
                    leak(
                            "materialized view " + name,
                            "row-level security does not reach it",
                            "revoke all on " + name + " from " + role);
            case "f" ->
                    leak(
                            "foreign table " + name,
                            "row-level security does not reach it",
                            "revoke all on " + name + " from " + role);
            default -> examineTable(relation, name);
        }
    }

    private void examineTable(ResultSet relation, String name) throws SQLException {
        if (!relation.getBoolean("relrowsecurity")) {
            leak(
                    "table " + name,
                    "it has no row-level security",
                    "put it under the tenant's policy, or revoke all on " + name + " from " + role);
        } else {
            if (!relation.getBoolean("relforcerowsecurity")) {
                leak(
                        "table " + name,
                        "its owner, and so a view or function of its owner, stands above its"
                                + " policies",
                        "alter table " + name + " force row level security");
            }
            examinePolicies(relation.getLong("oid"), name);
        }
        if (relation.getBoolean("truncates")) {
            leak(
                    "table " + name,
                    "TRUNCATE is above row-level security",
                    "revoke truncate on " + name + " from " + role);
        }
        if (relation.getBoolean("refers")) {
            leak(
                    "table " + name,
                    "a foreign key tells which of another tenant's keys exist",
                    "revoke references on " + name + " from " + role);
        }
        if (relation.getBoolean("triggers")) {
            leak(
                    "table " + name,
                    "a trigger runs as whoever writes",
                    "revoke trigger on " + name + " from " + role);
        }
    }

    private void examinePolicies(long table, String name) throws SQLException {
        List<String> open = new ArrayList<>();
        Set<String> tenantColumns = new TreeSet<>();
        boolean fenced = false;
        try (PreparedStatement statement = connection.prepareStatement(POLICIES)) {
            statement.setLong(1, table);
            statement.setString(2, role);
            try (ResultSet rows = statement.executeQuery()) {
                while (rows.next()) {
                    boolean sealed =
                            sealed(
                                    rows.getString("command"),
                                    rows.getString("using_expression"),
                                    rows.getString("check_expression"));
                    if (sealed) {
                        tenantColumns(rows.getString("using_expression"), tenantColumns);
                    }
                    if (rows.getBoolean("polpermissive")) {
                        if (!sealed) {
                            open.add(rows.getString("polname"));
                        }
                    } else {
                        fenced |= sealed && "*".equals(rows.getString("command"));
                    }
                }
            }
        }
        adviseIndexes(table, tenantColumns);
        adviseForeignKeys(table, name, tenantColumns);
        if (!fenced) {
            for (String policy : open) {
                leak(
                        "policy " + policy + " on " + name,
                        "it does not hold to the sealed tenant",
                        "compare the tenant's column with (select sallyport.claim('tenant'))");
            }
        }
    }

    /** Adds the column that a sealed policy compares with the tenant. */
    private static void tenantColumns(@Nullable String expression, Set<String> columns) {
        Matcher first = FIRST_NAME.matcher(expression == null ? "" : expression);
        if (first.find()) {
            String name = first.group();
            columns.add(
                    name.startsWith("\"")
                            ? name.substring(1, name.length() - 1).replace("\"\"", "\"")
                            : name);
        }
    }

    /** Whether a policy lets through the tenant's own rows only, in what it reads and writes. */
    static boolean sealed(String command, @Nullable String using, @Nullable String check) {
        return switch (command) {
            case "a" -> own(check);
            case "r", "d" -> own(using);
            default -> own(using) && (check == null || own(check));
        };
    }

    /** The value as it is, or under up to two casts. */
    private static String cast(String value, String type) {
        String once = "\\(" + value + "\\)" + type;
        String twice = "\\(" + once + "\\)" + type;
        return "(?:" + value + "|" + once + "|" + twice + ")";
    }

    private static boolean own(@Nullable String expression) {
        return expression != null && SEALED.matcher(expression.replaceAll("\\s+", " ")).matches();
    }

    private void examineRights() throws SQLException {
        for (String function : names(DEFINER_FUNCTIONS, role)) {
            leak(
                    "function " + function,
                    "it runs as its owner, or opens a connection of its own",
                    "revoke execute on function " + function + " from public, " + role);
        }
        List<String> attributes = Hardening.attributes(connection, role);
        if (!attributes.isEmpty()) {
            advise(
                    "function " + listed(attributes),
                    "a policy, default, trigger, operator or the like needs it, or it was granted to"
                            + " the role; a statement may call it as (x).f or by the operator or"
                            + " cast that it is behind, which the gateway does not look up",
                    "let it do nothing that a caller must not do, or revoke execute on it from"
                            + " public where nothing of the agents' needs it");
        }
        for (String place : names(CREATABLE, role, role)) {
            leak(
                    place,
                    "what the role creates there runs in other callers' statements",
                    "revoke create on " + place + " from public, " + role);
        }
        for (String function : names(FOLDED_FUNCTIONS)) {
            leak(
                    "function " + function,
                    "it is IMMUTABLE and reads the context: its value is kept in a plan for another"
                            + " caller",
                    "alter function " + function + " stable");
        }
        List<String> beside = Hardening.reach(connection, role);
        if (!beside.isEmpty()) {
            caution(
                    listed(beside),
                    "callers see or disturb each other with it",
                    "revoke it from public and "
                            + role
                            + ", as the enrolment does when a superuser runs it");
        }
        for (String object : names(OWN_RIGHTS, role, role)) {
            leak(object, "the seal's own parts are open to the role", "run the enrolment again");
        }
        for (String sequence : names(SEQUENCES, role)) {
            caution(
                    "sequence " + sequence,
                    "its last value counts the rows of all tenants, and whoever sets it stops"
                            + " their inserts",
                    "revoke select, update on sequence "
                            + sequence
                            + " from public, "
                            + role
                            + "; usage is enough to insert");
        }
        List<String> others = names(OTHER_DATABASES, role);
        if (!others.isEmpty()) {
            advise(
                    "database " + listed(others),
                    "whoever has the login's password may connect to it",
                    "revoke connect on it from public, and grant it to its users");
        }
        for (String setting : names(SETTINGS, role)) {
            caution(
                    "role " + role,
                    "its setting " + setting + " changes what its statements mean",
                    "alter role " + role + " reset " + setting);
        }
    }

    private List<String> names(String query, String... parameters) throws SQLException {
        List<String> names = new ArrayList<>();
        try (PreparedStatement statement = connection.prepareStatement(query)) {
            for (int i = 0; i < parameters.length; i++) {
                statement.setString(i + 1, parameters[i]);
            }
            try (ResultSet rows = statement.executeQuery()) {
                while (rows.next()) {
                    names.add(rows.getString(1));
                }
            }
        }
        return names;
    }

    private static String listed(List<String> objects) {
        return objects.size() <= NAMED_MAX
                ? String.join(", ", objects)
                : String.join(", ", objects.subList(0, NAMED_MAX))
                        + " and "
                        + (objects.size() - NAMED_MAX)
                        + " more";
    }

    private void adviseIndexes(long table, Set<String> tenantColumns) throws SQLException {
        if (tenantColumns.isEmpty()) {
            return;
        }
        try (PreparedStatement statement = connection.prepareStatement(INDEXES)) {
            statement.setLong(1, table);
            try (ResultSet rows = statement.executeQuery()) {
                while (rows.next()) {
                    if (!tenantColumns.contains(String.valueOf(rows.getString(2)))) {
                        boolean tells = rows.getBoolean(3) && !holdsAny(rows, 4, tenantColumns);
                        advise(
                                "index " + rows.getString(1),
                                "it does not begin with the tenant's column, so that the time a"
                                        + " search takes tells of other tenants' rows"
                                        + (tells
                                                ? ", and a duplicate tells that another tenant has"
                                                        + " the value"
                                                : ""),
                                "begin it with " + String.join(" or ", tenantColumns));
                    }
                }
            }
        }
    }

    /** Foreign keys are checked above row-level security. */
    private void adviseForeignKeys(long table, String name, Set<String> tenantColumns)
            throws SQLException {
        if (tenantColumns.isEmpty()) {
            return;
        }
        try (PreparedStatement statement = connection.prepareStatement(FOREIGN_KEYS)) {
            statement.setLong(1, table);
            try (ResultSet rows = statement.executeQuery()) {
                while (rows.next()) {
                    if (!holdsAny(rows, 2, tenantColumns)) {
                        advise(
                                "foreign key " + rows.getString(1) + " on " + name,
                                "whether a row can be written tells which keys of other tenants"
                                        + " exist, and one may point to another tenant's row",
                                "reference the tenant's column too");
                    }
                }
            }
        }
    }

    private static boolean holdsAny(ResultSet rows, int column, Set<String> names)
            throws SQLException {
        return Arrays.stream((Object[]) rows.getArray(column).getArray())
                .map(String::valueOf)
                .anyMatch(names::contains);
    }

    private void advise(String object, String why, String remedy) {
        findings.add(new Finding(Severity.ADVICE, object, why, remedy));
    }

    private void leak(String object, String why, String remedy) {
        findings.add(new Finding(Severity.LEAK, object, why, remedy));
    }

    private void caution(String object, String why, String remedy) {
        findings.add(new Finding(Severity.CAUTION, object, why, remedy));
    }
}
