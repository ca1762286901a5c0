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
 * <p>Of extensions' functions those are taken that act or read beside their arguments, and of the
 * database's own those that act and that a name after a dot calls, {@code (x).f}. What policies,
 * defaults, triggers, views and the like need stays, since it is checked as the caller. Roles that
 * have anything in the database keep these functions; agents' logins do not.
 *
 * <p>Each step is noted in {@code sallyport.hardening} with the statement that undoes it.
 */
final class Hardening {
    /**
     * Functions that something else than a function is made of (policies, defaults, constraints,
     * triggers, rules, views, indexes, operators, casts, types), and what these functions call in
     * turn, which their text or a dependency tells. A text tells it by the name alone.
     */
    private static final String NEEDED =
            """
            with recursive own as materialized (
                select p.oid, lower(p.proname) as name,
                    '\\m' || regexp_replace(lower(p.proname), '([^[:alnum:]_])', '\\\\\\1', 'g') || '\\M' as word,
                    case when l.lanname not in ('c', 'internal') and not p.prosecdef then lower(p.prosrc) end as text
                from pg_catalog.pg_proc p
                join pg_catalog.pg_language l on l.oid = p.prolang
                join pg_catalog.pg_namespace n on n.oid = p.pronamespace
                where n.nspname not in ('pg_catalog', 'information_schema', 'sallyport')
            ), needed (oid) as (
                select d.refobjid from pg_catalog.pg_depend d
                join own on own.oid = d.refobjid
                where d.refclassid = 'pg_catalog.pg_proc'::regclass and d.classid <> 'pg_catalog.pg_proc'::regclass
                union
                select called.oid from needed n
                join own f on f.oid = n.oid and f.text is not null
                cross join lateral (
                    select d.refobjid as oid from pg_catalog.pg_depend d
                    where d.classid = 'pg_catalog.pg_proc'::regclass and d.objid = f.oid
                        and d.refclassid = 'pg_catalog.pg_proc'::regclass
                    union all
                    select o.oid from own o
                    where case when position(o.name in f.text) > 0 then f.text ~ o.word else false end
                ) called
            ), acting as (
                select p.*, x.extname
                from pg_catalog.pg_proc p
                join own on own.oid = p.oid
                left join pg_catalog.pg_depend e on e.classid = 'pg_catalog.pg_proc'::regclass and e.objid = p.oid
                    and e.deptype = 'e' and e.refclassid = 'pg_catalog.pg_extension'::regclass
                left join pg_catalog.pg_extension x on x.oid = e.refobjid
                where p.prokind in ('f', 'p', 'a')
                    and p.prorettype not in ('internal'::regtype, 'cstring'::regtype, 'trigger'::regtype,
                        'event_trigger'::regtype, 'language_handler'::regtype, 'fdw_handler'::regtype,
                        'index_am_handler'::regtype, 'table_am_handler'::regtype, 'tsm_handler'::regtype)
                    and 'internal'::regtype <> all (p.proargtypes) and 'cstring'::regtype <> all (p.proargtypes)
                    and (p.provolatile = 'v' or p.prosecdef
                        -- read the database, and some of them run SQL from text
                        or p.provolatile = 's' and x.extname not in ('citext', 'cube', 'fuzzystrmatch', 'hstore', 'intarray',
                            'ltree', 'pg_trgm', 'pgcrypto', 'postgis', 'postgis_raster', 'unaccent', 'uuid-ossp', 'vector')
                        -- parses XML, which cannot be cancelled
                        or x.extname = 'xml2'
                        or p.prokind = 'a' and exists (
                            select from pg_catalog.pg_aggregate a
                            join pg_catalog.pg_proc f on f.oid in (a.aggtransfn, a.aggfinalfn, a.aggcombinefn,
                                a.aggserialfn, a.aggdeserialfn, a.aggmtransfn, a.aggminvtransfn, a.aggmfinalfn)
                            where a.aggfnoid = p.oid and (f.provolatile = 'v' or f.prosecdef)))
            ),
            """;

    /** How one argument calls an acting function where the login's search path finds it. */
    private static final String ATTRIBUTE =
            """
            p.prokind in ('f', 'a') and p.pronargs >= 1 and p.pronargs - p.pronargdefaults <= 1
                and (p.pronamespace = to_regnamespace('public') or p.pronamespace in (
                    select n.oid from pg_catalog.pg_namespace n join sallyport.login l on l.role = n.nspname))
            """;

