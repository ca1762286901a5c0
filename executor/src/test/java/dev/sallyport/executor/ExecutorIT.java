package dev.sallyport.executor;

import static dev.sallyport.executor.engine.postgresql.SharedDatabase.ACME;
import static dev.sallyport.executor.engine.postgresql.SharedDatabase.GLOBEX;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.sallyport.executor.Stage.Draft;
import dev.sallyport.schema.event.Access;
import dev.sallyport.schema.event.Attested;
import dev.sallyport.schema.event.CallSettled;
import dev.sallyport.schema.event.Ended;
import dev.sallyport.schema.event.Instruction;
import dev.sallyport.schema.event.Limits;
import dev.sallyport.schema.event.StatementClass;
import dev.sallyport.schema.event.TraceContext;
import dev.sallyport.schema.id.CallId;
import dev.sallyport.schema.json.Json;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.sql.SQLException;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

final class ExecutorIT {
    @SuppressWarnings("NullAway.Init")
    private static Stage stage;

    @SuppressWarnings("NullAway.Init")
    private static Executor executor;

    @BeforeAll
    static void start() throws Exception {
        stage = new Stage();
        stage.database.administer("create type mood as enum ('happy', 'sad')");
        executor = stage.executor();
    }

    @AfterAll
    static void stop() throws SQLException {
        executor.close();
        stage.close();
    }

    @Test
    void aReadAnswersWithTheTenantsOwnRowsAndTellsTheLogFirst() {
        Draft draft = Draft.query("select id, name, balance from customers order by id");

        CallSettled outcome = stage.call(draft);

        assertThat(outcome.ended()).isEqualTo(Ended.SUCCEEDED);
        assertThat(outcome.rows()).isEqualTo(3);
        assertThat(outcome.truncated()).isFalse();
        assertThat(outcome.attested())
                .isEqualTo(new Attested(stage.database.login(ACME), true, "acme"));
        assertThat(outcome.resultDigest()).isNotNull();
        assertThat(outcome.bytes()).isEqualTo(stage.result(draft.call).length());
        assertThat(stage.result(draft.call))
                .isEqualTo(
                        "{\"columns\":[{\"name\":\"id\",\"type\":\"integer\"},"
                                + "{\"name\":\"name\",\"type\":\"text\"},"
                                + "{\"name\":\"balance\",\"type\":\"numeric\"}],"
                                + "\"rows\":[[11,\"secret of acme 1\",\"10.50\"],"
                                + "[12,\"secret of acme 2\",\"21.00\"],"
                                + "[13,\"secret of acme 3\",\"31.50\"]],"
                                + "\"rowCount\":3,\"truncated\":false}");
        assertThat(new String(stage.sealedReply(draft.call), UTF_8))
                .as("what stands in the replies topic")
                .doesNotContain("secret of acme", "succeeded");
    }

    @Test
    void aWriteIsCommittedWhereItsEffectIsTheRehearsedOne() throws Exception {
        String sql = "update customers set balance = balance + 1 where name like 'secret of acme%'";
        Draft rehearsal = Draft.write(sql);
        rehearsal.access = Access.REHEARSE;
        stage.call(rehearsal);
        String effect =
                Json.mapper()
                        .readTree(stage.result(rehearsal.call))
                        .path("effectDigest")
                        .asString();
        Draft write = Draft.write(sql);
        write.access = Access.COMMIT_IF;
        write.effectDigest = effect;
        Draft late = Draft.write(sql);
        late.access = Access.COMMIT_IF;
        late.effectDigest = effect;

        CallSettled done = stage.call(write);
        CallSettled changed = stage.call(late);

        assertThat(done.ended()).isEqualTo(Ended.SUCCEEDED);
        assertThat(done.rowsAffected()).isEqualTo(3);
        assertThat(done.rehearsed()).isNull();
        assertThat(changed.ended()).isEqualTo(Ended.FAILED);
        assertThat(changed.code()).isEqualTo("effect_changed");
        assertThat(stage.message(late.call))
                .contains("public.customers: 3 updated as approved, but other rows or values");
        stage.database.administer(
                "update customers set balance = balance - 1 where tenant_id = 'acme'");
    }

    @Test
    void theSameStatementOfAnotherTenantGivesItsRows() {
        Draft draft = Draft.query("select name from customers order by id").of(GLOBEX);

        stage.call(draft);

        assertThat(stage.result(draft.call)).contains("secret of globex").doesNotContain("acme");
    }

