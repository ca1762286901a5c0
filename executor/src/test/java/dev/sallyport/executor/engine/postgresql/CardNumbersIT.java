package dev.sallyport.executor.engine.postgresql;

import static dev.sallyport.executor.engine.postgresql.SharedDatabase.ACME;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.sallyport.executor.engine.Answer;
import dev.sallyport.executor.engine.Cancellation;
import dev.sallyport.executor.engine.Ending;
import dev.sallyport.executor.engine.Engine;
import dev.sallyport.executor.engine.Stopwatch;
import dev.sallyport.schema.event.Limits;
import dev.sallyport.schema.json.Json;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Full card numbers in the results of a real database. */
final class CardNumbersIT {
    @SuppressWarnings("NullAway.Init")
    private static SharedDatabase shared;

    @SuppressWarnings("NullAway.Init")
    private static Engine engine;

    @BeforeAll
    static void share() throws Exception {
        shared = new SharedDatabase();
        engine = shared.engine(ACME, 2);
    }

    @AfterAll
    static void stop() throws Exception {
        engine.close(Duration.ZERO);
        shared.close();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "'4111 1111 1111 1111'::text|\"**** **** **** 1111\"|1",
                "4111111111111111::bigint|\"************1111\"|1",
                "4111111111111111::numeric(19,2)|\"************1111.00\"|1",
                "4222222222222::double precision|\"*********2222\"|1",
                "array['4111111111111111', 'a', null]|[\"************1111\",\"a\",null]|1",
                "array[[4111111111111111, 5555555555554444]]|[[\"************1111\",\"************4444\"]]|2",
                "row(4111111111111111, 'a')|\"(************1111,a)\"|1",
                "'{\"a\": 4111111111111111}'::jsonb|{\"a\":\"************1111\"}|1",
                "'{\"a\": [\"4111-1111-1111-1111\", 1, true, null]}'::json|{\"a\":[\"****-****-****-1111\",1,true,null]}|1",
                "'[\"\\u0034111111111111111\"]'::json|[\"************1111\"]|1",
                "'[\"4111\\n1111\\n1111\\n1111\"]'::json|[\"****\\n****\\n****\\n1111\"]|1",
                "'[\"4111\\/1111\\/1111\\/1111\"]'::json|[\"****/****/****/1111\"]|1",
                "'[\"4111\\t1111\\t1111\\t1111\"]'::jsonb|[\"****\\t****\\t****\\t1111\"]|1",
                "'[4.111111111111111e15, 1]'::json|[\"************1111\",1]|1",
                "'[\"a\\nb\", 1e5]'::json|[\"a\\nb\", 1e5]|0",
                "4111111111111111::double precision|\"************1111\"|1",
                "4111111111111112::double precision|4.111111111111112e+15|0",
                "jsonb_build_object('4111111111111111', 1)|{\"************1111\":1}|1",
                "json_build_array(1.10, 'a')|[1.10, \"a\"]|0",
                "'<card>4111111111111111</card>'::xml|\"<card>************1111</card>\"|1",
                "'4111111111111111'::bpchar|\"************1111\"|1",
                "'[4111111111111111,4111111111111112)'::int8range|\"[************1111,4111111111111112)\"|1",
                "'4111111111111111'::tsvector|\"'************1111'\"|1",
                "gen_random_uuid() is not null|true|0"
            })
    void theLastFourDigitsComeOut(String expression, String json, int cut) {
        Answer.Succeeded done = (Answer.Succeeded) run("select " + expression);

        assertThat(row(done)).isEqualTo("[" + json + "]");
        assertThat(done.cardNumbersCut()).isEqualTo(cut);
        assertThat(new String(done.result(), UTF_8))
                .endsWith(
                        "\"truncated\":false"
                                + (cut == 0 ? "" : ",\"cardNumbersCut\":" + cut)
                                + "}");
    }

    @Test
    void namesOfColumnsAreCutToo() {
        Answer.Succeeded done =
                (Answer.Succeeded) run("select '4111111111111111' as \"5555555555554444\"");

        assertThat(new String(done.result(), UTF_8))
                .contains("\"name\":\"************4444\"", "************1111");
    }

    @Test
    void aRowThatIsNotInTheResultDoesNotCount() {
        Answer.Succeeded done =
                (Answer.Succeeded) run("select '4111111111111111' from generate_series(1, 20)");

        assertThat(done.rows()).isEqualTo(10);
        assertThat(done.cardNumbersCut()).isEqualTo(10);
    }

    private static String row(Answer.Succeeded done) {
        String all = new String(done.result(), UTF_8);
        int from = all.indexOf("\"rows\":[") + "\"rows\":[".length();
        String row = all.substring(from, all.indexOf("],\"rowCount\""));
        assertThat(Json.mapper().readTree(row)).isNotNull();
        return row;
    }

    private static Answer run(String sql) {
        return engine.run(
                SharedDatabase.call(ACME, new Limits(10, 100_000, 10_000), sql, List.of()),
                new Ending.RollBack(),
                new Cancellation(),
                new Stopwatch());
    }
}
