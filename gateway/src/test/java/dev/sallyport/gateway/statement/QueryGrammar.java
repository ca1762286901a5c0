package dev.sallyport.gateway.statement;

import java.util.List;
import java.util.Random;

/**
 * Makes SELECT statements of PostgreSQL's documented syntax at random. Not every one is valid: the
 * referee says which are.
 */
final class QueryGrammar {
    private static final List<String> COLUMNS =
            List.of(
                    "a",
                    "b",
                    "name",
                    "value",
                    "\"Odd\"",
                    "\"we\"\"ird\"",
                    "year",
                    "t.for",
                    "(r).x");
    private static final List<String> TABLES =
            List.of("t", "s.orders", "\"T\"", "only u", "db.s.v", "only (w)", "customers *");
    private static final List<String> CALLS =
            List.of(
                    "lower(%s)",
                    "count(*)",
                    "coalesce(%s, %s)",
                    "pg_catalog.abs(%s)",
                    "extract(year from %s)",
                    "substring(%s from 2 for 3)",
                    "substring(%s similar 'x' escape '#')",
                    "trim(both 'x' from %s)",
                    "overlay(%s placing 'x' from 2)",
                    "position(%s in %s)",
                    "sum(%s) filter (where %s is null)",
                    "sum(distinct %s order by %s)",
                    "rank() over (partition by %s order by %s rows between 1 preceding and current row)",
                    "percentile_cont(0.5) within group (order by %s) filter (where true)",
                    "string_agg(%s, ',' order by %s desc nulls last)",
                    "json_object('k' value %s)",
                    "json_value(%s, '$.a' returning int default 1 on empty)",
                    "greatest(%s, variadic array[%s])",
                    "concat(variadic %s)",
                    "collation for (%s)",
                    "normalize(%s, nfc)",
                    "secret_call(%s)",
                    "s.secret_call(%s)",
                    "grouping(%s)",
                    "nullif(%s, %s)",
                    "xmlelement(name x, %s)",
                    "treat(%s as secret_call)",
                    "treat(%s as numeric)",
                    "json_value('10', '$' returning %t)",
                    "json_array(select a from t returning %t)",
                    "cast(%s as %t)",
                    "(%s between secret_call(%s) and 2)",
                    "(%s at time zone secret_call(%s))");

    /** Types, of which some are refused. */
    private static final List<String> TYPES =
            List.of(
                    "int",
                    "text",
                    "regrole",
                    "pg_catalog.regrole",
                    "\"xid\"",
                    "regrole[]",
                    "jsonb");

    /** Any word may name a column of the result, with AS or, most of them, without. */
    private static final List<String> KEYWORDS = Words.KEYWORDS.stream().sorted().toList();

    private static final List<String> CATALOGUE =
            List.of("pg_class c", "pg_catalog.pg_class c", "t", "only u", "(values (1)) v (p)");
    private static final List<String> HIDDEN =
            List.of(
                    "a",
                    "c.relname",
                    "c.reltuples",
                    "reltuples",
                    "c",
                    "c.ctid",
                    "ctid",
                    "(c).xmin");

    private final Random random;
    private final List<String> tables;
    private final List<String> columns;

    private QueryGrammar(long seed, List<String> tables, List<String> columns) {
        this.random = new Random(seed);
        this.tables = tables;
        this.columns = columns;
    }

    QueryGrammar(long seed) {
        this(seed, TABLES, COLUMNS);
    }

    /** Reads relations of the catalogue and what is hidden of them. */
    static QueryGrammar ofCatalogue(long seed) {
        return new QueryGrammar(seed, CATALOGUE, HIDDEN);
    }

