package dev.sallyport.executor.engine.postgresql;

import static dev.sallyport.executor.engine.postgresql.SharedDatabase.ACME;
import static org.assertj.core.api.Assertions.assertThat;

import dev.sallyport.executor.engine.Answer;
import dev.sallyport.executor.engine.Cancellation;
import dev.sallyport.executor.engine.Ending;
import dev.sallyport.executor.engine.Engine;
import dev.sallyport.executor.engine.Stopwatch;
import dev.sallyport.schema.event.Limits;
import dev.sallyport.schema.json.Json;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tools.jackson.databind.JsonNode;

/** What a JSON value becomes at a placeholder. Case D14. */
final class ParametersIT {
    private static final Limits LIMITS = new Limits(10, 100_000, 10_000);

    @SuppressWarnings("NullAway.Init")
    private static SharedDatabase shared;

    @SuppressWarnings("NullAway.Init")
    private static Engine engine;

    @BeforeAll
    static void share() throws Exception {
        shared = new SharedDatabase();
        shared.administer(
                """
                create domain document as jsonb check (value is not null);
                create domain numbers as int[];
                create table documents (id int, data jsonb, plain json, own document, many jsonb[], tags text[]);
                """);
        shared.administer("grant all on documents to " + shared.login(ACME));
        engine = shared.engine(ACME, 2);
    }

    @AfterAll
    static void stop() throws Exception {
        engine.close(Duration.ZERO);
        shared.close();
    }

    private static Answer answer(String sql, String params, Ending ending) {
        List<JsonNode> values = new ArrayList<>();
        Json.mapper().readTree(params).forEach(values::add);
        return engine.run(
                SharedDatabase.call(ACME, LIMITS, sql, values),
                ending,
                new Cancellation(),
                new Stopwatch());
    }

    private static JsonNode result(String sql, String params, Ending ending) {
        Answer answer = answer(sql, params, ending);
        assertThat(answer).as(sql).isInstanceOf(Answer.Succeeded.class);
        return Json.mapper().readTree(((Answer.Succeeded) answer).result());
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            textBlock =
                    """
                    select $1::jsonb                          | [[{"a":1}]]               | [{"a":1}]
                    select $1::jsonb                          | [[]]                      | []
                    select $1::jsonb                          | [[1,null,true,"x"]]       | [1,null,true,"x"]
                    select $1::jsonb                          | [[[1,2],[3]]]             | [[1,2],[3]]
                    select $1::jsonb                          | [["a,b","{}","\\"q\\\\"]] | ["a,b","{}","\\"q\\\\"]
                    select $1::jsonb                          | [["é😀"]]                 | ["é😀"]
                    select $1::jsonb                          | [[0.1,12345.678]]         | [0.1,12345.678]
                    select $1::jsonb                          | [{"a":[1,{"b":null}]}]    | {"a":[1,{"b":null}]}
                    select $1::jsonb                          | [{}]                      | {}
                    select $1::jsonb                          | ["[1, 2]"]                | [1,2]
                    select $1::jsonb                          | ["\\"a\\""]               | "a"
                    select $1::jsonb                          | ["5"]                     | 5
                    select $1::jsonb                          | ["null"]                  | null
                    select $1::jsonb                          | [null]                    | null
                    select $1::json                           | [[[1],{"a":[]}]]          | [[1],{"a":[]}]
                    select cast($1 as jsonb)                  | [[1]]                     | [1]
                    select $1::document                       | [[1]]                     | [1]
                    select $1::jsonb[]                        | [[{"a":1},[1,2],3,null]]  | [{"a":1},[1,2],3,null]
                    select $1::document[]                     | [[[1,2],{}]]              | [[1,2],{}]
                    select jsonb_array_length($1)             | [[1,[2],3]]               | 3
                    select '{"a":[1,2]}'::jsonb @> $1         | [[1]]                     | false
                    select '[1,2]'::jsonb @> $1               | [[1]]                     | true
                    select $1::int[]                          | [[1,null,2]]              | [1,null,2]
                    select $1::int[]                          | [[[1,2],[3,4]]]           | [[1,2],[3,4]]
                    select $1::text[]                         | [["a,b","","NULL",null]]  | ["a,b","","NULL",null]
                    select $1::numbers                        | [[1,2]]                   | [1,2]
                    select 2 = any($1)                        | [[1,2]]                   | true
                    select $1::int + cardinality($2::int[])   | [1,[1,2]]                 | 3
                    select $2::jsonb                          | [[1],[{"a":[1]}]]         | [{"a":[1]}]
                    """)
    void aListIsWhatItsPlaceAsksFor(String sql, String params, String json) {
        String all = sql.contains("$2::jsonb") ? sql + ", $1::int[]" : sql;

        assertThat(result(all, params, new Ending.RollBack()).at("/rows/0/0"))
                .isEqualTo(Json.mapper().readTree(json));
    }

    @Test
    void columnsTellTheTypeToo() {
        JsonNode result =
                result(
                        "insert into documents values ($1, $2, $3, $4, $5, $6) returning data, plain, own, many, tags",
                        "[1, [{\"a\": 1}], [[]], [1], [[1], {}], [\"a\", \"b\"]]",
                        new Ending.Commit(Ending.Confirmation.GIVEN));

        assertThat(result.at("/rows/0").toString())
                .isEqualTo("[[{\"a\":1}],[[]],[1],[[1],{}],[\"a\",\"b\"]]");
        assertThat(result.path("rowsAffected").asInt()).isEqualTo(1);
        assertThat(
                        result(
                                        "update documents set data = $1 where tags = $2 and data = $3 returning data",
                                        "[[2], [\"a\", \"b\"], [{\"a\": 1}]]",
                                        new Ending.Commit(Ending.Confirmation.GIVEN))
                                .at("/rows/0/0")
                                .toString())
                .isEqualTo("[2]");
    }

    @Test
    void aStringThatIsNoJsonIsToldHowToBeOne() {
        assertThat(answer("select $1::jsonb", "[\"secret\"]", new Ending.RollBack()))
                .isInstanceOfSatisfying(
                        Answer.Stopped.class,
                        stopped ->
                                assertThat(stopped.message())
                                        .contains("parameter $1", "\"\\\"a\\\"\"", "as they are")
                                        .doesNotContain("secret"));
    }

    @Test
    void aRowThatIsNoJsonIsNoMatterOfTheParameters() {
        assertThat(answer("select ('{' || name)::json from customers", "[]", new Ending.RollBack()))
                .isInstanceOfSatisfying(
                        Answer.Stopped.class,
                        stopped ->
                                assertThat(stopped.message())
                                        .isEqualTo(
                                                "the database answered SQLSTATE 22P02 (invalid_text_representation)"));
    }

    @Test
    void anErrorOfTheStatementIsToldAsWithoutLists() {
        assertThat(answer("select $1::jsonb, nothing", "[[1]]", new Ending.RollBack()))
                .isInstanceOfSatisfying(
                        Answer.Stopped.class,
                        stopped -> {
                            assertThat(stopped.code()).isEqualTo("statement_invalid");
                            assertThat(stopped.message()).contains("at character 19");
                        });
        assertThat(result("select $1::jsonb", "[[1]]", new Ending.RollBack()).at("/rows/0/0"))
                .hasSize(1);
    }
}
