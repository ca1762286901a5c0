package dev.sallyport.executor.engine.postgresql;

import static dev.sallyport.executor.engine.postgresql.SharedDatabase.ACME;
import static dev.sallyport.executor.engine.postgresql.SharedDatabase.GLOBEX;
import static org.assertj.core.api.Assertions.assertThat;

import dev.sallyport.executor.engine.Answer;
import dev.sallyport.executor.engine.Call;
import dev.sallyport.executor.engine.Cancellation;
import dev.sallyport.executor.engine.Ending;
import dev.sallyport.executor.engine.Engine;
import dev.sallyport.executor.engine.Stopwatch;
import dev.sallyport.schema.event.Access;
import dev.sallyport.schema.event.Limits;
import dev.sallyport.schema.json.Json;
import java.sql.Connection;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;

/** What a rehearsal tells of a real database, and that it changes nothing there. */
final class RehearsalIT {
    @SuppressWarnings("NullAway.Init")
    private static SharedDatabase shared;

    @SuppressWarnings("NullAway.Init")
    private static Engine engine;

    @BeforeAll
    static void share() throws Exception {
        shared = new SharedDatabase();
        shared.administer(
                """
                create table orders (
                    id integer primary key, tenant_id text not null, customer_id integer references customers on delete cascade,
                    amount numeric not null, placed_at timestamptz);
                create table totals (tenant_id text not null, customer_id integer, orders bigint, primary key (tenant_id, customer_id));
                create table visits (tenant_id text not null, page text, card text);
                create table numbered (id integer generated always as identity primary key, tenant_id text not null);
                create table parts (id integer, region text, tenant_id text not null, primary key (id, region))
                    partition by list (region);
                create table parts_east partition of parts for values in ('east');
                create table parts_west partition of parts for values in ('west');
                create function count_orders() returns trigger language plpgsql security definer as $$
                begin
                    update totals set orders = orders - 1 where tenant_id = old.tenant_id and customer_id = old.customer_id;
                    return null;
                end $$;
                create trigger counting after delete on orders for each row execute function count_orders();
                create table noisy (id integer primary key, tenant_id text not null);
                create function shout() returns trigger language plpgsql security definer as $$
                begin
                    perform pg_notify('noise', new.id::text);
                    return null;
                end $$;
                create trigger shouting after insert on noisy for each row execute function shout();
                create table kinds (id integer primary key, tenant_id text not null, kind text);
                create function tell_kind() returns trigger language plpgsql as $$
                begin
                    new.kind := sallyport.claim('kind') || ' ' || current_setting('transaction_read_only');
                    return new;
                end $$;
                create trigger telling before insert on kinds for each row execute function tell_kind();
                """);
        shared.protect(
                List.of("orders", "totals", "visits", "numbered", "parts", "noisy", "kinds"),
                ACME,
                GLOBEX);
        engine = shared.engine(ACME, 1);
    }

    @AfterAll
    static void stop() throws Exception {
        engine.close(Duration.ZERO);
        shared.close();
    }

    @BeforeEach
    void fill() throws Exception {
        shared.administer(
                """
                insert into orders select n, 'acme', 10 + (n % 3) + 1, n * 1.5, null from generate_series(1, 60) n;
                insert into totals select 'acme', 10 + n, 20 from generate_series(1, 3) n;
                insert into visits select 'acme', 'page ' || (n / 2), '4111111111111111' from generate_series(1, 4) n;
                insert into parts select n, case when n % 2 = 0 then 'east' else 'west' end, 'acme' from generate_series(1, 10) n;
                """);
    }

    @AfterEach
    void empty() throws Exception {
        shared.administer("truncate orders, totals, visits, numbered, parts, noisy, kinds");
    }

    @Test
    void anUpdateTellsItsRowsBeforeAndAfterAndChangesNothing() throws Exception {
        List<String> was = shared.truth("select c::text from customers c order by id");

        JsonNode told = told("update customers set balance = balance + 1 where id in (11, 12)");

        assertThat(told.path("rehearsed").asBoolean()).isTrue();
        assertThat(told.path("complete").asBoolean()).isTrue();
        assertThat(told.path("rowsAffected").asInt()).isEqualTo(2);
        assertThat(told.path("tables"))
                .hasToString(
                        "[{\"table\":\"public.customers\",\"inserted\":0,\"updated\":2,\"deleted\":0}]");
        assertThat(told.path("changes").get(0).path("before").path("balance").asDouble())
                .isEqualTo(10.5);
        assertThat(told.path("changes").get(0).path("after").path("balance").asDouble())
                .isEqualTo(11.5);
        assertThat(told.path("changes")).hasSize(2);
        assertThat(told.path("changesNotShown").asInt()).isZero();
        assertThat(shared.truth("select c::text from customers c order by id")).isEqualTo(was);
    }

