package dev.sallyport.executor.engine.postgresql;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;

/**
 * Takes from PUBLIC what lets callers see or disturb each other beside the rows. PostgreSQL has no
 * rule that denies one role what PUBLIC has. Of the system catalogue's volatile functions and of
 * its relations only those on a list stay: a newer server's are taken unless they are listed.
 *
 * <p>Each step is noted in {@code sallyport.hardening} with the statement that undoes it.
 */
final class Hardening {
    /**
     * What is PostgreSQL's to give everybody and may not be an agent's: the object, its grant as
     * text, the role that keeps it, how it is checked, and SQL around its columns where some stay.
     *
     * <p>Functions that only the server itself calls (triggers, input and output, handlers) are not
     * among them, nor what operators and casts are made of.
     */
    private static final String PLACES =
            """
            with place as (
                select 'execute on function ' || format('pg_catalog.%I(%s)', p.proname, oidvectortypes(p.proargtypes))
                        as grant_text,
                    case when p.proname in ('pg_terminate_backend', 'pg_cancel_backend') then 'pg_signal_backend'
                        else 'pg_monitor' end as keeper,
                    'function' as kind, p.oid, 'EXECUTE' as privilege, p.proowner as owner,
                    coalesce(p.proacl, acldefault('f', p.proowner)) as acl, null::text as rest
                from pg_catalog.pg_proc p
                where p.pronamespace = 'pg_catalog'::regnamespace and p.prokind in ('f', 'p')
                    and p.prorettype not in ('internal'::regtype, 'cstring'::regtype, 'trigger'::regtype,
                        'event_trigger'::regtype, 'language_handler'::regtype, 'fdw_handler'::regtype,
                        'index_am_handler'::regtype, 'table_am_handler'::regtype, 'tsm_handler'::regtype)
                    and 'internal'::regtype <> all (p.proargtypes) and 'cstring'::regtype <> all (p.proargtypes)
                    and not exists (select from pg_catalog.pg_operator o where o.oprcode = p.oid)
                    and not exists (select from pg_catalog.pg_cast c where c.castfunc = p.oid)
                    and (p.proname ~ '^pg_stat_get_|^(query|table|schema|database|cursor)_to_xml'
                        or p.proname in ('pg_get_replication_slots', 'pg_tablespace_databases')
                        or p.proname in ('age', 'mxid_age') and oidvectortypes(p.proargtypes) = 'xid'
                        or p.provolatile = 'v' and p.proname not in (
                            'clock_timestamp', 'timeofday', 'pg_sleep', 'pg_sleep_for', 'pg_sleep_until',
                            'random', 'random_normal', 'gen_random_uuid', 'uuidv4', 'uuidv7',
                            'array_sample', 'array_shuffle', 'pg_partition_tree', 'pg_partition_ancestors',
                            'nextval', 'currval', 'lastval', 'setval',
                            'current_query', 'pg_trigger_depth', 'pg_is_in_recovery',
                            'pg_advisory_unlock', 'pg_advisory_unlock_shared', 'pg_advisory_unlock_all'))
                union all
                select 'select on ' || format('pg_catalog.%I', c.relname), 'pg_monitor', 'table', c.oid, 'SELECT',
                    c.relowner, c.relacl,
                    case c.relname when 'pg_class' then (
                        select string_agg(quote_ident(a.attname), ', ' order by a.attnum)
                        from pg_catalog.pg_attribute a
                        where a.attrelid = c.oid and a.attnum > 0 and a.attname not in
                            ('relpages', 'reltuples', 'relallvisible', 'relallfrozen', 'relfrozenxid', 'relminmxid'))
                    end
                from pg_catalog.pg_class c
                where c.relnamespace = 'pg_catalog'::regnamespace and c.relkind in ('r', 'v')
                    and c.relname not in ('pg_aggregate', 'pg_am', 'pg_amop', 'pg_amproc', 'pg_attrdef', 'pg_attribute',
                        'pg_cast', 'pg_collation', 'pg_constraint', 'pg_conversion', 'pg_cursors', 'pg_depend',
                        'pg_description', 'pg_enum', 'pg_extension', 'pg_index', 'pg_indexes', 'pg_inherits',
                        'pg_language', 'pg_matviews', 'pg_namespace', 'pg_opclass', 'pg_operator', 'pg_opfamily',
                        'pg_partitioned_table', 'pg_policies', 'pg_policy', 'pg_prepared_statements', 'pg_proc',
                        'pg_range', 'pg_rewrite', 'pg_rules', 'pg_sequence', 'pg_settings', 'pg_tables',
                        'pg_timezone_abbrevs', 'pg_timezone_names', 'pg_transform', 'pg_trigger', 'pg_ts_config',
                        'pg_ts_config_map', 'pg_ts_dict', 'pg_ts_parser', 'pg_ts_template', 'pg_type', 'pg_views')
                union all
                select 'select on ' || c.oid::regclass, 'pg_monitor', 'table', c.oid, 'SELECT', c.relowner, c.relacl, null
                from pg_catalog.pg_class c
                join pg_catalog.pg_depend d on d.classid = 'pg_catalog.pg_class'::regclass and d.objid = c.oid
                    and d.deptype = 'e' and d.refclassid = 'pg_catalog.pg_extension'::regclass
                join pg_catalog.pg_extension e on e.oid = d.refobjid
                where c.relkind = 'v' and e.extname in ('pg_stat_statements', 'pg_buffercache')
                union all
                select 'execute on function ' || p.oid::regprocedure, 'pg_monitor', 'function', p.oid, 'EXECUTE', p.proowner,
                    coalesce(p.proacl, acldefault('f', p.proowner)), null
                from pg_catalog.pg_proc p
                join pg_catalog.pg_depend d on d.classid = 'pg_catalog.pg_proc'::regclass and d.objid = p.oid
                    and d.deptype = 'e' and d.refclassid = 'pg_catalog.pg_extension'::regclass
                join pg_catalog.pg_extension e on e.oid = d.refobjid
                where e.extname in ('pg_stat_statements', 'pg_buffercache')
                union all
                select 'update on pg_catalog.pg_settings', null, 'table', c.oid, 'UPDATE', c.relowner, c.relacl, null
                from pg_catalog.pg_class c where c.oid = 'pg_catalog.pg_settings'::regclass
                union all
                select 'temporary on database ' || quote_ident(d.datname), null, 'database', d.oid, 'TEMPORARY', d.datdba,
                    coalesce(d.datacl, acldefault('d', d.datdba)), null
                from pg_catalog.pg_database d where d.datname = current_database()
                union all
                select 'create on schema public', null, 'schema', n.oid, 'CREATE', n.nspowner,
                    coalesce(n.nspacl, acldefault('n', n.nspowner)), null
                from pg_catalog.pg_namespace n where n.nspname = 'public'
            )
            """;

