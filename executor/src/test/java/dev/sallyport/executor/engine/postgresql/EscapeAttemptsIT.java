package dev.sallyport.executor.engine.postgresql;

import static dev.sallyport.executor.engine.postgresql.SharedDatabase.ACME;
import static dev.sallyport.executor.engine.postgresql.SharedDatabase.GLOBEX;
import static org.assertj.core.api.Assertions.assertThat;

import dev.sallyport.schema.event.Access;
import dev.sallyport.schema.id.TenantId;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Statements that try to be another tenant. They go to the database as they are: whatever a gateway
 * would have refused, the database must hold by itself.
 */
final class EscapeAttemptsIT {
    @SuppressWarnings("NullAway.Init")
    private static SharedDatabase shared;

    @BeforeAll
    static void share() throws Exception {
        shared = new SharedDatabase();
        // what a tenant's own database may well have, and must not open a door
        shared.administer(
                """
                create schema tools;
                grant usage on schema tools to public;
                create function tools.run(query text) returns setof text language plpgsql as
                $$ begin return query execute query; end $$;
                create procedure tools.commits() language plpgsql as
                $$ begin commit; end $$;
                create view customer_names with (security_invoker = true) as
                    select name from customers;
                grant select on customer_names to public;
                create table notes (tenant_id text not null, customer integer, note text);
                insert into notes values ('globex', 21, 'secret of globex note');
                """);
        for (TenantId tenant : List.of(ACME, GLOBEX)) {
            shared.administer("grant select, insert on notes to " + shared.login(tenant));
        }
        try (Connection administrator = shared.administrator()) {
            Enrolment.protect(administrator, "public", "notes", "tenant_id");
        }
    }

    @AfterAll
    static void stop() throws SQLException {
        shared.close();
    }