    @Test
    void cascadesAndTriggersAreToldWithTheirTables() {
        JsonNode told = told("delete from customers where id = 11");

        assertThat(told.path("rowsAffected").asInt()).isOne();
        assertThat(told.path("tables"))
                .hasToString(
                        "[{\"table\":\"public.customers\",\"inserted\":0,\"updated\":0,\"deleted\":1},"
                                + "{\"table\":\"public.orders\",\"inserted\":0,\"updated\":0,\"deleted\":20},"
                                + "{\"table\":\"public.totals\",\"inserted\":0,\"updated\":20,\"deleted\":0}]");
        assertThat(told.path("changes")).hasSize(20);
        assertThat(told.path("changesNotShown").asInt()).isEqualTo(2);
        assertThat(told.path("complete").asBoolean()).as("totals were updated often").isFalse();
    }

    @Test
    void theSameEffectHasTheSameDigestWhateverThePlaceOfItsRows() throws Exception {
        String sql = "update orders set amount = 0 where customer_id = 11";
        String first = told(sql).path("effectDigest").asString();
        shared.administer("update orders set amount = amount where id % 2 = 0");

        assertThat(told(sql).path("effectDigest").asString()).isEqualTo(first);
        assertThat(
                        told("update orders set amount = 0.0 where customer_id = 11")
                                .path("effectDigest")
                                .asString())
                .isNotEqualTo(first);
        shared.administer("update orders set amount = 77 where id = 59");
        assertThat(told(sql).path("effectDigest").asString()).isEqualTo(first);
        shared.administer("update orders set amount = 77 where id = 3");
        assertThat(told(sql).path("effectDigest").asString()).isNotEqualTo(first);
    }

    @Test
    void whatVariesMakesTheDigestAnother() {
        String sql = "update orders set placed_at = clock_timestamp() where id = 1";

        assertThat(told(sql).path("effectDigest").asString())
                .isNotEqualTo(told(sql).path("effectDigest").asString());
    }

    @Test
    void rowsThatPoliciesHideAreCountedWithoutTheirValues() throws Exception {
        shared.administer("insert into orders values (900, 'globex', 11, 4242, null)");

        Answer.Succeeded answer =
                (Answer.Succeeded) rehearse("delete from orders where customer_id = 11");
        JsonNode own = Json.mapper().readTree(answer.result());
        JsonNode cascaded = told("delete from customers where id = 11");

        assertThat(own.path("rowsAffected").asInt()).isEqualTo(20);
        assertThat(cascaded.path("tables").get(1).path("deleted").asInt()).isEqualTo(21);
        assertThat(cascaded.path("complete").asBoolean()).isFalse();
        assertThat(cascaded.toString()).doesNotContain("4242").doesNotContain("globex");
    }

    @Test
    void rowsThatAreOnlyHeldAreNoEffect() {
        JsonNode told =
                told(
                        """
                        with added as (insert into orders values (1001, 'acme', 12, 1, null) returning id)
                        update customers set balance = 0 where id = 11\
                        """);

        assertThat(told.path("tables"))
                .hasToString(
                        "[{\"table\":\"public.customers\",\"inserted\":0,\"updated\":1,\"deleted\":0},"
                                + "{\"table\":\"public.orders\",\"inserted\":1,\"updated\":0,\"deleted\":0}]");
        assertThat(told.path("complete").asBoolean()).isTrue();
    }