    @Test
    void readingStopsAtTheLimitAndTellsExactlyWhetherThereWasMore() {
        Draft all = Draft.query("select n from generate_series(1, 5) n");
        all.limits = new Limits(5, 100_000, 10_000);
        Draft some = Draft.query("select n from generate_series(1, 6) n");
        some.limits = new Limits(5, 100_000, 10_000);

        assertThat(stage.call(all).truncated()).isFalse();
        CallSettled cut = stage.call(some);

        assertThat(cut.truncated()).isTrue();
        assertThat(cut.rows()).isEqualTo(5);
        assertThat(stage.result(all.call)).endsWith("\"rowCount\":5,\"truncated\":false}");
        assertThat(stage.result(some.call))
                .contains("\"rows\":[[1],[2],[3],[4],[5]],\"rowCount\":5,\"truncated\":true,")
                .contains("\"code\":\"row_limit\"", "the first 5 rows", "order by a key");
    }

    @Test
    void readingStopsAtTheByteLimitOnAWholeRow() {
        Draft draft = Draft.query("select repeat('x', 1000) from generate_series(1, 100000)");
        draft.limits = new Limits(50_000, 20_000, 10_000);

        CallSettled outcome = stage.call(draft);

        assertThat(outcome.truncated()).isTrue();
        assertThat(outcome.bytes()).isBetween(18_000L, 20_000L);
        assertThat(outcome.rows()).isEqualTo(19);
        assertThat(stage.result(draft.call))
                .contains("\"rowCount\":19,\"truncated\":true,")
                .contains("\"code\":\"byte_limit\"", "the first 19 rows", "20,000 bytes");
    }

    @Test // case B9
    void manyLargeRowsAreCutAndNoConnectionIsLost() {
        Draft draft = Draft.query("select repeat('x', 20000) from generate_series(1, 1000)");
        draft.limits = new Limits(1_000, 4 << 20, 10_000);

        CallSettled outcome = stage.call(draft);

        assertThat(outcome.ended()).isEqualTo(Ended.SUCCEEDED);
        assertThat(outcome.truncated()).isTrue();
        assertThat(outcome.rows()).isBetween(40L, 210L);
    }

    @ParameterizedTest // case B10
    @ValueSource(ints = {90_000, 130_000, 5_000_000})
    void aFirstRowThatIsTooLargeSaysWhichColumnAndHowLarge(int length) {
        // quotation marks take two bytes in JSON, so some are found too large only when written
        Draft draft =
                Draft.query(
                        "select 1 as id, repeat('\"', " + length + ") as \"the text\", 'x' as y");

        CallSettled outcome = stage.call(draft);

        assertThat(outcome.ended()).isEqualTo(Ended.SUCCEEDED);
        assertThat(outcome.rows()).isZero();
        assertThat(stage.result(draft.call))
                .contains(
                        "\"code\":\"row_too_large\"",
                        "%,d of them in column the text".formatted(length),
                        "100,000");
    }

    @Test
    void parametersAreBoundAndNeverSpliced() {
        Draft numbered =
                Draft.query(
                        "select $1::text, name from customers where id = $2",
                        "'; drop table customers --",
                        12);
        Draft marked = Draft.query("select ? || 'x', '?' where ?", "a", true);

        stage.call(numbered);
        stage.call(marked);

        assertThat(stage.result(numbered.call))
                .contains("[[\"'; drop table customers --\",\"secret of acme 2\"]]");
        assertThat(stage.result(marked.call)).contains("[[\"ax\",\"?\"]]");
    }

    @Test
    void aWriteTellsWhatItChangedAndIsCommitted() throws Exception {
        Draft draft =
                Draft.write(
                        "insert into customers values ($1, 'acme', $2) returning id, name",
                        15,
                        "n");

        CallSettled outcome = stage.call(draft);

        assertThat(outcome.ended()).isEqualTo(Ended.SUCCEEDED);
        assertThat(outcome.rowsAffected()).isEqualTo(1);
        assertThat(stage.result(draft.call))
                .startsWith("{\"columns\":")
                .endsWith("\"rowsAffected\":1}")
                .contains("\"rows\":[[15,\"n\"]]");
        assertThat(stage.database.truth("select name from customers where id = 15"))
                .containsExactly("n");
        stage.call(Draft.write("delete from customers where id = 15"));
    }