    static List<String> attempts() {
        String context = "'0000000000000000000000000000000000000000000000000000000000000000globex'";
        String forged = context + " || chr(10) || 'eve' || chr(10) || 'x'";
        String enter =
                "sallyport.enter('\\x00', 'read', 'globex', 'eve',"
                        + " '01930000-0000-7000-8000-000000000000',"
                        + " (extract(epoch from now()) * 1000 + 1000)::bigint, 1, 1, 1)";
        String prefix =
                "/*sp2 "
                        + "0".repeat(64)
                        + " globex Z3Vz 01930000-0000-7000-8000-000000000000 read 9999999999*/";
        return List.of(
                // forged contexts in the text; the executor's own stands in front of them
                prefix + " select name from customers",
                "select name from customers " + prefix,
                "do $$ begin execute '" + prefix + " select name::int from customers'; end $$",
                "prepare p as " + prefix + " select name from customers",
                "with t as (select sallyport.claim('tenant') as tenant) select name, "
                        + "set_config('app.text', '"
                        + prefix
                        + "', true) from customers, t where tenant_id = 'globex'",
                // settings that a naive policy would read
                "select set_config('app.tenant', 'globex', true), name from customers",
                "select set_config('sallyport.tenant', 'globex', true), name from customers",
                "select set_config('sallyport.context', 'globex', true), name from customers",
                // forged contexts, set before the rows are read
                "with forged as materialized (select set_config('sallyport.context', "
                        + forged
                        + ", true)) select c.name from forged, customers c",
                "select name from customers where set_config('sallyport.context', "
                        + forged
                        + ", true) is not null",
                "with taken as materialized (select current_setting('sallyport.context') as c),"
                        + " forged as materialized (select set_config('sallyport.context',"
                        + " replace(c, 'acme', 'globex'), true) from taken)"
                        + " select name from forged, customers",
                "with t as materialized (select left(current_setting('sallyport.context'), 64) ||"
                        + " 'globex' || chr(10) || 'eve' || chr(10) || 'x' as c), f as materialized"
                        + " (select set_config('sallyport.context', c, true) from t) select"
                        + " sallyport.claim('tenant'), name from f, customers",
                // who the session is
                "set role postgres",
                "set role sallyport",
                "set session authorization postgres",
                "reset role",
                "reset all",
                "select set_config('role', 'postgres', true), name from customers",
                "select set_config('session_authorization', 'postgres', true), name from customers",
                "set session sallyport.context = 'globex'",
                "alter role current_user superuser",
                "alter role current_user bypassrls",
                "grant sallyport to current_user",
                // row-level security itself
                "set row_security = off",
                "select set_config('row_security', 'off', true), name from customers",
                "alter table customers disable row level security",
                "alter table customers no force row level security",
                "drop policy sallyport_tenant on customers",
                "create policy mine on customers using (true)",
                "truncate customers",
                // functions that run SQL from text
                "select query_to_xml('select name from customers', true, false, '')",
                "select table_to_xml('customers', true, false, '')",
                "select database_to_xml(true, false, '')",
                "select schema_to_xml('public', true, false, '')",
                "select cursor_to_xml('c', 10, true, false, '')",
                "select * from ts_stat('select to_tsvector(name) from customers')",
                "select tools.run('select name from customers')",
                "select tools.run('select set_config(''sallyport.context'', ''globex'', true)'),"
                        + " tools.run('select name from customers')",
                "select * from dblink('dbname=postgres', 'select name from customers') as t (n"
                        + " text)",
                "do $$ begin perform set_config('sallyport.context', 'globex', false); end $$",
                "do $$ declare n text; begin execute 'set local role postgres';"
                        + " select name into n from customers where tenant_id = 'globex';"
                        + " raise exception '%', n; end $$",
                "do $$ declare n text; begin select string_agg(name, ',') into n from customers"
                        + " where tenant_id = 'globex'; raise exception 'found %', n; end $$",
                // the end of the transaction, and a second one
                "commit",
                "rollback",
                "end; select name from customers",
                "commit and chain",
                "call tools.commits()",
                "do $$ begin commit; end $$",
                "select 1; select name from customers where tenant_id = 'globex'",
                "begin isolation level serializable",
                "set transaction read write",
                "select set_config('transaction_read_only', 'off', true), name from customers",
                "savepoint s",
                // names that mean something else
                "select set_config('search_path', 'pg_temp, public', true), name from customers",
                "create temp table customers as select * from public.customers",
                "create function pg_temp.claim(text) returns text language sql as $$ select"
                        + " 'globex' $$",
                "create schema sallyport2",
                "create function public.claim(text) returns text language sql as $$ select 'globex'"
                        + " $$",
                "create or replace function sallyport.claim(name text) returns text language sql as"
                        + " $$ select 'globex' $$",
                "create operator public.= (leftarg = text, rightarg = text, function = texteq)",
                // predicates that would run below the policy
                "select name from customers where tenant_id = 'globex'",
                "select name from customers where tenant_id = 'globex' or true",
                "select name from customers where name::int = 1",
                "select 1 / (case when name like 'secret of globex%' then 0 else 1 end) from"
                        + " customers",
                "select c.name from customers c join lateral (select * from customers) d on true",
                "select name from customer_names",
                "select note from notes",
                "table customers",
                "select * from only customers",
                "copy customers to stdout",
                "copy (select name from customers) to program 'cat'",
                "explain analyze select name from customers where tenant_id = 'globex'",
                // the seal's own parts
                "select * from sallyport.ledger",
                "select * from sallyport.login",
                "select encode(inner_block, 'hex') from sallyport.login",
                "select inner_block_before, outer_block_before from sallyport.login",
                "insert into sallyport.ledger (call_id, tenant, subject) values"
                        + " ('01930000-0000-7000-8000-000000000000', 'globex', 'eve')",
                "delete from sallyport.ledger",
                "update sallyport.login set tenant = 'globex'",
                "select " + enter,
                "select * from " + enter + " e, customers",
                "select sallyport.enter()",
                "select sallyport.settle(1)",
                "select sallyport.proved('{read,write,commit,enter,settle}')",
                "select * from sallyport.open(2), customers where tenant_id = 'globex'",
                "alter function sallyport.claim(text) security invoker",
                // what the server knows of others
                "select query from pg_stat_activity where usename <> current_user",
                "select most_common_vals::text from pg_stats where tablename = 'customers'",
                "select histogram_bounds::text from pg_stats where tablename = 'customers'",
                "select stavalues1::text from pg_statistic",
                "select rolpassword from pg_authid",
                "select passwd from pg_shadow",
                "select umoptions::text from pg_user_mapping",
                "select pg_read_file('postgresql.conf')",
                "select lo_import('/etc/passwd')",
                "select pg_ls_dir('.')",
                "select heap_page_items(get_raw_page('customers', 0))",
                "select pg_sleep(0), name from customers where tenant_id = 'globex'",
                "load 'auto_explain'",
                "create extension dblink",
                "create extension pageinspect",
                "create publication p for table customers",
                "select pg_create_logical_replication_slot('s', 'test_decoding')",
                "listen everything",
                "select pg_logical_emit_message(false, 'a', 'b'), name from customers",
                // writes that reach over
                "insert into customers values (99, 'globex', 'planted', 0)",
                "update customers set tenant_id = 'globex' where id = 11",
                "update customers set name = 'spoiled' where id = 21",
                "delete from customers where id = 21",
                "merge into customers c using (values (21)) v (id) on c.id = v.id"
                        + " when matched then update set name = 'spoiled'",
                "insert into customers values (21, 'acme', 'x', 0) on conflict (id) do update"
                        + " set name = 'spoiled' returning name",
                "with d as (delete from customers returning name) select name from d"
                        + " where name like '%globex%'");
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("attempts")
    void seesAndTouchesNothingOfTheOtherTenant(String attempt) throws Exception {
        for (Access access : Access.values()) {
            String seen =
                    switch (shared.run(ACME, access, attempt)) {
                        case Transaction.Done<List<String>> done -> done.value().toString();
                        case Transaction.DoneBefore<List<String>> _ -> "";
                        case Transaction.Changed<List<String>> changed ->
                                changed.now().tables().toString();
                        case Transaction.Failed<List<String>> failed -> said(failed.cause());
                        case Transaction.Unknown<List<String>> unknown -> said(unknown.cause());
                    };

            assertThat(seen).doesNotContain("secret of globex");
            assertThat(
                            shared.truth(
                                    "select name from customers where tenant_id = 'globex' order by"
                                            + " 1"))
                    .containsExactly(
                            "secret of globex 1", "secret of globex 2", "secret of globex 3");
            assertThat(
                            shared.truth(
                                    "select count(*) from sallyport.ledger where tenant ="
                                            + " 'globex'"))
                    .containsExactly("0");
            putAcmeBack();
            assertThat(shared.values(ACME, Access.READ, "select sallyport.claim('tenant')"))
                    .containsExactly("acme");
            assertThat(shared.values(ACME, Access.READ, "select name from customers order by id"))
                    .containsExactly("secret of acme 1", "secret of acme 2", "secret of acme 3");
        }
    }

    private static void putAcmeBack() throws SQLException {
        shared.administer(
                """
                delete from customers where tenant_id = 'acme';
                insert into customers select 10 + n, 'acme', 'secret of acme ' || n, n * 10.5
                from generate_series(1, 3) as n
                """);
    }

    private static String said(SQLException e) {
        return e.getMessage() + e.getSQLState();
    }
}