    @Test
    void rowsOfTablesWithoutAKeyAndOfPartitionsAreTold() {
        JsonNode visits = told("update visits set page = 'none' where page = 'page 1'");
        JsonNode parts = told("update parts set region = 'east' where id <= 3");

        assertThat(visits.path("tables").get(0).path("updated").asInt()).isEqualTo(2);
        assertThat(visits.path("complete").asBoolean()).isTrue();
        assertThat(visits.path("changes")).hasSize(4);
        assertThat(visits.toString())
                .doesNotContain("4111111111111111")
                .contains("************1111");
        assertThat(parts.path("tables"))
                .hasToString(
                        "[{\"table\":\"public.parts\",\"inserted\":2,\"updated\":1,\"deleted\":2}]");
        assertThat(parts.path("complete").asBoolean()).isTrue();
    }

    @Test
    void whatCallsBeforeItChangedIsNotItsEffect() {
        for (int i = 0; i < 3; i++) {
            assertThat(
                            run(
                                    "update customers set balance = balance",
                                    new Ending.Commit(Ending.Confirmation.GIVEN)))
                    .isInstanceOf(Answer.Succeeded.class);
            assertThat(told("update orders set amount = 1 where id = 1").path("tables")).hasSize(1);
        }
    }

    @Test
    void whatOthersChangeMeanwhileIsNotItsEffect() throws Exception {
        try (Connection other = shared.administrator();
                Statement statement = other.createStatement()) {
            other.setAutoCommit(false);
            statement.execute("update orders set amount = 5 where id = 2");

            JsonNode told = told("update orders set amount = 1 where id in (1, 3)");

            other.rollback();
            assertThat(told.path("complete").asBoolean()).isTrue();
            assertThat(told.path("changes")).hasSize(2);
        }
    }

