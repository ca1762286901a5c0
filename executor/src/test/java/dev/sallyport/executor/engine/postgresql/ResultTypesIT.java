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
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import tools.jackson.databind.JsonNode;

/** The table of types in docs/executor.md against a real database. Case F. */
final class ResultTypesIT {
    private static final Pattern ROW = Pattern.compile("\\| (\\S.*?) \\| `(.+)` \\| `(.+)` \\|");
    private static final Limits LIMITS = new Limits(10, 100_000, 10_000);

    @SuppressWarnings("NullAway.Init")
    private static SharedDatabase shared;

    @SuppressWarnings("NullAway.Init")
    private static Engine engine;

    /** A row of the document. */
    record Example(String type, String sql, String json) {
        @Override
        public String toString() {
            return type + ": " + sql;
        }
    }

    @BeforeAll
    static void share() throws Exception {
        shared = new SharedDatabase();
        String page = page();
        int from = page.indexOf("```sql\ncreate extension") + "```sql\n".length();
        shared.administer(page.substring(from, page.indexOf("```", from)));
        engine = shared.engine(ACME, 2);
    }

    @AfterAll
    static void stop() throws Exception {
        engine.close(Duration.ZERO);
        shared.close();
    }

    /** Tests run in the module's folder or at the top of the project. */
    private static String page() {
        try {
            return Files.readString(
                    Stream.of("../docs/executor.md", "docs/executor.md")
                            .map(Path::of)
                            .filter(Files::exists)
                            .findFirst()
                            .orElseThrow());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    static List<Example> examples() {
        String page = page();
        return page.substring(page.indexOf("| type | example | JSON |"))
                .lines()
                .skip(2)
                .takeWhile(line -> line.startsWith("|"))
                .map(line -> {
                    Matcher row = ROW.matcher(line);
                    assertThat(row.matches()).as(line).isTrue();
                    return new Example(row.group(1), row.group(2), row.group(3));
                })
                .toList();
    }

    private static JsonNode result(String sql, Ending ending, Limits limits) {
        Answer answer =
                engine.run(
                        SharedDatabase.call(ACME, limits, sql, List.of()),
                        ending,
                        new Cancellation(),
                        new Stopwatch());
        assertThat(answer).as(sql).isInstanceOf(Answer.Succeeded.class);
        return Json.mapper().readTree(((Answer.Succeeded) answer).result());
    }

    private static JsonNode result(String sql) {
        return result(sql, new Ending.RollBack(), LIMITS);
    }

    @ParameterizedTest
    @MethodSource("examples")
    void aValueComesOutAsTheDocumentSays(Example example) {
        JsonNode result = result("select " + example.sql());

        assertThat(result.at("/columns/0/type").asString()).isEqualTo(example.type());
        assertThat(result.at("/rows/0/0")).isEqualTo(Json.mapper().readTree(example.json()));
    }

    @ParameterizedTest
    @MethodSource("examples")
    void inAnArrayItComesOutAsTheSame(Example example) {
        JsonNode result = result("select array[" + example.sql() + "]");

        assertThat(result.at("/rows/0/0/0")).isEqualTo(Json.mapper().readTree(example.json()));
        assertThat(result.at("/rows/0/0").size()).isEqualTo(1);
    }

    @Test
    void everyTypeOfTheServerHasARow() throws Exception {
        assertThat(examples().stream().map(Example::type))
                .containsAll(
                        shared.truth(
                                """
                                select replace(format_type(oid, null), ' without time zone', '') from pg_type
                                where typnamespace = 'pg_catalog'::regnamespace and typarray <> 0
                                and typtype in ('b', 'r', 'm') and typname <> 'gtsvector'
                                """));
    }

    @Test
    void aWriteReturnsTypesOfTheDatabasesOwnToo() throws Exception {
        shared.administer("create table feelings (id int, felt mood[])");
        shared.administer("grant all on feelings to " + shared.login(ACME));

        JsonNode result =
                result(
                        "insert into feelings values (1, '{sad,\"so, so\"}'), (2, '{}') returning felt, id",
                        new Ending.Commit(Ending.Confirmation.GIVEN),
                        LIMITS);

        assertThat(result.at("/columns/0/type").asString()).isEqualTo("mood[]");
        assertThat(result.path("rows").toString()).isEqualTo("[[[\"sad\",\"so, so\"],1],[[],2]]");
        assertThat(result.path("rowsAffected").asInt()).isEqualTo(2);
    }

    /** Whether the connection has met the type makes no difference. */
    @Test
    void rowsThatAreHeldAreCutLikeOthers() throws Exception {
        for (String type : List.of("many", "large", "huge")) {
            shared.administer("create type " + type + " as enum ('a', 'b')");
        }
        String many = "select array['a']::many[] from generate_series(1, 100) n";
        String large =
                "select repeat('x', n * 700), array['a']::large[] from generate_series(1, 9) n";
        String huge = "select 1 as id, repeat('x', 9000) as words, 'b'::huge as much";
        for (int i = 0; i < 2; i++) {
            JsonNode byRows = result(many, new Ending.RollBack(), new Limits(7, 100_000, 10_000));
            JsonNode byBytes = result(large, new Ending.RollBack(), new Limits(99, 5_000, 10_000));
            JsonNode none = result(huge, new Ending.RollBack(), new Limits(99, 5_000, 10_000));

            assertThat(byRows.path("rowCount").asInt()).isEqualTo(7);
            assertThat(byRows.at("/truncation/code").asString()).isEqualTo("row_limit");
            assertThat(byBytes.path("rowCount").asInt()).isEqualTo(3);
            assertThat(byBytes.at("/truncation/code").asString()).isEqualTo("byte_limit");
            assertThat(none.path("rowCount").asInt()).isZero();
            assertThat(none.at("/truncation/message").asString())
                    .contains("9,000 of them in column words");
        }
    }
}