    String statement() {
        return switch (random.nextInt(22)) {
            case 16 -> "with x as (select 1) (" + select(1) + ") order by " + value(1);
            case 17 -> "create table made as " + with() + select(2);
            case 18 -> "create view made as " + select(2);
            case 19 -> "insert into t (a) " + select(2) + " returning " + target(2);
            case 20 ->
                    "merge into t using s.orders q on %s when matched then update set a = %s, b = 2 when not matched then insert (a) values (%s)"
                            .formatted(condition(2), value(1), value(2));
            case 21 -> "delete from t using s.orders o where " + condition(2);
            case 0 -> "values " + "(%s), (%s)".formatted(value(1), value(1));
            case 1 -> "table " + pick(tables);
            case 2 ->
                    "(" + select(2) + ") " + pick(List.of("union", "except all")) + " " + select(2);
            case 3 -> with() + select(2);
            case 4 -> with() + "update t set a = " + value(1) + " where b = 1 returning *";
            case 5 -> with() + "insert into t (a, b) " + select(2) + " on conflict (a) do nothing";
            case 6 -> "delete from t using s.orders o where t.a = " + value(1);
            case 7 -> select(2) + " for update of t skip locked";
            case 8 ->
                    "merge into t using (%s) q on t.a = q.a when matched then delete when not matched then insert (a) values (%s)"
                            .formatted(select(1), value(1));
            case 9 -> ";" + select(1) + ";";
            default -> select(3);
        };
    }

    private String with() {
        return switch (random.nextInt(5)) {
            case 0 -> "with x as (" + select(1) + ") ";
            case 1 ->
                    "with recursive x(n, m) as (select 1, 2 union all select n, m from x) search depth first by n, m set o cycle n set c using p ";
            case 2 -> "with x as materialized (delete from gone returning *) ";
            case 3 -> "with x as (select 1), y(k) as not materialized (table x) ";
            default -> "with http_errors (code) as (values (1)) ";
        };
    }

    private String select(int depth) {
        var sql = new StringBuilder("select ");
        sql.append(pick(List.of("", "", "", "all ", "distinct ", "distinct on (a) ")));
        sql.append(target(depth));
        for (int i = random.nextInt(3); i > 0; i--) {
            sql.append(", ").append(target(depth));
        }
        if (random.nextInt(8) > 0) {
            sql.append(" from ").append(source(depth));
            for (int i = random.nextInt(3); i > 0; i--) {
                sql.append(pick(List.of(", ", " cross join ", " natural left join ")));
                sql.append(source(depth));
            }
            if (random.nextInt(3) == 0) {
                sql.append(" left outer join ")
                        .append(source(depth))
                        .append(pick(List.of(" using (a)", " using (a) as j", " on ")));
                if (sql.charAt(sql.length() - 2) == 'n') {
                    sql.append("case when ").append(condition(depth - 1)).append(" then true end");
                }
            }
        }
        if (random.nextInt(2) == 0) {
            sql.append(" where ").append(condition(depth));
        }
        if (random.nextInt(3) == 0) {
            sql.append(" group by ")
                    .append(
                            pick(
                                    List.of(
                                            "a",
                                            "distinct a, b",
                                            "rollup (a, b), grouping sets ((a), ())",
                                            "cube (a)",
                                            "all a")));
            sql.append(" having ").append(condition(depth));
        }
        if (random.nextInt(4) == 0) {
            sql.append(" window w as (partition by a)");
        }
        if (random.nextInt(3) == 0) {
            sql.append(" order by ")
                    .append(value(depth - 1))
                    .append(pick(List.of("", " desc nulls first", " using <", " collate \"C\"")));
        }
        if (random.nextInt(3) == 0) {
            sql.append(
                    pick(
                            List.of(
                                    " limit 5 offset 2",
                                    " fetch first 3 rows with ties",
                                    " limit all",
                                    " offset abs(2) rows")));
        }
        return sql.toString();
    }

    private String target(int depth) {
        return value(depth - 1)
                + switch (random.nextInt(7)) {
                    case 0 -> " label";
                    case 1 -> " as \"L\"";
                    case 2 -> " as " + pick(KEYWORDS);
                    case 3 -> " " + pick(KEYWORDS);
                    default -> "";
                };
    }

    private String source(int depth) {
        return switch (depth > 0 ? random.nextInt(9) : 0) {
            case 1 -> "(" + select(depth - 1) + ") as q (c1, c2)";
            case 2 -> "generate_series(1, " + value(0) + ") with ordinality as g (n, o)";
            case 3 -> "rows from (secret_rows(1), jsonb_to_record('{}') as (a int)) r";
            case 4 -> "lateral secret_rows(" + value(0) + ") l";
            case 5 -> "(t join s.inner_one using (a)) jj";
            case 6 ->
                    "json_table('{}', '$' columns (a int path '$', nested '$.b' columns (c text))) jt";
            case 7 -> "t tablesample system (10) repeatable (1)";
            case 8 -> "(values (1, 2)) v (p, q)";
            default -> pick(tables) + pick(List.of("", "", " z", " as set", " as al (x1, x2)"));
        };
    }

