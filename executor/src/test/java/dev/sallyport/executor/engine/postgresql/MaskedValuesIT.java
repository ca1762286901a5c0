package dev.sallyport.executor.engine.postgresql;

import static dev.sallyport.executor.engine.postgresql.SharedDatabase.ACME;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.sallyport.executor.engine.Answer;
import dev.sallyport.executor.engine.Cancellation;
import dev.sallyport.executor.engine.Ending;
import dev.sallyport.executor.engine.Engine;
import dev.sallyport.executor.engine.Stopwatch;
import dev.sallyport.schema.event.Access;
import dev.sallyport.schema.event.Limits;
import dev.sallyport.schema.registry.ColumnName;
import dev.sallyport.schema.registry.ColumnTag;
import dev.sallyport.schema.registry.Mask;
import dev.sallyport.schema.registry.Masking;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Statements that try to learn a masked value. Two databases are alike but for their masked values;
 * each statement goes to both, as it is, past any gateway. Whatever it can learn is an answer that
 * differs: a row, a count, an error, or an effect's digest.
 */
final class MaskedValuesIT {
    private static final Masking MASKING =
            new Masking(
                    List.of(
                            tag("pii", Mask.PARTIAL, null, "email"),
                            tag("pci", Mask.LAST_FOUR, null, "card"),
                            tag("pay", Mask.EMPTY, null, "salary", "born", "raise"),
                            tag("secret", Mask.FIXED, "(hidden)", "pin")));

    @SuppressWarnings("NullAway.Init")
    private static SharedDatabase one;

    @SuppressWarnings("NullAway.Init")
    private static SharedDatabase other;

    @SuppressWarnings("NullAway.Init")
    private static Engine engine;

    @SuppressWarnings("NullAway.Init")
    private static Engine otherEngine;

    private static ColumnTag tag(String tag, Mask mask, @Nullable String text, String... columns) {
        return new ColumnTag(
                tag,
                mask,
                text,
                Stream.of(columns)
                        .map(column -> new ColumnName("public", "people", column))
                        .collect(Collectors.toSet()));
    }

    @BeforeAll
    static void share() throws Exception {
        one = database("ann.one@mail.example", "4000000000001234", 4200, "1980-01-02", "1111");
        other = database("abe.two@mail.example", "5111111111111234", 9100, "1991-11-12", "9876");
        engine = one.engine(ACME, MASKING);
        otherEngine = other.engine(ACME, MASKING);
    }

    @AfterAll
    static void stop() throws SQLException {
        engine.close(Duration.ZERO);
        otherEngine.close(Duration.ZERO);
        one.close();
        other.close();
    }

    private static SharedDatabase database(
            String email, String card, int salary, String born, String pin) throws SQLException {
        SharedDatabase shared = new SharedDatabase();
        shared.administer(
                """
                create table people (
                    id integer primary key,
                    tenant_id text not null,
                    name text not null,
                    country text,
                    cap integer not null default 100000,
                    email text,
                    card text,
                    salary integer,
                    born date,
                    pin text,
                    raise integer generated always as (salary * 2) stored,
                    unique (tenant_id, email),
                    unique (country, card),
                    check (salary < cap),
                    exclude using btree (pin with =));
                create unique index on people (lower(email), name);
                create statistics people_stats (dependencies, mcv) on email, name from people;
                insert into people (id, tenant_id, name, country, email, card, salary, born, pin) values
                    (1, 'acme', 'Ann', 'ch', '%s', '%s', %d, '%s', '%s'),
                    (2, 'acme', 'Bob', 'de', 'bob@mail.example', '6011000000005678', 5000, '1970-05-05', '2222'),
                    (3, 'globex', 'Eve', 'fr', 'eve@mail.example', '6011000000009999', 6000, '1971-05-05', '3333');
                create index on people (salary);
                analyze people;
                create table wishes (id integer primary key, tenant_id text not null default 'acme', wish text,
                    amount integer);
                insert into wishes values (1, 'acme', 'a bike', 7), (2, 'acme', 'ann.one@mail.example', 4200);
                create table log (tenant_id text not null default 'acme', line text);
                create schema tools;
                grant usage on schema tools to public;
                create function tools.tell(anyelement) returns boolean language plpgsql cost 0.0000001 as
                $$ begin raise exception '%%', $1 using detail = $1, hint = $1; end $$;
                create function tools.note(text) returns boolean language plpgsql cost 0.0000001 as
                $$ begin insert into log (line) values ($1); return true; end $$;
                create function tools.run(query text) returns setof text language plpgsql as
                $$ begin return query execute query; end $$;
                create function tools.is(text, text) returns boolean language plpgsql cost 0.0000001 as
                $$ begin if $1 < $2 then perform 1 / 0; end if; return true; end $$;
                create operator tools.<< (leftarg = text, rightarg = text, function = tools.is);
                create view names_of_people with (security_invoker = true) as select * from people;
                """
                        .formatted(email, card, salary, born, pin));
        String login = shared.login(ACME);
        shared.administer(
                "grant select, insert, update, delete on people, wishes, log to "
                        + login
                        + "; grant select on names_of_people to "
                        + login
                        + "; grant execute on all functions in schema tools to public");
        try (Connection administrator = shared.administrator()) {
            for (String table : List.of("people", "wishes", "log")) {
                Enrolment.protect(administrator, "public", table, "tenant_id");
            }
            Enrolment.mask(administrator, login, MASKING);
        }
        return shared;
    }