    /**
     * What is PostgreSQL's to give everybody and may not be an agent's: the object, its grant as
     * text, the role that keeps it, how it is checked, and SQL around its columns where some stay.
     *
     * <p>Functions that only the server itself calls (triggers, input and output, handlers) are not
     * among them, nor what operators and casts are made of.
     */
    private static final String PLACES =
            NEEDED
                    + """
                    place as (
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
                        select 'select on ' || c.oid::regclass, 'pg_monitor',
                            case when e.extname in ('pg_stat_statements', 'pg_buffercache') then 'table' else 'own' end,
                            c.oid, 'SELECT', c.relowner, c.relacl, null
                        from pg_catalog.pg_class c
                        join pg_catalog.pg_depend d on d.classid = 'pg_catalog.pg_class'::regclass and d.objid = c.oid
                            and d.deptype = 'e' and d.refclassid = 'pg_catalog.pg_extension'::regclass
                        join pg_catalog.pg_extension e on e.oid = d.refobjid
                        where c.relkind in ('v', 'm')
                            and e.extname not in ('postgis', 'postgis_raster', 'postgis_topology', 'postgis_tiger_geocoder')
                        union all
                        select 'execute on function ' || p.oid::regprocedure, 'pg_monitor', 'function', p.oid, 'EXECUTE', p.proowner,
                            coalesce(p.proacl, acldefault('f', p.proowner)), null
                        from pg_catalog.pg_proc p
                        join pg_catalog.pg_depend d on d.classid = 'pg_catalog.pg_proc'::regclass and d.objid = p.oid
                            and d.deptype = 'e' and d.refclassid = 'pg_catalog.pg_extension'::regclass
                        join pg_catalog.pg_extension e on e.oid = d.refobjid
                        where e.extname in ('pg_stat_statements', 'pg_buffercache')
                        union all
                        select 'execute on ' || case p.prokind when 'p' then 'procedure ' else 'function ' end
                                || p.oid::regprocedure,
                            null, 'own', p.oid, 'EXECUTE', p.proowner, coalesce(p.proacl, acldefault('f', p.proowner)), null
                        from acting p
                        where p.oid not in (select oid from needed)
                            and case when p.extname is null then
                    """
                    + ATTRIBUTE
                    + """
                                else p.extname not in ('pg_stat_statements', 'pg_buffercache')
                                    and not (p.extname in ('pgcrypto', 'uuid-ossp') and p.provolatile = 'v')
                                end
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
                    ), member as (
                        -- roles that own something in this database, or were granted something
                        select d.refobjid as oid from pg_catalog.pg_shdepend d
                        join pg_catalog.pg_roles r on r.oid = d.refobjid
                        where d.refclassid = 'pg_catalog.pg_authid'::regclass
                            and (d.dbid = (select oid from pg_catalog.pg_database where datname = current_database())
                                or d.classid = 'pg_catalog.pg_database'::regclass
                                    and d.objid = (select oid from pg_catalog.pg_database where datname = current_database()))
                            and r.rolname !~ '^pg_' and r.rolname <> 'sallyport'
                            and r.rolname not in (select role from sallyport.login)
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
                            -- what rehearsals ask; an enrolment before them has taken it already
                            or r.rolname = 'sallyport' and t.grant_text in (
                                    'execute on function pg_catalog.pg_stat_get_xact_tuples_inserted(oid)',
                                    'execute on function pg_catalog.pg_stat_get_xact_tuples_updated(oid)',
                                    'execute on function pg_catalog.pg_stat_get_xact_tuples_deleted(oid)',
                                    'execute on function pg_catalog.pg_lock_status()')
                                and (t.public or exists (select from sallyport.hardening h
                                    where h.step = format('revoke %s from public', t.grant_text)))
                            or t.public and r.oid = (select datdba from pg_catalog.pg_database where datname = current_database())
                            or t.public and t.kind = 'own' and r.oid in (select oid from member)
                            or r.rolname = any (?)
                                and (t.public or exists (select from sallyport.hardening h
                                    where h.step = format('revoke %s from public', t.grant_text))))
                    where r.oid <> t.owner and not exists (select from aclexplode(t.acl) a
                        where a.grantee = r.oid and a.privilege_type = t.privilege)
                    union all
                    -- was a role like others when it kept this, and is an agent's login now
                    select format('revoke %s from %I', t.grant_text, l.role),
                        format('grant %s to %I', t.grant_text, l.role), 4
                    from taken t
                    join sallyport.login l on exists (select from sallyport.hardening h
                        where h.step = format('grant %s to %I', t.grant_text, l.role))
                    where not exists (select from sallyport.hardening h
                        where h.step = format('revoke %s from %I', t.grant_text, l.role))
                    order by turn, step
                    """;

    private static final String REACH =
            PLACES
                    + """
                    select grant_text from place p
                    where case kind
                        -- what the owner granted to the login itself is meant for it
                        when 'own' then exists (select from aclexplode(p.acl) a
                            where a.grantee = 0 and a.privilege_type = p.privilege)
                        when 'function' then has_function_privilege(?, p.oid, p.privilege)
                        when 'table' then has_table_privilege(?, p.oid, p.privilege)
                            or p.rest is not null and has_column_privilege(?, p.oid, 'reltuples', p.privilege)
                        when 'database' then has_database_privilege(?, p.oid, p.privilege)
                        else false end -- a schema is the matter of another finding
                    order by 1
                    """;