    private String condition(int depth) {
        return switch (random.nextInt(11)) {
            case 0 -> value(depth - 1) + " is distinct from " + value(depth - 1);
            case 1 -> "exists (" + select(Math.max(0, depth - 1)) + ")";
            case 2 -> value(0) + " in (select a from hidden_one)";
            case 3 -> value(0) + " between symmetric " + value(0) + " and " + value(0);
            case 4 -> value(0) + " not ilike 'x' escape '#'";
            case 5 -> value(0) + " operator(pg_catalog.=) " + value(depth - 1);
            case 6 -> value(0) + " is json object with unique keys";
            case 7 -> "(a, b) overlaps (b, a)";
            case 8 -> value(0) + " = any (array(" + select(0) + "))";
            case 9 -> "data ? 'k' and data @? '$.a'";
            default -> value(depth - 1) + " > $" + (1 + random.nextInt(3));
        };
    }

    private String value(int depth) {
        if (depth <= 0) {
            return switch (random.nextInt(8)) {
                case 0 -> "'Zq" + random.nextInt(1_000_000) + "'";
                case 1 -> "interval '1' day";
                case 2 -> "$$Zq$$";
                case 3 -> "E'\\'Zq'";
                case 4 -> "0x1F";
                case 5 -> "date '2026-01-01'";
                default -> pick(columns);
            };
        }
        return switch (random.nextInt(12)) {
            case 0 -> value(depth - 1) + "::numeric(10, 2)";
            case 1 -> "cast(" + value(depth - 1) + " as character varying (20)[])";
            case 2 -> "case " + value(0) + " when 1 then " + value(depth - 1) + " else 2 end";
            case 3 -> "(" + select(depth - 1) + ")";
            case 4 -> "(" + value(depth - 1) + pick(List.of(").pg_sleep", ").part"));
            case 5 -> "array[" + value(depth - 1) + ", 2][1:2]";
            case 6 -> value(depth - 1) + " at time zone 'UTC'";
            case 7 -> "row(" + value(depth - 1) + ", t.*)";
            case 8 -> value(depth - 1) + " * - " + value(depth - 1);
            default -> {
                String call = pick(CALLS);
                String made = call.replace("%t", pick(TYPES));
                while (made.contains("%s")) {
                    int at = made.indexOf("%s");
                    made = made.substring(0, at) + value(depth - 1) + made.substring(at + 2);
                }
                yield made;
            }
        };
    }

    /** A statement with one token doubled, left out or exchanged. */
    String mutation(List<String> statements) {
        String sql = pick(statements);
        String other = pick(statements);
        int at = random.nextInt(sql.length());
        int cut = other.indexOf(' ', random.nextInt(other.length()));
        String part =
                pick(
                        List.of(
                                " ",
                                "(",
                                ")",
                                ", ",
                                " as ",
                                ".",
                                "::",
                                "'",
                                "\"",
                                "/*",
                                "--",
                                "$$",
                                " from ",
                                " update t set a = 1 ",
                                " into z ",
                                " for share ",
                                " secret_call(1) ",
                                ".pg_sleep ",
                                " on (a) ",
                                " join, g.pg_sleep ",
                                " as references, ",
                                "::regrole ",
                                " distinct ",
                                " " + pick(KEYWORDS) + " ",
                                " " + pick(KEYWORDS) + ", secret_call(1), g.pg_sleep ",
                                " as " + pick(KEYWORDS) + ", secret_call(1), g.pg_sleep ",
                                " order by secret_call(1)",
                                "[",
                                "]",
                                ";"));
        return switch (random.nextInt(3)) {
            case 0 -> sql.substring(0, at) + part + sql.substring(at);
            case 1 ->
                    sql.substring(0, at)
                            + sql.substring(Math.min(sql.length(), at + 1 + random.nextInt(6)));
            default -> sql.substring(0, at) + (cut < 0 ? part : other.substring(cut));
        };
    }

    private <T> T pick(List<T> from) {
        return from.get(random.nextInt(from.size()));
    }
}