    @Test
    void aCommandThatIsDeliveredTwiceWritesOnce() throws Exception {
        Draft draft = Draft.write("update customers set balance = balance + 1 where id = 13");

        CallSettled first = stage.call(draft);
        stage.send(draft);
        await().until(() -> stage.outcomesOf(draft.call).size() == 2);
        CallSettled second = stage.outcomesOf(draft.call).get(1).data();

        assertThat(first.attempt()).isEqualTo(1);
        assertThat(second.attempt()).isEqualTo(2);
        assertThat(second.rowsAffected()).isEqualTo(1);
        assertThat(stage.outcomesOf(draft.call).getFirst().id())
                .isEqualTo(stage.outcomesOf(draft.call).get(1).id());
        assertThat(stage.database.truth("select balance from customers where id = 13"))
                .containsExactly("32.50");
        stage.call(Draft.write("update customers set balance = 31.5 where id = 13"));
    }

    @Test
    void aStatementThatRunsPastItsDeadlineIsCancelled() {
        Draft draft = Draft.query("select count(*) from generate_series(1, 100000000000) n");
        draft.deadline = Instant.now().plusMillis(700);

        CallSettled outcome = stage.call(draft);

        assertThat(outcome.ended()).isIn(Ended.EXPIRED, Ended.FAILED);
        assertThat(outcome.code()).isIn("deadline_exceeded", "statement_timeout");
        assertThat(outcome.timings().executionMicros()).isLessThan(5_000_000);
    }

    @Test
    void errorsCarryACodeAndNoValues() {
        Draft cast = Draft.query("select name::int from customers");
        Draft unique = Draft.write("insert into customers values (11, 'acme', 'other')");
        Draft missing = Draft.query("select nam from customers");

        assertThat(stage.call(cast).code()).isEqualTo("data_exception");
        assertThat(stage.message(cast.call))
                .contains("22P02", "invalid_text_representation")
                .doesNotContain("secret");
        assertThat(stage.call(unique).code()).isEqualTo("constraint_violation");
        assertThat(stage.message(unique.call))
                .contains("23505", "customers_pkey")
                .doesNotContain("11");
        assertThat(stage.call(missing).code()).isEqualTo("statement_invalid");
        assertThat(stage.message(missing.call)).contains("\"nam\"", "at character 8");
    }

    /** Case F. */
    @Test
    void whatIsNotPermittedSaysWhetherARightIsMissingOrTheRowIsAnothers() throws Exception {
        administer("create table if not exists salaries (id int)");
        Draft right = Draft.query("select * from salaries");
        Draft row = Draft.write("insert into customers values (4711, 'globex', 'stolen')");
        Draft moved = Draft.write("update customers set tenant_id = 'globex' where id = 11");
        Draft upsert =
                Draft.write(
                        "insert into customers values (21, 'acme', 'x') on conflict (id) do update set name = 'y'");

        assertThat(stage.call(right).code()).isEqualTo("permission_denied");
        assertThat(stage.message(right.call)).contains("permission denied for table salaries");
        for (Draft draft : List.of(row, moved, upsert)) {
            CallSettled outcome = stage.call(draft);
            assertThat(outcome.code()).isEqualTo("row_security");
            assertThat(outcome.refused()).isTrue();
        }
        assertThat(stage.message(row.call)).contains("refuses the row").doesNotContain("stolen");
        assertThat(stage.message(moved.call)).contains("refuses the row");
        assertThat(stage.message(upsert.call)).contains("that the insertion conflicts with");
    }

    @Test
    void aToolThatNoExecutorKnowsRunsItsStatement() {
        Draft keep = Draft.write("update customers set balance = balance where id = $1", 12);
        keep.tool = "keep_balance";
        Draft look = Draft.query("select balance from customers where id = $1", 12);
        look.tool = "balance_of";

        assertThat(stage.call(keep).rowsAffected()).isEqualTo(1);
        stage.call(look);

        assertThat(stage.result(look.call)).contains("[[\"21.00\"]]");
    }

    @ParameterizedTest
    @EnumSource
    void whatMayOnlyReadIsReadOnlyInTheDatabaseWhateverElseTheCommandSays(StatementClass kind) {
        Draft write = Draft.write("update customers set balance = 0 where id = 13");
        write.statementClass = kind;
        write.access = Access.READ;

        CallSettled outcome = stage.call(write);

        assertThat(outcome.ended()).isEqualTo(Ended.FAILED);
        assertThat(outcome.code()).isEqualTo("statement_refused");
        Draft hidden = Draft.query("with gone as (delete from customers returning id) table gone");
        hidden.tool = "db_execute";
        hidden.statementClass = kind;
        assertThat(stage.call(hidden).sqlState()).isEqualTo("25006");
    }

