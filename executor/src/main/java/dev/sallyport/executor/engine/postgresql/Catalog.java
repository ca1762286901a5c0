package dev.sallyport.executor.engine.postgresql;

/**
 * The fixed statements behind {@code show_tables} and {@code describe_table}. They run under the
 * caller's login and show what it may use.
 */
final class Catalog {
    /** Takes the schema, or null for every schema. */
    static final String SHOW_TABLES =
            """
            select n.nspname as schema, c.relname as name,
                case c.relkind when 'r' then 'table' when 'p' then 'table' when 'v' then 'view'
                    when 'm' then 'materialized view' else 'foreign table' end as kind,
                pg_catalog.obj_description(c.oid, 'pg_class') as description
            from pg_catalog.pg_class c
            join pg_catalog.pg_namespace n on n.oid = c.relnamespace
            where c.relkind in ('r', 'p', 'v', 'm', 'f')
                and n.nspname not in ('pg_catalog', 'information_schema', 'sallyport')
                and n.nspname !~ '^pg_(toast|temp)'
                and ($1::text is null or n.nspname = $1)
                and pg_catalog.has_schema_privilege(n.oid, 'USAGE')
                and (pg_catalog.has_table_privilege(c.oid, 'SELECT, INSERT, UPDATE, DELETE')
                    or pg_catalog.has_any_column_privilege(c.oid, 'SELECT, INSERT, UPDATE'))
            order by 1, 2
            """;

    /** Takes the table's name, perhaps with its schema, as a statement would name it. */
    static final String DESCRIBE_TABLE =
            """
            select a.attname as column,
                pg_catalog.format_type(a.atttypid, a.atttypmod) as type,
                not a.attnotnull as nullable,
                coalesce(i.indisprimary, false) as primary_key,
                pg_catalog.pg_get_expr(d.adbin, d.adrelid) as "default",
                (select fn.nspname || '.' || fc.relname || '(' || fa.attname || ')'
                    from pg_catalog.pg_constraint f
                    join pg_catalog.pg_class fc on fc.oid = f.confrelid
                    join pg_catalog.pg_namespace fn on fn.oid = fc.relnamespace
                    join pg_catalog.pg_attribute fa
                        on fa.attrelid = f.confrelid
                        and fa.attnum = f.confkey[array_position(f.conkey, a.attnum)]
                    where f.contype = 'f' and f.conrelid = a.attrelid
                        and a.attnum = any (f.conkey)
                    order by f.conname limit 1) as references,
                pg_catalog.col_description(a.attrelid, a.attnum) as description
            from pg_catalog.pg_attribute a
            join pg_catalog.pg_class c on c.oid = a.attrelid
            join pg_catalog.pg_namespace n on n.oid = c.relnamespace
            left join pg_catalog.pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum
            left join pg_catalog.pg_index i
                on i.indrelid = a.attrelid and i.indisprimary and a.attnum = any (i.indkey)
            where a.attrelid = pg_catalog.to_regclass($1)
                and a.attnum > 0 and not a.attisdropped
                and n.nspname not in ('pg_catalog', 'information_schema', 'sallyport')
                and pg_catalog.has_schema_privilege(n.oid, 'USAGE')
                and (pg_catalog.has_table_privilege(c.oid, 'SELECT, INSERT, UPDATE, DELETE')
                    or pg_catalog.has_any_column_privilege(c.oid, 'SELECT, INSERT, UPDATE'))
            order by a.attnum
            """;

    private Catalog() {}
}
