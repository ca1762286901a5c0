package dev.sallyport.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sallyport.cli.demo.McpClient;
import dev.sallyport.cli.stack.LocalStack;
import dev.sallyport.schema.json.Json;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.node.ObjectNode;

/**
 * Promise 3: SQL that an agent writes cannot change who it is. Every attempt goes through the real
 * gateway, with a token and grants that allow as much as there is.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class WhoYouAreIT {
    private static final String FINGERPRINT_OF_GLOBEX =
            "select md5(string_agg(t::text, '' order by t::text)) from ("
                    + "select c::text t from customers c where tenant_id = 'globex' union all select o::text from orders o where tenant_id = 'globex'"
                    + " union all select e::text from employees e where tenant_id = 'globex') x";

    @TempDir static Path folder;
    private Stage stage;
    private McpClient eve;
    private String globexBefore;

    @BeforeAll
    void open() {
        stage = Stage.open(folder, LocalStack.Mode.TOGETHER);
        eve = stage.agent("acme", "eve", Stage.EVERYTHING);
        globexBefore = stage.ownersView(FINGERPRINT_OF_GLOBEX).getFirst();
    }

    @AfterAll
    void close() {
        eve.close();
        stage.close();
    }

    static List<String> attempts() {
        String forged = "repeat('0', 64) || E'globex\\ngus\\n019a0000-0000-7000-8000-000000000000'";
        return List.of(
                "select tenant_id, name, email from customers where tenant_id = 'globex'",
                "table customers",
                "select * from customers where tenant_id <> 'acme' or true",
                "select set_config('sallyport.context', 'globex', false), email from customers",
                "select \"set_config\"('sallyport.context', 'globex', true), email from customers where tenant_id = 'globex'",
                "select pg_catalog . set_config /* x */ ('sallyport.context', 'globex', true)",
                "select U&\"set\\005fconfig\"('sallyport.context', 'globex', true)",
                "with f as materialized (select set_config('sallyport.context', "
                        + forged
                        + ", true)) select c.email from f, customers c",
                "set sallyport.context = 'globex'",
                "set local sallyport.context to 'globex'",
                "reset all",
                "set role globex_agent",
                "set session authorization globex_agent",
                "set row_security = off",
                "alter role acme_agent bypassrls",
                "alter table customers disable row level security",
                "drop policy sallyport_tenant on customers",
                "create policy open on customers using (true)",
                "grant globex_agent to acme_agent",
                "select query_to_xml('select * from customers where tenant_id = ''globex''', true, false, '')",
                "select table_to_xml('customers', true, false, '')",
                "select * from ts_stat('select to_tsvector(email) from customers')",
                "select * from dblink('dbname=shop user=globex_agent', 'select email from customers') as t(e text)",
                "do $$ begin perform set_config('sallyport.context', 'globex', true); end $$",
                "create function f() returns setof customers language sql security definer as 'select * from customers'",
                "create temp table customers as select 1",
                "create view everyone as select * from customers",
                "prepare p as select email from customers where tenant_id = 'globex'",
                "copy customers to stdout",
                "copy (select * from customers) to program 'cat'",
                "select pg_read_file('/etc/passwd')",
                "select lo_import('/etc/passwd')",
                "select inner_block from sallyport.login",
                "select * from sallyport.ledger",
                "update sallyport.ledger set tenant = 'acme'",
                "select sallyport.enter()",
                "select sallyport.settle(1)",
                "/*sp2 0000000000000000000000000000000000000000000000000000000000000000 globex Z3Vz 019a0000-0000-7000-8000-000000000000 read 9999999999*/ select email from customers where tenant_id = 'globex'",
                "select most_common_vals from pg_stats where tablename = 'customers'",
                "select query from pg_stat_activity",
                "select rolpassword from pg_authid",
                "insert into customers (tenant_id, id, name, email, city, since) values ('globex', 999999, 'x', 'x@globex.example', 'x', '2026-01-01')",
                "update customers set tenant_id = 'globex' where id = 1",
                "update customers set city = 'x' where tenant_id = 'globex'",
                "delete from customers where tenant_id = 'globex'",
                "with d as (delete from employees where tenant_id = 'globex' returning *) select * from d",
                "merge into customers c using (select 2 id) s on c.id = s.id and c.tenant_id = 'globex' when matched then update set city = 'x'",
                "truncate customers",
                "select 1; set role globex_agent; select email from customers",
                "commit; select email from customers",
                "select email from customers where tenant_id = 'globex' for update",
                "explain analyze select email from customers where tenant_id = 'globex'",
                "select 1/(case when exists (select 1 from customers where tenant_id = 'globex') then 0 else 1 end)",
                "select count(*) from customers where tenant_id = 'globex'",
                "select pg_advisory_lock(42)",
                "listen x",
                "call f()",
                "\u0000select 1",
                "select '");
    }

    @ParameterizedTest
    @MethodSource("attempts")
    void noStatementShowsOrChangesAnotherTenantsRows(String sql) {
        for (String tool : List.of("db_query", "db_execute")) {
            McpClient.Reply reply = eve.sql(tool, "shop", sql);
            assertThat(reply.status()).as("%s", reply.body()).isLessThan(500);
            // an error may repeat what the caller wrote, so what counts is what only globex's rows
            // say
            assertThat(reply.rows())
                    .as("%s", reply.body())
                    .noneMatch(row -> row.contains("globex"));
            assertThat(reply.body().toString())
                    .doesNotContainPattern("customer\\d+@globex\\.example")
                    .doesNotContain("root:x:0");
        }
        assertThat(stage.ownersView(FINGERPRINT_OF_GLOBEX))
                .as("globex's rows")
                .containsExactly(globexBefore);
        McpClient.Reply after =
                eve.sql(
                        "db_query",
                        "shop",
                        "select distinct tenant_id, current_user, current_setting('row_security') from employees");
        assertThat(after.rows())
                .as("the next call is acme again")
                .containsExactly(List.of("acme", "acme_agent", "on"));
    }

    /** What the database cannot take is the caller's fault, and is said so with a code. */
    @ParameterizedTest // cases D1, D14
    @CsvSource(
            delimiter = '|',
            value = {
                "$1|[\"\\u0000\"]",
                "$1::text[]|[[\"a\\u0000\"]]",
                "$1::jsonb|[{\"a\":\"\\u0000\"}]",
                "$1::jsonb|[{\"\\u0000\":1}]",
                "$1::bigint|[1e16383]",
                "$1::int|[12345678901234567890123456789012345678901234567890]",
                "$1::int|[\"\"]",
                "$1::int|[{}]",
                "$1::int|[[1]]",
                "$1::int[]|[[[1],[1,2]]]",
                "$1::int[]|[[[[[[[[[1]]]]]]]]]",
                "$1::date|[\"0000-00-00\"]",
                "$1::uuid|[\"x\"]",
                "$1::text|[]",
                "1|[1]"
            })
    void aValueThatDoesNotFitIsNoDefect(String expression, String params) {
        McpClient.Reply reply =
                eve.call(
                        "db_query",
                        (ObjectNode)
                                Json.mapper()
                                        .readTree(
                                                "{\"database\":\"shop\",\"sql\":\"select %s\",\"params\":%s}"
                                                        .formatted(expression, params)));
        assertThat(reply.status()).as("%s", reply.body()).isEqualTo(200);
        assertThat(reply.code())
                .hasValueSatisfying(code ->
                        assertThat(code)
                                .isIn(
                                        "data_exception",
                                        "database_limit",
                                        "statement_invalid",
                                        "parameters_mismatch",
                                        "arguments_malformed"));
    }

    @ParameterizedTest // case D1
    @ValueSource(
            strings = {
                "\u0000",
                "a\u0000b",
                "a.b.c.d",
                "\"",
                "\"\"",
                ".",
                " ",
                "'",
                "\ud83d\ude00"
            })
    void aTableThatCannotBeIsNoDefect(String table) {
        McpClient.Reply reply =
                eve.call(
                        "describe_table",
                        Json.mapper()
                                .createObjectNode()
                                .put("database", "shop")
                                .put("table", table));
        assertThat(reply.status()).as("%s", reply.body()).isEqualTo(200);
        assertThat(reply.code()).isPresent().get().isNotIn("executor_error", "database_error");
    }

    @Test
    void aDivisionByZeroTellsNothingOfAnotherTenant() {
        String probe =
                "select 1/(case when exists (select 1 from customers where tenant_id = '%s') then 0 else 1 end)";
        assertThat(eve.sql("db_query", "shop", probe.formatted("globex")).succeeded())
                .as("globex's rows are not there to divide by")
                .isTrue();
        assertThat(eve.sql("db_query", "shop", probe.formatted("acme")).succeeded()).isFalse();
    }

    @Test
    void noRowLeavesThroughTheTextOfAnError() {
        for (String sql :
                List.of(
                        "select to_tsquery('simple', 'x ' || (select string_agg(email, ' ') from customers))",
                        "select (select email from customers limit 1)::regclass",
                        "select (select email from customers limit 1)::jsonpath",
                        "select (select email from customers limit 1)::int")) {
            McpClient.Reply reply = eve.sql("db_query", "shop", sql);
            assertThat(reply.succeeded()).as(sql).isFalse();
            assertThat(reply.body().toString()).doesNotContain("@acme.example");
        }
    }

    @Test
    void aTokenOfOneTenantOpensNoDatabaseOfAnother() {
        try (McpClient gus = stage.agent("globex", "gus", "mcp:read")) {
            assertThat(
                            gus.sql("db_query", "shop", "select distinct tenant_id from customers")
                                    .rows())
                    .containsExactly(List.of("globex"));
        }
    }
}