    @Test
    void aCommandThatDoesNotSayWhetherItMayWriteDoesNothing() throws SQLException {
        Draft silent = Draft.write("update customers set balance = 0 where id = 13");
        silent.access = null;

        assertThat(stage.call(silent).code()).isEqualTo("access_unknown");
        assertThat(stage.database.truth("select balance from customers where id = 13"))
                .containsExactly("31.50");
    }

    @Test
    void tablesAreShownAndDescribed() {
        Draft show = new Draft();
        Draft describe = new Draft();
        describe.instruction = new Instruction.DescribeTable("customers");
        Draft unknown = new Draft();
        unknown.instruction = new Instruction.DescribeTable("nothing");

        stage.call(show);
        stage.call(describe);

        assertThat(stage.result(show.call))
                .contains("[\"public\",\"customers\",\"table\",null]")
                .doesNotContain("ledger");
        assertThat(stage.result(describe.call)).contains("\"tenant_id\",\"text\",false,false");
        assertThat(stage.call(unknown).code()).isEqualTo("statement_invalid");
    }

    @Test // case D16
    void theNameThatIsPrintedIsTheTableThatIsDescribed() throws Exception {
        administer(
                "create table notes (folded text)",
                "create table \"Notes\" (exact text)",
                "create table \"Order Items\" (spaced text)",
                "grant select on notes, \"Notes\", \"Order Items\" to public");

        assertThat(described("Notes"))
                .contains("\"exact\"", "public.Notes")
                .doesNotContain("folded");
        assertThat(described("public.Notes")).contains("\"exact\"").doesNotContain("folded");
        assertThat(described("\"Notes\"")).contains("\"exact\"").doesNotContain("folded");
        assertThat(described("notes")).contains("\"folded\"").doesNotContain("exact");
        assertThat(described("NOTES")).contains("\"folded\"").doesNotContain("exact");
        assertThat(described("Order Items")).contains("\"spaced\"");
    }

    @Test // case D16
    void aNameThatFitsSeveralTablesShowsThemAll() throws Exception {
        administer(
                "create schema one",
                "create schema two",
                "create table one.twin (first text)",
                "create table two.twin (second text)",
                "grant usage on schema one, two to public",
                "grant select on one.twin, two.twin to public");

        assertThat(described("twin")).contains("one.twin", "two.twin");
        assertThat(described("two.twin")).contains("second").doesNotContain("first");
    }

    @Test // case D17
    void keysGeneratedColumnsAndEnumsAreDescribed() throws Exception {
        administer(
                "create type shade as enum ('light', 'dark')",
                "create domain tone as shade",
                "create table place (x int, y int, primary key (x, y))",
                "create table owner (id int primary key)",
                "create table thing (id bigint generated always as identity, at_x int, at_y int,"
                        + " owned int references owner, twice int generated always as (at_x * 2) stored,"
                        + " n int default 7, colour shade, tones tone, shades shade[],"
                        + " constraint a_place foreign key (at_y, at_x) references place (y, x),"
                        + " constraint b_owner foreign key (at_x) references owner (id))",
                "grant select on thing, place, owner to public");

        String thing = described("thing");
        assertThat(thing)
                .contains(
                        "always as identity",
                        "always as ((at_x * 2))",
                        "\"7\"",
                        "(at_y, at_x) to public.place(y, x); public.owner(id)",
                        "\"public.owner(id)\"");
        assertThat(thing.split("light, dark", -1)).hasSize(4);
        assertThat(described("place").split("true", -1)).as("both are of the key").hasSize(3);
    }

    private static void administer(String... statements) throws SQLException {
        for (String statement : statements) {
            stage.database.administer(statement);
        }
    }

    private String described(String table) {
        Draft draft = new Draft();
        draft.instruction = new Instruction.DescribeTable(table);
        assertThat(stage.call(draft).ended()).as(table).isEqualTo(Ended.SUCCEEDED);
        return stage.result(draft.call);
    }

    @Test // case D15
    void aParameterWhoseTypeIsUnclearIsNamed() {
        Draft untyped = Draft.query("select $1 is null", (Object) null);
        assertThat(stage.call(untyped).code()).isEqualTo("statement_invalid");
        assertThat(stage.message(untyped.call)).contains("parameter $1", "$1::text");

        Draft wrong = Draft.query("select $1::int + $2::int", 1, "hidden");
        assertThat(stage.call(wrong).code()).isEqualTo("data_exception");
        assertThat(stage.message(wrong.call)).contains("parameter $2").doesNotContain("hidden");
    }

