package dev.sallyport.executor.engine.postgresql;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sallyport.executor.engine.Cancellation;
import dev.sallyport.executor.result.CardNumbers;
import dev.sallyport.schema.json.Json;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.postgresql.core.Oid;
import tools.jackson.core.JsonGenerator;

final class ValueWriterTest {
    private static String written(String text, int oid) throws SQLException {
        return written(text, Objects.requireNonNull(ColumnType.of(oid)), Duration.ofMinutes(1));
    }

    private static String written(String text, ColumnType type, Duration within)
            throws SQLException {
        Pace pace = new Pace(new Cancellation(), System.nanoTime() + within.toNanos());
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try (JsonGenerator json = Json.mapper().createGenerator(out)) {
            byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
            ValueWriter.write(json, bytes, 0, bytes.length, type, new CardNumbers(false), pace);
        }
        return out.toString(StandardCharsets.UTF_8);
    }

    /** Case F: what a column's values are in JSON does not depend on how large they are. */
    @ParameterizedTest
    @ValueSource(strings = {"0", "-12", "9007199254740993", "-9223372036854775808"})
    void bigintsAreTheirDigits(String text) throws Exception {
        assertThat(written(text, Oid.INT8)).isEqualTo('"' + text + '"');
    }

    /** Case F. */
    @ParameterizedTest
    @ValueSource(strings = {"1", "10.50", "1234567890123.456", "100000000000000000000", "NaN"})
    void numericsAreTheirDigitsWithTheirScale(String text) throws Exception {
        assertThat(written(text, Oid.NUMERIC)).isEqualTo('"' + text + '"');
    }

    @ParameterizedTest
    @CsvSource({"1e+20, 1e+20", "0.1, 0.1", "NaN, '\"NaN\"'", "Infinity, '\"Infinity\"'"})
    void doublesAreNumbersWhereTheyAre(String text, String json) throws Exception {
        assertThat(written(text, Oid.FLOAT8)).isEqualTo(json);
    }

    @ParameterizedTest
    @CsvSource({
        "2026-11-22 04:37:40.123456+00, 2026-11-22T04:37:40.123456Z",
        "2026-11-22 04:37:40+02, 2026-11-22T04:37:40+02:00",
        "2026-11-22 04:37:40+05:30, 2026-11-22T04:37:40+05:30",
        "infinity, infinity",
        "12026-11-22 04:37:40+00, 12026-11-22 04:37:40+00",
        "0044-03-15 12:00:00+00 BC, 0044-03-15 12:00:00+00 BC"
    })
    void timestampsFollowIso8601(String text, String iso) throws Exception {
        assertThat(written(text, Oid.TIMESTAMPTZ)).isEqualTo('"' + iso + '"');
    }

    /** Case F: "char" of a server before 16 is any byte. */
    @Test
    void whatIsNoUtf8IsJsonAllTheSame() throws Exception {
        byte[] cut = {'a', (byte) 0xc3, '"', (byte) 0xff, (byte) 0xed, (byte) 0xa0, (byte) 0x80};
        for (int oid : new int[] {18, Oid.TEXT, Oid.JSON}) {
            ByteArrayOutputStream out = new ByteArrayOutputStream();
            try (JsonGenerator json = Json.mapper().createGenerator(out)) {
                Pace pace =
                        new Pace(
                                new Cancellation(),
                                System.nanoTime() + Duration.ofMinutes(1).toNanos());
                ColumnType type = Objects.requireNonNull(ColumnType.of(oid));
                ValueWriter.write(json, cut, 0, cut.length, type, new CardNumbers(false), pace);
            }
            String written =
                    StandardCharsets.UTF_8
                            .newDecoder()
                            .decode(ByteBuffer.wrap(out.toByteArray()))
                            .toString();

            assertThat(Json.mapper().readTree(written).stringValue()).startsWith("a\ufffd\"\ufffd");
        }
    }

    @Test
    void aTimestampWithoutZoneGetsNone() throws Exception {
        assertThat(written("2026-11-22 04:37:40", Oid.TIMESTAMP))
                .isEqualTo("\"2026-11-22T04:37:40\"");
    }