    /** Steps and what undoes them; the only parameter is an array of roles that keep all. */
    private static final String STEPS =
            PLACES
                    + """
                    , taken as (
                        select p.*, exists (select from aclexplode(p.acl) a
                            where a.grantee = 0 and a.privilege_type = p.privilege) as public
                        from place p where pg_has_role(p.owner, 'usage')
                    )
                    select format('revoke %s from public', grant_text) as step, format('grant %s to public', grant_text) as undo,
                        1 as turn
                    from taken where public
                    union all
                    select format('grant select (%s) on pg_catalog.pg_class to public', rest),
                        format('revoke select (%s) on pg_catalog.pg_class from public', rest), 2
                    from taken where public and rest is not null
                    union all
                    -- information_schema.columns asks pg_database for the encoding, as whoever reads it
                    select format('alter function %s security definer', p.oid::regprocedure),
                        format('alter function %s security invoker', p.oid::regprocedure), 2
                    from pg_catalog.pg_proc p
                    where p.oid = to_regprocedure('information_schema._pg_char_octet_length(oid, integer)')
                        and p.prosqlbody is not null and not p.prosecdef and pg_has_role(p.proowner, 'usage')
                    union all
                    select format('grant %s to %I', t.grant_text, r.rolname),
                        format('revoke %s from %I', t.grant_text, r.rolname), 3
                    from taken t
                    join pg_catalog.pg_roles r on not r.rolsuper
                        and (t.public and r.rolname = t.keeper
                            or t.public and r.rolname = 'sallyport' and t.grant_text = 'select on pg_catalog.pg_roles'
                            or t.public and r.oid = (select datdba from pg_catalog.pg_database where datname = current_database())
                            or r.rolname = any (?)
                                and (t.public or exists (select from sallyport.hardening h
                                    where h.step = format('revoke %s from public', t.grant_text))))
                    where r.oid <> t.owner and not exists (select from aclexplode(t.acl) a
                        where a.grantee = r.oid and a.privilege_type = t.privilege)
                    order by turn, step
                    """;