    static Stream<String> reads() {
        return Stream.of(
                // as one would
                "select * from people order by id",
                "select * from public.people order by id",
                "select email from public.people",
                "select id, name, country from public.people order by id",
                "table people",
                "select count(*) from people where email = 'ann.one@mail.example'",
                "select count(*) from public.people where email = 'ann.one@mail.example'",
                "select count(*) from public.people where salary > 4500",
                "select * from names_of_people",
                "select name from names_of_people order by id",
                // errors that tell
                "select 1 / (case when salary > 5000 then 0 else 1 end) from people",
                "select 1 / (case when email like 'ann%' then 0 else 1 end) from people",
                "select 1 / (salary - 4200) from people",
                "select email::integer from people where id = 1",
                "select pin::integer from people where id = 1",
                "select card::date from people where id = 1",
                "select cast(born as text)::integer from people",
                "select (salary::text || 'x')::integer from people",
                "select sqrt(5000 - salary) from people",
                "select repeat('x', salary * 100000) from people",
                "select date_part('year', born) from people order by id",
                "select set_config('work_mem', salary::text, true) from people",
                "select set_config(email, '1', true) from people",
                "select to_regclass(email) from people order by id",
                "select email::regclass from people",
                "select ('{' || email)::json from people",
                "select decode(pin, 'hex'), chr(salary) from people order by id",
                "select regexp_match(name, email) from people order by id",
                // order, extremes, groups, windows
                "select id from people order by salary, id limit 1",
                "select id from public.people order by salary limit 1",
                "select id from people order by email, id",
                "select id from people order by card desc, id",
                "select min(salary), max(salary), avg(salary), sum(salary) from people",
                "select min(email), max(card), min(pin), max(born) from people",
                "select max(salary) from public.people",
                "select count(distinct pin), count(salary) from people",
                "select salary is null, count(*) from people group by 1",
                "select salary / 1000, count(*) from people group by 1",
                "select string_agg(email || card || pin, ',' order by id) from people",
                "select array_agg(p order by id) from people p",
                "select percentile_cont(0.5) within group (order by salary) from people",
                "select width_bucket(salary, 0, 10000, 10) from people order by id",
                "select id, rank() over (order by salary), lag(email) over (order by id) from people order by id",
                "select id, sum(salary) over (order by id range between 1 preceding and current row) from people",
                "select mode() within group (order by email) from people",
                "select id from people where (id, salary) > (1, 4300) order by id",
                "select id from people where salary between 4000 and 4500",
                "select id from people where born < '1985-01-01'",
                "select id from people where email ~ '^ann' or card like '4%' or pin = '1111'",
                "select id from people where email similar to 'ann%' or starts_with(email, 'ann')",
                "select id from people where length(email) < 20 or octet_length(card) > 15 order by id",
                "select id from people where exists (select from wishes w where w.amount = people.salary)",
                // rows as a whole
                "select p from people p order by id",
                "select p from public.people p",
                "select p.* from people p order by id",
                "select (p).email from people p order by id",
                "select p::text from people p order by id",
                "select row(p.*) from people p order by id",
                "select row_to_json(p) from people p order by id",
                "select row_to_json(p) from public.people p",
                "select to_jsonb(p) -> 'salary' from people p order by id",
                "select jsonb_path_query(to_jsonb(p), '$.email ? (@ starts with \"ann\")') from people p",
                "select jsonb_path_exists(to_jsonb(p), '$.salary ? (@ > 5000)') from people p order by id",
                "select jsonb_each_text(to_jsonb(p)) from people p",
                "select json_agg(p order by id) from people p",
                "select hstore(p) from people p",
                "select p.id from people p where p = (select q from people q where q.id = 1)",
                "select p.id from people p where p > (select q from people q where q.id = 2)",
                "select md5(p::text), hashtext(p::text), hash_record(p) from people p order by id",
                "select p.email from (select * from people) p order by p.id",
                "with p as materialized (select * from people) select * from p order by id",
                "with p as not materialized (select * from public.people) select email from p",
                "select (select email from people q where q.id = p.id) from public.people p order by p.id",
                "select x from people p, lateral (select p.email || p.salary as x) y",
                "select v.* from people p cross join lateral (values (p.email), (p.card)) v (x) order by p.id, 1",
                "select unnest(array[email, card, pin]) from people order by id, 1",
                "select (json_populate_record(null::people, '{}')).email",
                "select * from json_to_recordset((select json_agg(p) from people p)) as t (email text)",
                "select * from people p full join public.people q on p.id = q.id order by p.id",
                "select p.* from people p join public.people q using (id) order by id",
                "select * from people natural join public.people",
                // joins with one's own
                "select p.id from people p join wishes w on w.wish = p.email",
                "select p.id from public.people p join wishes w on w.wish = p.email",
                "select p.id from people p join wishes w on w.amount = p.salary",
                "select p.id from people p left join wishes w on w.amount >= p.salary order by p.id, w.id",
                "select p.id from people p, generate_series(4000, 4500) n where n = p.salary",
                "select email from people intersect select wish from wishes",
                "select wish from wishes except select email from people order by 1",
                "select id from people where email in (select wish from wishes)",
                "select id from people where salary = any (select amount from wishes)",
                // leaky functions and operators
                "select id from people where tools.tell(email)",
                "select id from public.people where tools.tell(email)",
                "select id from public.people where tools.tell(name)",
                "select id from people where tools.is(email, 'ann.z') order by id",
                "select id from people where email operator(tools.<<) 'ann.z' order by id",
                "select tools.tell(p) from people p",
                "select tools.run('select email from people')",
                "select tools.run('select email from public.people')",
                "select tools.run('select p::text from public.people p')",
                "do $$ declare r record; begin for r in select * from public.people loop"
                        + " raise exception '%', r; end loop; end $$",
                "do $$ declare r record; begin for r in select * from people where salary > 5000 loop"
                        + " raise exception 'one'; end loop; end $$",
                "do $$ begin execute 'select 1/0 from people where email like ''ann%'''; end $$",
                // functions that take SQL or tables
                "select query_to_xml('select * from public.people', true, false, '')",
                "select query_to_xml('select * from people order by id', true, false, '')",
                "select table_to_xml('public.people', true, false, '')",
                "select cursor_to_xml('c', 10, true, false, '')",
                "select * from ts_stat('select to_tsvector(email) from public.people')",
                "select * from dblink('dbname=postgres', 'select email from people') as t (e text)",
                // plans, statistics, catalogues
                "explain (costs off) select * from people where email = 'ann.one@mail.example'",
                "explain select * from public.people where salary > 4500",
                "explain select id from people where salary > 4500",
                "explain (analyze, costs off, timing off, summary off, buffers off) select id from people where email like 'ann%'",
                "select attname, most_common_vals::text, histogram_bounds::text from pg_stats"
                        + " where tablename = 'people'",
                "select * from pg_stats_ext where tablename = 'people'",
                "select stavalues1::text from pg_statistic where starelid = 'public.people'::regclass",
                "select attmissingval from pg_attribute where attrelid = 'public.people'::regclass"
                        + " and attnum > 0 order by attnum",
                "select pg_column_size(p) from people p order by id",
                "select pg_column_size(email), pg_column_size(salary) from people order by id",
                "select octet_length(p::text) from people p order by id",
                "select sallyport.definition('people'::regclass)",
                "select * from sallyport.mask_key",
                "select * from sallyport.mask",
                "select sallyport.unmasked('[]')",
                // system columns, samples, rows by place
                "select ctid, xmin is null from public.people order by id",
                "select ctid from people",
                "select * from public.people where ctid = '(0,1)'",
                "select tableoid::regclass from public.people",
                "select count(*) from people tablesample system (100)",
                "select name from public.people tablesample bernoulli (100) order by id",
                "select email from only public.people",
                // files, sessions, names of one's own
                "copy people to stdout",
                "copy (select * from public.people) to stdout",
                "copy public.people (email) to stdout",
                "copy public.people to program 'cat'",
                "prepare p as select * from public.people",
                "declare c cursor for select * from public.people",
                "create temp table t as select * from public.people",
                "create temp view v as select * from public.people",
                "create view public.v as select * from people",
                "create function pg_temp.f() returns setof people language sql as 'select * from people'",
                "set search_path = public",
                "select set_config('search_path', 'public', true), email from people order by id",
                "select set_config('search_path', 'public', true), tools.run('select email from people')",
                "set role sallyport_masks",
                "set session authorization sallyport_masks",
                "reset role",
                "select set_config('role', 'sallyport_masks', true), email from people order by id",
                "select set_config('DateStyle', 'SQL', true), born from people order by id",
                "select set_config('row_security', 'off', true), email from people",
                "alter view people set (security_barrier = false)",
                "alter view people owner to current_user",
                "alter table public.people rename column email to name2",
                "grant select on public.people to current_user",
                "lock table public.people in access share mode",
                "lock people",
                "security label on column people.email is 'x'",
                "comment on column people.email is 'x'",
                "select * from people for update",
                "select id from people where email like 'ann%' for update",
                "select id from public.people where email like 'ann%' for share skip locked",
                "values ((select email from people order by id limit 1))",
                "select case when exists (select from people where salary > 5000)"
                        + " then pg_sleep(0) end");
    }