    /** Case F. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "null",
                "\"a\"",
                "[1, 2.50, -0.1, 1e3, true, {\"a\": [\"\\ud83d\\ude00\"]}]",
                "9007199254740991",
                "{}"
            })
    void jsonThatAllReadersUnderstandAlikeComesOutAsItIs(String value) throws Exception {
        assertThat(written(value, Oid.JSON)).isEqualTo(value);
    }

    /** Case F. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "9007199254740993",
                "[1e400]",
                "0.1234567890123456789012",
                "1e-400",
                "\"\\ud83d\"",
                "{\"a\":1,\"a\":2}",
                "{\"\\udc00\":1}"
            })
    void anyOtherJsonComesOutAsItsText(String value) throws Exception {
        assertThat(Json.mapper().readTree(written(value, Oid.JSON)).stringValue()).isEqualTo(value);
        assertThat(Json.mapper().readTree(written(value, Oid.JSONB)).isString()).isTrue();
    }

    /** Case F. */
    @Test
    void deepJsonComesOutAsItsText() throws Exception {
        String deep = "[".repeat(5_000) + "]".repeat(5_000);

        assertThat(Json.mapper().readTree(written(deep, Oid.JSON)).stringValue()).isEqualTo(deep);
    }

    @Test
    void theRestIsAsItShouldBe() throws Exception {
        assertThat(written("t", Oid.BOOL)).isEqualTo("true");
        assertThat(written("f", Oid.BOOL)).isEqualTo("false");
        assertThat(written("\\xdeadbeef", Oid.BYTEA)).isEqualTo("\"3q2+7w==\"");
        assertThat(written("{\"a\": [1, null]}", Oid.JSONB)).isEqualTo("{\"a\": [1, null]}");
        assertThat(written("a \"b\" \\ \n \u0001 é 😀", Oid.TEXT))
                .isEqualTo("\"a \\\"b\\\" \\\\ \\n \\u0001 é 😀\"");
        assertThat(written("happy", ColumnType.UNKNOWN, Duration.ofMinutes(1)))
                .isEqualTo("\"happy\"");
    }

    @Test
    void arraysAreArrays() throws Exception {
        assertThat(written("{1,NULL,-3}", Oid.INT4_ARRAY)).isEqualTo("[1,null,-3]");
        assertThat(written("{}", Oid.INT4_ARRAY)).isEqualTo("[]");
        assertThat(written("{{1,2},{3,4}}", Oid.INT8_ARRAY))
                .isEqualTo("[[\"1\",\"2\"],[\"3\",\"4\"]]");
        assertThat(written("[2:3]={1,2}", Oid.INT4_ARRAY)).isEqualTo("[1,2]");
        assertThat(written("{a,\"b, \\\"c\\\" \\\\\",\"NULL\",NULL,\"\",é}", Oid.TEXT_ARRAY))
                .isEqualTo("[\"a\",\"b, \\\"c\\\" \\\\\",\"NULL\",null,\"\",\"é\"]");
        assertThat(written("{t,f}", Oid.BOOL_ARRAY)).isEqualTo("[true,false]");
        assertThat(written("{\"2026-11-22 04:37:40+00\"}", Oid.TIMESTAMPTZ_ARRAY))
                .isEqualTo("[\"2026-11-22T04:37:40Z\"]");
        assertThat(written("{\"{\\\"a\\\": 1}\"}", Oid.JSONB_ARRAY)).isEqualTo("[{\"a\": 1}]");
        assertThat(written("{\"\\\\x00ff\"}", Oid.BYTEA_ARRAY)).isEqualTo("[\"AP8=\"]");
    }

    @Test // case B3
    @Timeout(10)
    void aLargeArrayTakesTimeThatGrowsWithItsSize() throws Exception {
        String element = "\"a b\",";
        String array = "{" + element.repeat(1_000_000) + "\"a b\"}";

        assertThat(written(array, Oid.TEXT_ARRAY)).hasSize(6 * 1_000_001 + 1);
    }

    @Test // case B2, B3
    void whatIsWrittenWhenTheTimeIsOverIsNotWrittenToItsEnd() throws Exception {
        ColumnType texts = Objects.requireNonNull(ColumnType.of(Oid.TEXT_ARRAY));
        String elements = "{" + "ab,".repeat(100_000) + "ab}";

        assertThat(written("{ab}", texts, Duration.ZERO)).isEqualTo("[\"ab\"]");
        assertThatThrownBy(() -> written(elements, texts, Duration.ZERO))
                .isInstanceOfSatisfying(
                        SQLException.class, e -> assertThat(e.getSQLState()).isEqualTo("57014"));
    }
}