    private static final String REACH =
            PLACES
                    + """
                    select grant_text from place p
                    where case kind
                        when 'function' then has_function_privilege(?, p.oid, p.privilege)
                        when 'table' then has_table_privilege(?, p.oid, p.privilege)
                            or p.rest is not null and has_column_privilege(?, p.oid, 'reltuples', p.privilege)
                        when 'database' then has_database_privilege(?, p.oid, p.privilege)
                        else false end -- a schema is the matter of another finding
                    order by 1
                    """;

    private static final String NOTES =
            """
            create table if not exists sallyport.hardening (
                step text primary key,
                undo text not null,
                place bigint generated always as identity)
            """;

    private Hardening() {}

    /** Hardens, in the transaction of the connection, and gives the statements that it ran. */
    static List<String> harden(Connection administrator, List<String> keepers) throws SQLException {
        refuseLogins(administrator, keepers);
        List<String> ran = new ArrayList<>();
        try (Statement statement = administrator.createStatement();
                PreparedStatement steps = administrator.prepareStatement(STEPS)) {
            if (!exists(administrator)) {
                ran.add(NOTES.strip());
                ran.add("alter table sallyport.hardening owner to sallyport");
                statement.execute(String.join(";", ran));
            }
            steps.setArray(1, administrator.createArrayOf("text", keepers.toArray()));
            List<String> changes = new ArrayList<>();
            try (ResultSet rows = steps.executeQuery()) {
                while (rows.next()) {
                    String step = rows.getString(1);
                    changes.add(step);
                    changes.add(
                            "insert into sallyport.hardening (step, undo) values ("
                                    + statement.enquoteLiteral(step)
                                    + ", "
                                    + statement.enquoteLiteral(rows.getString(2))
                                    + ") on conflict do nothing");
                }
            }
            if (!changes.isEmpty()) {
                statement.execute(String.join(";", changes));
            }
            ran.addAll(changes);
        }
        return ran;
    }

    /** What {@link #harden} would run; the transaction is taken back. */
    static List<String> planned(Connection administrator, List<String> keepers)
            throws SQLException {
        boolean autoCommit = administrator.getAutoCommit();
        administrator.setAutoCommit(false);
        try {
            return harden(administrator, keepers);
        } finally {
            administrator.rollback();
            administrator.setAutoCommit(autoCommit);
        }
    }

    /** Undoes all steps that are noted, the last first. */
    static List<String> soften(Connection administrator) throws SQLException {
        List<String> undoing = undoing(administrator);
        if (!undoing.isEmpty()) {
            try (Statement statement = administrator.createStatement()) {
                statement.execute(String.join(";", undoing));
            }
        }
        return undoing;
    }

    /** What {@link #soften} would run; empty where nothing is noted. */
    static List<String> undoing(Connection administrator) throws SQLException {
        List<String> undoing = new ArrayList<>();
        if (!exists(administrator)) {
            return undoing;
        }
        try (Statement statement = administrator.createStatement();
                ResultSet rows =
                        statement.executeQuery(
                                "select undo from sallyport.hardening order by place desc")) {
            while (rows.next()) {
                undoing.add(rows.getString(1));
            }
        }
        undoing.add("drop table sallyport.hardening");
        return undoing;
    }

    /** What of it the role has, whoever gave it. */
    static List<String> reach(Connection connection, String role) throws SQLException {
        List<String> reach = new ArrayList<>();
        try (PreparedStatement statement = connection.prepareStatement(REACH)) {
            for (int i = 1; i <= 4; i++) {
                statement.setString(i, role);
            }
            try (ResultSet rows = statement.executeQuery()) {
                while (rows.next()) {
                    reach.add(rows.getString(1));
                }
            }
        }
        return reach;
    }

    private static void refuseLogins(Connection administrator, List<String> keepers)
            throws SQLException {
        try (PreparedStatement statement =
                administrator.prepareStatement(
                        "select role from sallyport.login where role = any (?)")) {
            statement.setArray(1, administrator.createArrayOf("text", keepers.toArray()));
            try (ResultSet rows = statement.executeQuery()) {
                if (rows.next()) {
                    throw Enrolment.refused(
                            "role " + rows.getString(1) + " is an agent's login and keeps nothing");
                }
            }
        }
    }

    private static boolean exists(Connection administrator) throws SQLException {
        try (Statement statement = administrator.createStatement();
                ResultSet rows =
                        statement.executeQuery(
                                "select to_regclass('sallyport.hardening') is not null")) {
            return rows.next() && rows.getBoolean(1);
        }
    }
}