    @Test
    void commandsThatNoGatewaySignedArePassedOver() {
        Draft forged = Draft.query("select 1");
        byte[] bytes = stage.signed(forged);
        bytes[bytes.length - 10] ^= 1;
        Draft after = Draft.query("select 2");

        stage.deliver("acme", bytes);
        stage.deliver("acme", "{}".getBytes(StandardCharsets.UTF_8));
        stage.deliver(null, new byte[0]);
        stage.deliver("globex", stage.signed(Draft.query("select 3")));
        stage.call(after);

        assertThat(stage.outcomesOf(forged.call)).isEmpty();
        assertThat(stage.result(after.call)).contains("[[2]]");
    }

    @Test
    void theDatabaseSeesWhichCallAStatementBelongsTo() {
        Draft draft = Draft.query("select current_query()");
        String parent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
        draft.trace = new TraceContext(parent, null);

        stage.call(draft);

        assertThat(stage.result(draft.call))
                .contains("/* sallyport call=" + draft.call + " traceparent=" + parent + " */ sel");
    }

    @Test
    void everyTypeBecomesJson() {
        Draft draft =
                Draft.query(
                        """
                        select 1::int8, 9007199254740993, 1.50, 'NaN'::float8, true, null::text,
                            '\\xdead'::bytea, '{"a": [1]}'::jsonb, array[1, null],
                            array['a b', null], '2026-11-22 04:37:40.5+02'::timestamptz,
                            '2026-11-22'::date, interval '1 day 2 hours',
                            '01930000-0000-7000-8000-000000000000'::uuid, 'happy'::mood,
                            row(1, 'x'), int4range(1, 3), inet '10.0.0.1'
                        """);

        stage.call(draft);

        assertThat(stage.result(draft.call))
                .contains(
                        "[[\"1\",\"9007199254740993\",\"1.50\",\"NaN\",true,null,\"3q0=\",{\"a\": [1]},"
                                + "[1,null],[\"a b\",null],\"2026-11-22T02:37:40.5Z\","
                                + "\"2026-11-22\",\"1 day 02:00:00\","
                                + "\"01930000-0000-7000-8000-000000000000\",\"happy\","
                                + "\"(1,x)\",\"[1,3)\",\"10.0.0.1\"]]")
                .contains("{\"name\":\"mood\",\"type\":\"mood\"}");
    }

    @Test
    void aCallPastItsDeadlineIsNotRun() throws Exception {
        Draft draft = Draft.write("insert into customers values (16, 'acme', 'late')");
        draft.deadline = Instant.now().minusSeconds(1);

        CallSettled outcome = stage.call(draft);

        assertThat(outcome.ended()).isEqualTo(Ended.EXPIRED);
        assertThat(outcome.code()).isEqualTo("deadline_passed");
        assertThat(stage.database.truth("select count(*) from customers where id = 16"))
                .containsExactly("0");
    }

    @Test
    void statementsThatEndOrChangeTheTransactionAreRefused() {
        for (String sql :
                new String[] {
                    "commit", "do $$ begin end $$", "set role x", "prepare p as select 1"
                }) {
            Draft draft = Draft.write(sql);
            assertThat(stage.call(draft).code()).isEqualTo("statement_refused");
        }
        Draft two = Draft.query("select 1; select 2");
        assertThat(stage.call(two).code()).isEqualTo("several_statements");
        CallId fine = stage.send(Draft.query("select 1; -- the end"));
        assertThat(stage.settled(fine).ended()).isEqualTo(Ended.SUCCEEDED);
    }

    // case I5
    @Test
    void healthTellsWhatTheExecutorHasAndWhatWaits() throws Exception {
        try (HttpClient client = HttpClient.newHttpClient()) {
            await().untilAsserted(() -> {
                HttpResponse<String> answer =
                        client.send(
                                HttpRequest.newBuilder(
                                                URI.create(
                                                        "http://127.0.0.1:"
                                                                + executor.healthPort()
                                                                + "/healthz"))
                                        .build(),
                                HttpResponse.BodyHandlers.ofString());

                assertThat(answer.statusCode()).isEqualTo(200);
                assertThat(answer.body())
                        .contains("\"lag\":0")
                        .contains("\"registry\":\"current\"")
                        .containsPattern("\"partitions\":[1-9]");
            });
        }
    }
}