    static Stream<String> writes() {
        return Stream.of(
                // constraints as oracles
                "insert into people (id, tenant_id, name, email) values (10, 'acme', 'x', 'ann.one@mail.example')",
                "insert into public.people (id, tenant_id, name, email) values (10, 'acme', 'x', 'ann.one@mail.example')",
                "insert into people (id, tenant_id, name) values (10, 'acme', 'x')",
                "insert into public.people (id, tenant_id, name, country) values (11, 'acme', 'y', 'ch')",
                "insert into people (id, tenant_id, name) values (1, 'acme', 'x')",
                "insert into people values (12, 'acme', 'x')",
                "insert into people (id, tenant_id, name) values (13, 'acme', 'x') returning *",
                "insert into public.people (id, tenant_id, name) values (14, 'acme', 'x') returning email",
                "insert into people (id, tenant_id, name, salary) values (15, 'acme', 'x', 1)",
                "insert into people (id, tenant_id, name) values (1, 'acme', 'x') on conflict (id)"
                        + " do update set name = excluded.name returning email",
                "insert into public.people (id, tenant_id, name) values (1, 'acme', 'x') on conflict (id)"
                        + " do update set name = public.people.email",
                "insert into people (id, tenant_id, name) values (1, 'acme', 'x') on conflict (tenant_id, email)"
                        + " do nothing",
                "insert into people (id, tenant_id, name) values (1, 'acme', 'x') on conflict (id)"
                        + " do update set name = 'y' where people.salary > 5000",
                "insert into public.people (id, tenant_id, name) values (1, 'acme', 'x') on conflict (id)"
                        + " do update set name = 'y' where public.people.salary > 5000",
                "insert into wishes (id, wish) select id + 100, email from people",
                "insert into wishes (id, wish) select id + 200, email from public.people",
                "insert into log (line) select p::text from people p",
                "update people set cap = 4201 where id = 1",
                "update public.people set cap = 4201 where id = 1",
                "update people set country = 'de' where id = 1",
                "update public.people set country = 'de' where id = 1",
                "update people set email = 'bob@mail.example' where id = 1",
                "update public.people set email = 'bob@mail.example' where id = 1",
                "update people set salary = salary + 1",
                "update people set email = default where id = 1",
                "update people set pin = '2222' where id = 1",
                "update people set name = email where id = 1",
                "update people set id = 50 + salary where id = 1",
                "update people set id = 20 where email like 'ann%'",
                "update people set id = 20 where id = 1 returning email, card, salary, born, pin",
                "update public.people set id = 1 where id = 20 returning email",
                "update people set id = 1 where id = 20 returning people",
                "update wishes set wish = (select email from people where people.id = 1) where id = 1 returning wish",
                "update wishes w set wish = 'same' from people p where p.salary = w.amount",
                "update wishes w set wish = 'same' from public.people p where p.salary = w.amount",
                "delete from people where salary > 5000 and id < 3",
                "delete from people where email like 'ann%'",
                "delete from public.people where email like 'ann%'",
                "delete from people where id = 10 returning *",
                "delete from public.people where id = 11 returning email",
                "delete from wishes using people p where p.email = wishes.wish",
                "merge into people p using wishes w on w.amount = p.salary when matched then delete",
                "merge into public.people p using wishes w on w.amount = p.salary when matched then delete",
                "merge into wishes w using people p on w.amount = p.salary when matched then delete",
                "merge into wishes w using people p on w.id = p.id when matched then update set wish = p.email",
                "with d as (delete from people where id = 14 returning *) select * from d",
                "with u as (update people set id = id where tools.tell(email) returning 1) select * from u",
                "select tools.note(email) from people order by id",
                "select line from log order by line",
                "select id, wish from wishes order by id",
                "copy people (email) from stdin",
                "create table taken as select * from people",
                "create rule r as on select to log do instead select * from public.people",
                "create trigger t before update on people for each row execute function tools.x()",
                "alter table wishes add foreign key (wish) references public.people (email)",
                "create index on public.people (tools.tell(email))",
                "truncate people",
                "do $$ begin update public.people set cap = 4201 where id = 1; exception when others then null; end $$",
                "do $$ begin insert into people (id, tenant_id, name) values (1, 'acme', 'x');"
                        + " exception when unique_violation then raise exception '%', sqlerrm; end $$");
    }

