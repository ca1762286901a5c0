package dev.sallyport.executor.engine.postgresql;

import static dev.sallyport.executor.engine.postgresql.SharedDatabase.ACME;
import static dev.sallyport.executor.engine.postgresql.SharedDatabase.GLOBEX;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sallyport.executor.engine.Answer;
import dev.sallyport.executor.engine.Call;
import dev.sallyport.executor.engine.Cancellation;
import dev.sallyport.executor.engine.Ending;
import dev.sallyport.executor.engine.Engine;
import dev.sallyport.executor.engine.Stopwatch;
import dev.sallyport.schema.event.Limits;
import dev.sallyport.schema.json.Json;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;

/** That a real database commits the approved effect, and no other. */
final class CompareAndCommitIT {
    private static final String DELETE = "delete from orders where customer_id = 11";

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
                    id integer primary key, tenant_id text not null, customer_id integer, amount numeric not null, placed_at timestamptz);
                create table history (tenant_id text not null, what text);
                create table hidden (what text);
                create table armed (yes boolean not null);
                create table numbered (id integer generated always as identity primary key, tenant_id text not null);
                create table visits (tenant_id text not null, page text);
                grant select on armed to public;
                create function is_armed() returns boolean language sql stable security definer
                    as 'select exists (select from armed)';
                create function note() returns trigger language plpgsql security definer as $$
                begin
                    insert into history values ('acme', tg_argv[0]);
                    return null;
                end $$;
                create function hide() returns trigger language plpgsql security definer as $$
                begin
                    insert into hidden select 'x' from generate_series(1, case when is_armed() then 2 else 1 end);
                    return null;
                end $$;
                create function refuse() returns trigger language plpgsql as $$
                begin
                    raise exception 'refused' using errcode = '23514';
                end $$;
                """);
        shared.protect(List.of("orders", "history", "numbered", "visits"), ACME, GLOBEX);
        engine = shared.engine(ACME, 2);
    }

    @AfterAll
    static void stop() throws Exception {
        engine.close(Duration.ZERO);
        shared.close();
    }

    @BeforeEach
    void fill() throws Exception {
        shared.administer(
                "insert into orders select n, 'acme', 10 + (n % 3) + 1, n * 1.5, null from generate_series(1, 60) n");
    }

    @AfterEach
    void empty() throws Exception {
        shared.administer(
                """
                drop trigger if exists late on orders;
                drop trigger if exists now on orders;
                drop trigger if exists later on history;
                truncate orders, history, hidden, armed, numbered, visits;
                delete from sallyport.ledger;
                """);
    }

    @Test
    void theApprovedEffectIsCommittedAsAWriteIs() throws Exception {
        String sql = DELETE + " returning id";
        String approved = digest(sql);

        Answer.Succeeded done = (Answer.Succeeded) commitIf(call(sql), approved);

        assertThat(done.rowsAffected()).isEqualTo(20);
        assertThat(done.rows()).isEqualTo(20);
        assertThat(done.repeated()).isFalse();
        assertThat(Json.mapper().readTree(done.result()).path("rowsAffected").asInt())
                .isEqualTo(20);
        assertThat(shared.truth("select count(*)::text from orders where customer_id = 11"))
                .containsExactly("0");
        assertThat(shared.truth("select count(*)::text from orders")).containsExactly("40");
        assertThat(ledger()).containsExactly("20");
    }

    @Test
    void deliveredAgainItIsToldFromTheLedgerAndDoneOnce() throws Exception {
        String sql = "update orders set amount = amount + 1 where id = 3";
        String approved = digest(sql);
        Call call = call(sql);
        assertThat(commitIf(call, approved)).isInstanceOf(Answer.Succeeded.class);

        Answer.Succeeded again = (Answer.Succeeded) commitIf(call, approved);

        assertThat(again.repeated()).isTrue();
        assertThat(again.rowsAffected()).isOne();
        assertThat(shared.truth("select amount::text from orders where id = 3"))
                .containsExactly("5.5");
        assertThat(ledger()).containsExactly("1");
    }

    @Test
    void aRowThatWasChangedMeanwhileIsAnotherEffect() throws Exception {
        String approved = digest(DELETE);
        shared.administer("update orders set amount = 4242 where id = 3");

        Answer.Stopped stopped = (Answer.Stopped) commitIf(call(DELETE), approved);

        assertThat(stopped.code()).isEqualTo("effect_changed");
        assertThat(stopped.message())
                .contains("public.orders: 20 deleted as approved, but other rows or values")
                .contains("nothing was changed")
                .doesNotContain("4242");
        assertThat(shared.truth("select count(*)::text from orders")).containsExactly("60");
    }

    @Test
    void whatHadChangedIsToldOnceMoreAndNeverRunsThen() throws Exception {
        String approved = digest(DELETE);
        Call call = call(DELETE);
        shared.administer("update orders set amount = 4242 where id = 3");
        commitIf(call, approved);
        shared.administer("update orders set amount = 4.5 where id = 3");
        assertThat(digest(DELETE)).as("the effect is the approved one again").isEqualTo(approved);

        Answer.Stopped again = (Answer.Stopped) commitIf(call, approved);
        Optional<Answer> recalled = engine.recall(call.caller(), Duration.ofSeconds(5));

        assertThat(again.code()).isEqualTo("effect_changed");
        assertThat(recalled).contains(again);
        assertThat(shared.truth("select count(*)::text from orders")).containsExactly("60");
        assertThat(ledger()).containsExactly("-2");
    }

    @Test
    void oneRowMoreIsAnotherEffect() throws Exception {
        String approved = digest(DELETE);
        shared.administer("insert into orders values (900, 'acme', 11, 1, null)");

        assertThat(changed(call(DELETE), approved))
                .contains("public.orders: 21 deleted, where 20 deleted was approved");
        assertThat(shared.truth("select count(*)::text from orders")).containsExactly("61");
    }

    @Test
    void anotherTableThatATriggerChangesIsAnotherEffect() throws Exception {
        String approved = digest(DELETE);
        shared.administer(
                "create trigger now after delete on orders for each statement execute function note('x')");
        String withTrigger = digest(DELETE);

        assertThat(changed(call(DELETE), approved))
                .contains("public.history: 1 inserted, where none was approved")
                .doesNotContain("public.orders");
        shared.administer("drop trigger now on orders");
        assertThat(changed(call(DELETE), withTrigger))
                .contains("a table with 1 inserted was approved and is not changed");
        assertThat(commitIf(call(DELETE), approved)).isInstanceOf(Answer.Succeeded.class);
    }

    @Test
    void whatIsDeferredBelongsToTheEffect() throws Exception {
        String approved = digest(DELETE);
        shared.administer(
                "create constraint trigger late after delete on orders deferrable initially deferred"
                        + " for each row execute function note('late')");

        assertThat(changed(call(DELETE), approved)).contains("public.history: 20 inserted");
        assertThat(commitIf(call(DELETE), digest(DELETE))).isInstanceOf(Answer.Succeeded.class);
        assertThat(shared.truth("select count(*)::text from history")).containsExactly("20");
    }

    @Test
    void aDeferredConstraintThatRefusesIsToldAsOfAWrite() throws Exception {
        String approved = digest(DELETE);
        shared.administer(
                "create constraint trigger late after delete on orders deferrable initially deferred"
                        + " for each row execute function refuse()");

        Answer.Stopped stopped = (Answer.Stopped) commitIf(call(DELETE), approved);

        assertThat(stopped.code()).isEqualTo("constraint_violation");
        assertThat(ledger()).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "update orders set placed_at = now() where id = 1",
                "update orders set amount = random() where id = 1",
                "insert into visits values ('acme', pg_current_xact_id()::text)",
                "insert into visits select 'acme', sallyport.claim('call')",
                "insert into visits select 'acme', 'x' where pg_current_xact_id_if_assigned() is not null"
            })
    void whatIsOtherInEachRunIsNeverCommitted(String sql) throws Exception {
        assertThat(changed(call(sql), digest(sql))).contains("nothing was changed");
        assertThat(shared.truth("select count(*)::text from visits")).containsExactly("0");
        assertThat(shared.truth("select amount::text from orders where id = 1"))
                .containsExactly("1.5");
    }

    @ParameterizedTest
    @ValueSource(strings = {"", ".", "x", "x.x", "AAAA.AAAA", "\u00e9"})
    void anotherTextIsNoDigest(String text) throws Exception {
        String approved = digest("delete from orders where id = 1");

        assertThat(changed(call(DELETE), text)).contains("nothing was changed");
        assertThat(changed(call(DELETE), approved))
                .contains("public.orders: 20 deleted, where 1 deleted was approved");
        assertThat(shared.truth("select count(*)::text from orders")).containsExactly("60");
    }

    @Test
    void aDigestIsOfItsTenantsKeyAndOfAnEffectWithoutTablesToo() {
        String nothing = digest("delete from orders where id = -1");

        assertThat(commitIf(call("delete from orders where id = -2"), nothing))
                .isInstanceOfSatisfying(
                        Answer.Succeeded.class, done -> assertThat(done.rowsAffected()).isZero());
        assertThat(changed(call(DELETE), nothing))
                .contains("public.orders: 20 deleted, where none was approved");
    }

    @Test
    void sequencesCannotBeComparedEither() throws Exception {
        String sql = "insert into numbered (tenant_id) values ('acme')";

        Answer.Stopped stopped = (Answer.Stopped) commitIf(call(sql), digest(DELETE));

        assertThat(stopped.code()).isEqualTo("cannot_be_rehearsed");
        assertThat(stopped.message()).contains("a sequence");
        assertThat(((Answer.Stopped) commitIf(call("truncate orders"), digest(DELETE))).code())
                .isEqualTo("cannot_be_rehearsed");
        assertThat(shared.truth("select count(*)::text from numbered")).containsExactly("0");
    }

    @Test
    void rowsThatTheCallerMayNotSeeAreComparedByTheirNumber() throws Exception {
        shared.administer(
                "create trigger now after delete on orders for each statement execute function hide()");
        JsonNode told = rehearse(DELETE);
        assertThat(told.path("complete").asBoolean()).isFalse();
        String approved = told.path("effectDigest").asString();

        shared.administer("insert into armed values (true)");
        assertThat(changed(call(DELETE), approved))
                .contains("public.hidden: 2 inserted, where 1 inserted was approved");
        shared.administer("truncate armed");
        assertThat(commitIf(call(DELETE), approved)).isInstanceOf(Answer.Succeeded.class);
        assertThat(shared.truth("select count(*)::text from hidden")).containsExactly("1");
    }

    @Test
    void whatAnotherSessionCommitsBeforeTheStatementGetsItsRowIsCompared() throws Exception {
        String approved = digest("update orders set customer_id = 12 where id = 3");
        try (Connection other = shared.administrator();
                Statement statement = other.createStatement()) {
            other.setAutoCommit(false);
            statement.execute("update orders set amount = 4242 where id = 3");
            CompletableFuture<Answer> answer =
                    CompletableFuture.supplyAsync(() ->
                            commitIf(
                                    call("update orders set customer_id = 12 where id = 3"),
                                    approved));
            awaitWaiting();
            other.commit();

            assertThat(((Answer.Stopped) answer.get(20, TimeUnit.SECONDS)).code())
                    .isEqualTo("effect_changed");
        }
        assertThat(shared.truth("select customer_id || ' ' || amount from orders where id = 3"))
                .containsExactly("11 4242");
    }

    @Test
    void afterTheComparisonNobodyElseChangesWhatWasCompared() throws Exception {
        String approved = digest(DELETE);

        Answer answer =
                run(
                        call(DELETE),
                        new Ending.CommitIf(
                                approved,
                                _ -> {
                                    assertOthersCannotChangeTheRows();
                                    return true;
                                }));

        assertThat(answer).isInstanceOf(Answer.Succeeded.class);
        assertThat(shared.truth("select id::text from orders where customer_id = 11"))
                .as("a row that came meanwhile was not compared, and stays")
                .containsExactly("900");
    }

    private static void assertOthersCannotChangeTheRows() {
        try (Connection other = shared.administrator();
                Statement statement = other.createStatement()) {
            statement.execute("set lock_timeout = 100");
            assertThatThrownBy(() -> statement.execute("update orders set amount = 7 where id = 3"))
                    .isInstanceOf(SQLException.class);
            statement.execute("insert into orders values (900, 'acme', 11, 1, null)");
        } catch (SQLException e) {
            throw new AssertionError(e);
        }
    }

    @Test
    void whatIsNotConfirmedIsRolledBack() throws Exception {
        Answer.Stopped stopped =
                (Answer.Stopped) run(call(DELETE), new Ending.CommitIf(digest(DELETE), _ -> false));

        assertThat(stopped.code()).isEqualTo("write_unconfirmed");
        assertThat(shared.truth("select count(*)::text from orders")).containsExactly("60");
        assertThat(ledger()).isEmpty();
    }

    @Test
    void whatIsStoppedWhileItIsConfirmedIsRolledBack() throws Exception {
        String approved = digest(DELETE);
        Cancellation cancellation = new Cancellation();

        Answer.Stopped stopped =
                (Answer.Stopped)
                        engine.run(
                                call(DELETE),
                                new Ending.CommitIf(
                                        approved,
                                        _ -> {
                                            cancellation.request(Cancellation.Reason.SUSPENSION);
                                            return true;
                                        }),
                                cancellation,
                                new Stopwatch());

        assertThat(stopped.code()).isEqualTo("principal_suspended");
        assertThat(shared.truth("select count(*)::text from orders")).containsExactly("60");
    }

    /** A trigger that puts changes off once more would make them after the comparison. */
    @Test
    void whatIsPutOffUntilTheCommitIsNotCommitted() throws Exception {
        shared.administer(
                """
                create or replace function put_off() returns trigger language plpgsql security definer as $$
                begin
                    if is_armed() then
                        set constraints all deferred;
                        insert into history values ('acme', 'first');
                    end if;
                    return null;
                end $$;
                create or replace function come_late() returns trigger language plpgsql security definer as $$
                begin
                    if new.what = 'first' then
                        delete from orders;
                    end if;
                    return null;
                end $$;
                create constraint trigger late after delete on orders deferrable initially deferred
                    for each row execute function put_off();
                create constraint trigger later after insert on history deferrable initially deferred
                    for each row execute function come_late();
                """);
        String approved = digest("delete from orders where id = 1");
        shared.administer("insert into armed values (true)");

        Answer rehearsed = run(call("delete from orders where id = 1"), new Ending.Rehearse());
        Answer committed = commitIf(call("delete from orders where id = 1"), approved);

        assertThat(((Answer.Stopped) rehearsed).code()).isEqualTo("cannot_be_rehearsed");
        assertThat(((Answer.Stopped) committed).code()).isEqualTo("cannot_be_rehearsed");
        assertThat(((Answer.Stopped) committed).message()).contains("puts off changes");
        assertThat(shared.truth("select count(*)::text from orders")).containsExactly("60");
    }

    /** Whoever looks at rows runs the functions of their policies. */
    @Test
    void policiesThatChangeRowsWhenTheyAreReadAreToldOf() throws Exception {
        shared.administer(
                """
                create or replace function spy() returns boolean language plpgsql volatile security definer as $$
                begin
                    insert into public.hidden values ('seen');
                    return true;
                end $$;
                create policy spying on visits as restrictive for select using (spy());
                insert into visits values ('acme', 'a');
                """);
        try {
            String sql = "delete from visits";

            Answer rehearsed = run(call(sql), new Ending.Rehearse());

            Answer committed = commitIf(call(sql), digest(DELETE));

            assertThat(((Answer.Stopped) rehearsed).code()).isEqualTo("cannot_be_rehearsed");
            assertThat(((Answer.Stopped) committed).code()).isEqualTo("cannot_be_rehearsed");
            assertThat(shared.truth("select count(*)::text from hidden")).containsExactly("0");
        } finally {
            shared.administer("drop policy spying on visits");
        }
    }

    /** A cursor that is held is run to its end by the commit. */
    @Test
    void aCursorThatIsHeldDoesNotRunAtTheCommit() throws Exception {
        shared.administer(
                """
                create or replace function destroy() returns integer language plpgsql volatile security definer as $$
                begin
                    delete from orders where id > 1;
                    return 1;
                end $$;
                create or replace function hold() returns integer language plpgsql as $$
                begin
                    delete from orders where id = 1;
                    execute 'declare held cursor with hold for select destroy()';
                    return 1;
                end $$;
                """);
        String approved = digest("select hold()");

        assertThat(commitIf(call("select hold()"), approved)).isInstanceOf(Answer.Succeeded.class);

        assertThat(shared.truth("select count(*)::text from orders")).containsExactly("59");
    }

    /** The cursor's name is in pg_cursors, so that a function could put its own in its place. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "values ('table', 'public.orders', '0', '0', '1', 'true', 'x'),"
                        + " ('ended', null, null, null, null, null, 'x')",
                "select 'ended', null, null, null, null, null, null",
                "select 1 where false"
            })
    void aCursorOfTheStatementsOwnTellsNoEffect(String rows) throws Exception {
        shared.administer(
                """
                create or replace function forge() returns integer language plpgsql as $$
                declare
                    c name := (select name from pg_cursors where name like 'sallyport%%');
                begin
                    delete from orders;
                    execute 'close ' || c;
                    execute 'declare ' || c || ' cursor for %s';
                    return 1;
                end $$;
                """
                        .formatted(rows.replace("'", "''")));

        assertThat(run(call("select forge()"), new Ending.Rehearse()))
                .isInstanceOf(Answer.Stopped.class);
        assertThat(commitIf(call("select forge()"), digest("delete from orders")))
                .isInstanceOf(Answer.Stopped.class);
        assertThat(shared.truth("select count(*)::text from orders")).containsExactly("60");
    }

    /** With it off, backslashes in our own texts would mean something else. */
    @Test
    void settingsOfTheStatementsDoNotHideANotification() throws Exception {
        shared.administer(
                """
                create or replace function shout() returns trigger language plpgsql security definer as $$
                begin
                    perform pg_notify('noise', 'x');
                    return null;
                end $$;
                create trigger now after delete on orders for each statement execute function shout();
                create or replace function quietly() returns integer language plpgsql as $$
                begin
                    set local standard_conforming_strings = off;
                    delete from orders where id = 1;
                    return 1;
                end $$;
                """);

        // a connection that has read none of our functions yet
        Engine fresh = shared.engine(ACME, 1);
        try {
            Answer.Stopped stopped =
                    (Answer.Stopped)
                            fresh.run(
                                    call("select quietly()"),
                                    new Ending.Rehearse(),
                                    new Cancellation(),
                                    new Stopwatch());

            assertThat(stopped.message()).contains("notifies");
        } finally {
            fresh.close(Duration.ZERO);
        }
    }

    @Test
    void anEffectOfManyRowsIsCommitted() throws Exception {
        shared.administer(
                "insert into visits select 'acme', 'many ' || n from generate_series(1, 10000) n");
        String approved = digest("delete from visits");

        shared.administer("update visits set page = 'other' where page = 'many 9999'");
        assertThat(changed(call("delete from visits"), approved)).contains("other rows or values");
        shared.administer("update visits set page = 'many 9999' where page = 'other'");
        assertThat(commitIf(call("delete from visits"), approved))
                .isInstanceOfSatisfying(
                        Answer.Succeeded.class,
                        done -> assertThat(done.rowsAffected()).isEqualTo(10_000));
        assertThat(shared.truth("select count(*)::text from visits")).containsExactly("0");
    }

    private static void awaitWaiting() throws Exception {
        String waiting =
                "select count(*)::text from pg_stat_activity where datname = current_database()"
                        + " and wait_event_type = 'Lock'";
        while (!shared.truth(waiting).equals(List.of("1"))) {
            Thread.onSpinWait();
        }
    }

    private static List<String> ledger() throws SQLException {
        return shared.truth("select rows_affected::text from sallyport.ledger");
    }

    private static String digest(String sql) {
        return rehearse(sql).path("effectDigest").asString();
    }

    private static JsonNode rehearse(String sql) {
        Answer answer = run(call(sql), new Ending.Rehearse());
        assertThat(answer).as(sql).isInstanceOf(Answer.Succeeded.class);
        return Json.mapper().readTree(((Answer.Succeeded) answer).result());
    }

    private static String changed(Call call, String approved) {
        Answer.Stopped stopped = (Answer.Stopped) commitIf(call, approved);
        assertThat(stopped.code()).as(stopped.message()).isEqualTo("effect_changed");
        return stopped.message();
    }

    private static Answer commitIf(Call call, String approved) {
        return run(call, new Ending.CommitIf(approved, Ending.Confirmation.GIVEN));
    }

    private static Answer run(Call call, Ending ending) {
        return engine.run(call, ending, new Cancellation(), new Stopwatch());
    }

    private static Call call(String sql) {
        return SharedDatabase.call(ACME, new Limits(1_000, 1_000_000, 10_000), sql, List.of());
    }
}