    @Test
    void whatFunctionsChangeBehindSavepointsIsCounted() throws Exception {
        shared.administer(
                """
                create or replace function careful(n integer) returns integer language plpgsql as $$
                begin
                    begin
                        update orders set amount = -1 where id = n;
                    exception when others then null;
                    end;
                    return n;
                end $$;
                """);

        JsonNode told = told("select careful(id) from orders where id <= 5");

        assertThat(told.path("tables").get(0).path("updated").asInt()).isEqualTo(5);
        assertThat(told.path("complete").asBoolean()).isFalse();
        assertThat(told.path("changes")).isEmpty();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "insert into numbered (tenant_id) values ('acme')|a sequence",
                "insert into noisy values (1, 'acme')|notifies",
                "truncate orders|TRUNCATE",
                "create table t (a int)|CREATE",
                "drop table orders|DROP",
                "explain analyze delete from orders|EXPLAIN",
                "comment on table orders is 'x'|COMMENT"
            })
    void whatCannotBeRehearsedIsToldWithItsReason(String sql, String reason) {
        Answer.Stopped stopped = (Answer.Stopped) rehearse(sql);

        assertThat(stopped.code()).isEqualTo("cannot_be_rehearsed");
        assertThat(stopped.message()).contains(reason);
    }

    @Test
    void aFunctionThatChangesDefinitionsCannotBeRehearsed() throws Exception {
        shared.administer(
                """
                create or replace function defining() returns void language plpgsql security definer as $$
                begin
                    execute 'create table made_meanwhile (a integer)';
                end $$;
                """);

        Answer.Stopped stopped = (Answer.Stopped) rehearse("select defining()");

        assertThat(stopped.code()).isEqualTo("cannot_be_rehearsed");
        assertThat(stopped.message()).contains("definitions");
        assertThat(shared.truth("select to_regclass('made_meanwhile')::text")).containsOnlyNulls();
    }

    @Test
    void theLedgerHasNoEntryOfIt() throws Exception {
        shared.administer("delete from sallyport.ledger");

        told("update customers set balance = 0 where id = 11");

        assertThat(shared.truth("select count(*)::text from sallyport.ledger"))
                .containsExactly("0");
    }

    @Test
    void theStatementSeesTheContextOfAWrite() {
        JsonNode told = told("insert into kinds values (1, 'acme', '')");

        assertThat(told.path("changes").get(0).path("after").path("kind").asString())
                .isEqualTo("write off");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "select * from sallyport.changes()",
                "select sallyport.own_transactions()",
                "select * from sallyport.hindrances('{}')",
                "select * from sallyport.effect(1, '{}', 20)"
            })
    void aCallersStatementCannotAskForTheEffect(String sql) {
        assertThat(shared.run(ACME, Access.WRITE, sql))
                .isInstanceOfSatisfying(
                        Transaction.Failed.class,
                        failed -> assertThat(failed.cause().getSQLState()).isEqualTo("SP007"));
    }

    @Test
    void aFunctionThatMovesTheCursorCannotMakeAnEffectLookSmaller() throws Exception {
        shared.administer(
                """
                create or replace function moving() returns integer language plpgsql as $$
                declare
                    c record;
                    opened refcursor;
                begin
                    update customers set balance = -1 where id = 13;
                    for c in select name from pg_cursors where name like 'sallyport%' loop
                        opened := c.name;
                        move all from opened;
                    end loop;
                    return 1;
                end $$;
                """);

        assertThat(rehearse("select moving()")).isInstanceOf(Answer.Stopped.class);
        assertThat(shared.truth("select balance::text from customers where id = 13"))
                .containsExactly("31.50");
    }

    @Test
    void deferredTriggersSpeakBeforeTheEffectIsTold() throws Exception {
        shared.administer(
                """
                create or replace function refusing() returns trigger language plpgsql as $$
                begin
                    raise exception 'refused' using errcode = '23514';
                end $$;
                drop trigger if exists late on kinds;
                create constraint trigger late after insert on kinds deferrable initially deferred
                    for each row execute function refusing();
                """);
        try {
            assertThat(
                            ((Answer.Stopped) rehearse("insert into kinds values (2, 'acme', '')"))
                                    .code())
                    .isEqualTo("constraint_violation");
        } finally {
            shared.administer("drop trigger late on kinds");
        }
    }

    @Test
    void enrollingAgainGivesADatabaseThatWasHardenedBeforeWhatRehearsalsAsk() throws Exception {
        String held =
                "select count(*)::text from unnest(array['pg_lock_status()',"
                        + " 'pg_stat_get_xact_tuples_updated(oid)']) f"
                        + " where has_function_privilege('sallyport', 'pg_catalog.' || f, 'execute')";
        shared.administer(
                """
                revoke execute on function pg_catalog.pg_lock_status() from sallyport;
                revoke execute on function pg_catalog.pg_stat_get_xact_tuples_updated(oid) from sallyport;
                """);
        assertThat(shared.truth(held)).containsExactly("0");
        assertThat(rehearse("delete from orders where id = 1")).isInstanceOf(Answer.Stopped.class);

        try (Connection administrator = shared.administrator()) {
            Enrolment.enrol(administrator, shared.login(ACME), ACME, SharedDatabase.KEY);
        }

        assertThat(shared.truth(held)).containsExactly("2");
        assertThat(told("delete from orders where id = 1").path("rowsAffected").asInt()).isOne();
    }

    @Test
    void anEffectOfManyRowsIsToldByAFew() throws Exception {
        shared.administer(
                "insert into visits select 'acme', 'many ' || n, null from generate_series(1, 30000) n");

        JsonNode told = told("delete from visits where page like 'many %'");

        assertThat(told.path("rowsAffected").asInt()).isEqualTo(30_000);
        assertThat(told.path("changes")).hasSize(20);
        assertThat(told.path("changesNotShown").asInt()).isEqualTo(29_980);
        assertThat(told.path("complete").asBoolean()).isTrue();
    }

    @Test
    void itEndsAtItsDeadline() {
        Answer.Stopped stopped =
                (Answer.Stopped)
                        engine.run(
                                call(
                                        "update customers set balance = 1 where pg_sleep(20) is null",
                                        300),
                                new Ending.Rehearse(),
                                new Cancellation(),
                                new Stopwatch());

        assertThat(stopped.code()).isIn("statement_timeout", "deadline_exceeded");
    }

    private static JsonNode told(String sql) {
        Answer answer = rehearse(sql);
        assertThat(answer).as(sql).isInstanceOf(Answer.Succeeded.class);
        Answer.Succeeded told = (Answer.Succeeded) answer;
        assertThat(told.rowsAffected()).as("nothing was changed").isZero();
        return Json.mapper().readTree(told.result());
    }

    private static Answer rehearse(String sql) {
        return run(sql, new Ending.Rehearse());
    }

    private static Answer run(String sql, Ending ending) {
        return engine.run(call(sql, 10_000), ending, new Cancellation(), new Stopwatch());
    }

    private static Call call(String sql, int millis) {
        return SharedDatabase.call(ACME, new Limits(1_000, 1_000_000, millis), sql, List.of());
    }
}