    /**
     * Acting functions that the role may call though nothing but a name, an operator or a cast is
     * written: others need them, or the owner granted them to it.
     */
    private static final String ATTRIBUTES =
            NEEDED
                    + """
                    named as (
                        select p.oid, p.proname, p.extname,
                            p.oid in (select oid from needed) or not exists (
                                select from aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) a
                                where a.grantee = 0 and a.privilege_type = 'EXECUTE') as left_to_it
                        from acting p
                        where not p.prosecdef and (
                    """
                    + ATTRIBUTE
                    + """
                            or exists (select from pg_catalog.pg_operator o where o.oprcode = p.oid)
                            or exists (select from pg_catalog.pg_cast c where c.castfunc = p.oid))
                            and has_schema_privilege(?, p.pronamespace, 'USAGE')
                            and has_function_privilege(?, p.oid, 'EXECUTE')
                    )
                    select oid::regprocedure::text from named where left_to_it order by 1
                    """;

    private static final String NOTES =
            """
            create table if not exists sallyport.hardening (
                step text primary key,
                undo text not null,
                place bigint generated always as identity)
            """;

    /** Without what is gone since: a function, a view, or a role that kept something. */
    private static final String UNDOING =
            """
            with signature as materialized (
                select p.oid::regprocedure::text as name from pg_catalog.pg_proc p
                union
                select format('pg_catalog.%I(%s)', p.proname, oidvectortypes(p.proargtypes)) from pg_catalog.pg_proc p
                where p.pronamespace = 'pg_catalog'::regnamespace
                union
                select format('%I(%s)', p.proname, replace(oidvectortypes(p.proargtypes), ', ', ',')) from pg_catalog.pg_proc p
            ), relation as materialized (
                select c.oid::regclass::text as name from pg_catalog.pg_class c
                union
                select quote_ident(c.relname) from pg_catalog.pg_class c
                union
                select format('pg_catalog.%I', c.relname) from pg_catalog.pg_class c
                where c.relnamespace = 'pg_catalog'::regnamespace
            )
            select h.undo from sallyport.hardening h
            where (h.undo !~ '^(grant|revoke) select on '
                    or substring(h.undo, ' select on (.*) (?:to|from) ') in (select name from relation))
                and (h.undo !~ '^(grant|revoke) execute on (function|procedure) '
                    or substring(h.undo, ' on (?:function|procedure) (.*\\)) (?:to|from) ') in (select name from signature))
                and (h.undo !~ '^(grant|revoke)' or h.undo ~ ' (to|from) public$' or exists (
                    select from pg_catalog.pg_roles r
                    where right(h.undo, length(quote_ident(r.rolname)) + 6) = ' from ' || quote_ident(r.rolname)
                        or right(h.undo, length(quote_ident(r.rolname)) + 4) = ' to ' || quote_ident(r.rolname)))
            order by h.place desc
            """;

    /** Names then have their schema, and mean the same to everybody. */
    private static final String QUALIFYING =
            "savepoint qualifying; set local search_path = pg_catalog";

    private static final String QUALIFIED =
            "rollback to savepoint qualifying; release savepoint qualifying";

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
            statement.execute(QUALIFYING);
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
            statement.execute(QUALIFIED);
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

    /** Undoes all steps that are noted, the last first, in the transaction of the connection. */
    static List<String> soften(Connection administrator) throws SQLException {
        List<String> undoing = undoing(administrator);
        if (!undoing.isEmpty()) {
            try (Statement statement = administrator.createStatement()) {
                statement.execute(String.join(";", undoing));
            }
        }
        return undoing;
    }

    /** What {@link #soften} would run; nothing is changed. */
    static List<String> plannedUndoing(Connection administrator) throws SQLException {
        boolean autoCommit = administrator.getAutoCommit();
        administrator.setAutoCommit(false);
        try {
            return undoing(administrator);
        } finally {
            administrator.rollback();
            administrator.setAutoCommit(autoCommit);
        }
    }

    private static List<String> undoing(Connection administrator) throws SQLException {
        List<String> undoing = new ArrayList<>();
        if (!exists(administrator)) {
            return undoing;
        }
        try (Statement statement = administrator.createStatement()) {
            statement.execute(QUALIFYING);
            try (ResultSet rows = statement.executeQuery(UNDOING)) {
                while (rows.next()) {
                    undoing.add(rows.getString(1));
                }
            }
            statement.execute(QUALIFIED);
        }
        undoing.add("drop table sallyport.hardening");
        return undoing;
    }

    /**
     * Functions that act and that the role may call by a name after a dot, an operator or a cast,
     * beside those of {@link #reach}.
     */
    static List<String> attributes(Connection connection, String role) throws SQLException {
        return listed(connection, ATTRIBUTES, role, 2);
    }

    /** What of it the role has, whoever gave it. */
    static List<String> reach(Connection connection, String role) throws SQLException {
        return listed(connection, REACH, role, 4);
    }

    private static List<String> listed(Connection connection, String query, String role, int times)
            throws SQLException {
        List<String> listed = new ArrayList<>();
        try (PreparedStatement statement = connection.prepareStatement(query)) {
            for (int i = 1; i <= times; i++) {
                statement.setString(i, role);
            }
            try (ResultSet rows = statement.executeQuery()) {
                while (rows.next()) {
                    listed.add(rows.getString(1));
                }
            }
        }
        return listed;
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
