package dev.sallyport.executor.engine.postgresql;

/**
 * The fixed statements behind {@code show_tables} and {@code describe_table}. They run under the
 * caller's login and show what it may use.
 */
final class Catalog {
    /** The views that stand before tables with masked columns. */
    private static final String MASKED =
            """
            with masked as (
                select distinct v.oid as view, b.oid as base, bn.nspname as schema
                from pg_catalog.pg_namespace s
                join pg_catalog.pg_class v
                    on v.relnamespace = s.oid and v.relowner = s.nspowner and v.relkind = 'v'
                join pg_catalog.pg_rewrite r on r.ev_class = v.oid
                join pg_catalog.pg_depend d
                    on d.classid = 'pg_catalog.pg_rewrite'::regclass and d.objid = r.oid
                        and d.refclassid = 'pg_catalog.pg_class'::regclass
                join pg_catalog.pg_class b on b.oid = d.refobjid and b.relkind in ('r', 'p')
                join pg_catalog.pg_namespace bn
                    on bn.oid = b.relnamespace and bn.nspname <> 'sallyport'
                where s.nspname = session_user
            )
            """;

    /** Takes the schema, or null for every schema. */
    static final String SHOW_TABLES =
            MASKED
                    + """
                    select n.nspname as schema, c.relname as name,
                        case c.relkind when 'r' then 'table' when 'p' then 'table' when 'v' then 'view'
                            when 'm' then 'materialized view' else 'foreign table' end as kind,
                        pg_catalog.obj_description(c.oid, 'pg_class') as description
                    from pg_catalog.pg_class c
                    join pg_catalog.pg_namespace n on n.oid = c.relnamespace
                    where c.relkind in ('r', 'p', 'v', 'm', 'f')
                        and n.nspname not in ('pg_catalog', 'information_schema', 'sallyport')
                        and n.nspname !~ '^pg_(toast|temp)'
                        and c.oid not in (select base from masked)
                        and ($1::text is null or n.nspname = $1
                            or exists (select from masked m where m.view = c.oid and m.schema = $1))
                        and pg_catalog.has_schema_privilege(n.oid, 'USAGE')
                        and (pg_catalog.has_table_privilege(c.oid, 'SELECT, INSERT, UPDATE, DELETE')
                            or pg_catalog.has_any_column_privilege(c.oid, 'SELECT, INSERT, UPDATE'))
                    order by 1, 2
                    """;

    /**
     * Takes the table's name, perhaps with its schema: as {@code show_tables} prints it, or else as
     * a statement would write it. A name that fits tables of several schemas, none of them in the
     * search path, shows all of them.
     */
    static final String DESCRIBE_TABLE =
            MASKED
                    + """
                    , printed as (
                        select distinct coalesce(m.view, c.oid) as oid,
                            pg_catalog.pg_table_is_visible(coalesce(m.view, c.oid)) as visible
                        from pg_catalog.pg_class c
                        join pg_catalog.pg_namespace n on n.oid = c.relnamespace
                        left join masked m on m.base = c.oid
                        where c.relkind in ('r', 'p', 'v', 'm', 'f')
                            and n.nspname not in ('pg_catalog', 'information_schema', 'sallyport')
                            and (c.relname = $1::text or n.nspname || '.' || c.relname = $1::text)
                    ), chosen as (
                        select oid from printed
                        where visible or not exists (select from printed where visible)
                        union all
                        select pg_catalog.to_regclass($1::text)::oid where not exists (select from printed)
                    )
                    select a.attname as column,
                        pg_catalog.format_type(a.atttypid, a.atttypmod) as type,
                        not o.attnotnull as nullable,
                        coalesce(i.indisprimary, false) as primary_key,
                        case when o.attgenerated = ''
                            then pg_catalog.pg_get_expr(d.adbin, d.adrelid) end as "default",
                        case when o.attidentity = 'a' then 'always as identity'
                            when o.attidentity = 'd' then 'by default as identity'
                            when o.attgenerated <> ''
                                then 'always as (' || pg_catalog.pg_get_expr(d.adbin, d.adrelid) || ')'
                            end as generated,
                        (select string_agg(e.enumlabel, ', ' order by e.enumsortorder)
                            from pg_catalog.pg_enum e
                            join pg_catalog.pg_type t on t.oid = a.atttypid
                            left join pg_catalog.pg_type b on b.oid = t.typbasetype
                            where e.enumtypid in (t.oid, t.typelem, b.oid, b.typelem)) as values,
                        (select string_agg(
                                case when cardinality(f.conkey) > 1
                                    then '(' || own.names || ') to ' else '' end
                                || fn.nspname || '.' || fc.relname || '(' || theirs.names || ')',
                                '; ' order by f.conname)
                            from pg_catalog.pg_constraint f
                            join pg_catalog.pg_class fc on fc.oid = f.confrelid
                            join pg_catalog.pg_namespace fn on fn.oid = fc.relnamespace
                            cross join lateral (
                                select string_agg(w.attname, ', ' order by k.place) as names
                                from unnest(f.conkey) with ordinality k (number, place)
                                join pg_catalog.pg_attribute w
                                    on w.attrelid = f.conrelid and w.attnum = k.number) own
                            cross join lateral (
                                select string_agg(o.attname, ', ' order by k.place) as names
                                from unnest(f.confkey) with ordinality k (number, place)
                                join pg_catalog.pg_attribute o
                                    on o.attrelid = f.confrelid and o.attnum = k.number) theirs
                            where f.contype = 'f' and f.conrelid = o.attrelid
                                and o.attnum = any (f.conkey)) as references,
                        pg_catalog.col_description(a.attrelid, a.attnum) as description,
                        n.nspname || '.' || c.relname as "table"
                    from chosen
                    join pg_catalog.pg_attribute a on a.attrelid = chosen.oid
                    join pg_catalog.pg_class c on c.oid = a.attrelid
                    join pg_catalog.pg_namespace n on n.oid = c.relnamespace
                    left join masked m on m.view = a.attrelid
                    join pg_catalog.pg_attribute o
                        on o.attrelid = coalesce(m.base, a.attrelid) and o.attname = a.attname
                    left join pg_catalog.pg_attrdef d on d.adrelid = o.attrelid and d.adnum = o.attnum
                    left join pg_catalog.pg_index i
                        on i.indrelid = o.attrelid and i.indisprimary and o.attnum = any (i.indkey)
                    where a.attnum > 0 and not a.attisdropped
                        and n.nspname not in ('pg_catalog', 'information_schema', 'sallyport')
                        and pg_catalog.has_schema_privilege(n.oid, 'USAGE')
                        and (pg_catalog.has_table_privilege(c.oid, 'SELECT, INSERT, UPDATE, DELETE')
                            or pg_catalog.has_any_column_privilege(c.oid, 'SELECT, INSERT, UPDATE'))
                    order by n.nspname, c.relname, a.attnum
                    """;

    private Catalog() {}
}