    @ParameterizedTest
    @MethodSource("reads")
    void whatIsReadTellsNothing(String sql) {
        same(sql, Access.READ);
        same(sql, Access.REHEARSE);
    }

    @ParameterizedTest
    @MethodSource("writes")
    void whatIsWrittenTellsNothing(String sql) {
        same(sql, Access.REHEARSE);
        same(sql, Access.WRITE);
    }

    /** The differences themselves are seen: with one right that undoes a mask there is one. */
    @Test
    void aMaskThatIsUndoneIsNoticed() throws Exception {
        List<SharedDatabase> both = List.of(one, other);
        for (SharedDatabase shared : both) {
            shared.administer("grant select (salary) on people to " + shared.login(ACME));
        }
        Engine unasked = one.engine(ACME, 1);
        Engine otherUnasked = other.engine(ACME, 1);
        try {
            String sql =
                    "select 1 / (case when salary = 4200 then 0 else 1 end) from public.people";
            assertThat(answer(unasked, sql, Access.READ))
                    .isNotEqualTo(answer(otherUnasked, sql, Access.READ));
        } finally {
            unasked.close(Duration.ZERO);
            otherUnasked.close(Duration.ZERO);
            for (SharedDatabase shared : both) {
                shared.administer("revoke select (salary) on people from " + shared.login(ACME));
            }
        }
    }

    private static void same(String sql, Access access) {
        String answer = answer(engine, sql, access);

        assertThat(answer).isEqualTo(answer(otherEngine, sql, access));
        assertThat(answer).doesNotContain("masks_missing");
        for (String secret : Set.of("bob@", "60110000", "1970", "2222")) {
            if (!sql.contains(secret)) {
                assertThat(answer).doesNotContain(secret);
            }
        }
    }

    private static String answer(Engine engine, String sql, Access access) {
        Answer answer =
                engine.run(
                        SharedDatabase.call(ACME, new Limits(100, 100_000, 10_000), sql, List.of()),
                        Ending.of(access, null, Ending.Confirmation.GIVEN),
                        new Cancellation(),
                        new Stopwatch());
        String text =
                switch (answer) {
                    case Answer.Succeeded done ->
                            new String(done.result(), UTF_8) + done.rowsAffected();
                    case Answer.Stopped stopped -> stopped.toString();
                };
        return text.replace(one.databaseName(), "D").replace(other.databaseName(), "D");
    }
}
