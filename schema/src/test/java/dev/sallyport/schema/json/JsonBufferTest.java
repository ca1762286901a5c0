package dev.sallyport.schema.json;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonGenerator;

class JsonBufferTest {
    @Test
    void anyTextIsWrittenAsAStringThatReadsAsTheSameText() {
        var text = new StringBuilder("\ud83d\ude00 \u2028 \u00e9");
        for (char c = 0; c < 0x100; c++) {
            text.append(c);
        }
        var buffer = new JsonBuffer(1).string(text.toString());
        assertThat(Json.mapper().readValue(buffer.toByteArray(), String.class))
                .isEqualTo(text.toString());
        assertThat(JsonBuffer.charactersLength(text.toString().getBytes(UTF_8)))
                .isEqualTo(buffer.length() - 2);
    }

    @Test
    void whatIsWrittenStraightAndByAGeneratorStandsInOrderAndItsEndCanBeTakenBack() {
        var buffer = new JsonBuffer(4).raw("[");
        try (JsonGenerator json = Json.mapper().createGenerator(buffer)) {
            json.writeString("a long enough text to grow");
        }
        int kept = buffer.length();
        buffer.raw(",1]");
        buffer.cut(kept);
        buffer.raw("]");
        assertThat(buffer).hasToString("[\"a long enough text to grow\"]");
        byte[] target = new byte[buffer.length() + 2];
        assertThat(buffer.copyTo(target, 1)).isEqualTo(buffer.length() + 1);
        assertThat(new String(target, 1, buffer.length(), UTF_8)).isEqualTo(buffer.toString());
        assertThatThrownBy(() -> buffer.cut(buffer.length() + 1))
                .isInstanceOf(IndexOutOfBoundsException.class);
    }

    @Test
    void theMapperRefusesWhatHasTwoReadingsOrNoBounds() {
        for (String text :
                new String[] {
                    "{\"a\":1,\"a\":2}",
                    "{} {}",
                    "9".repeat(Json.NUMBER_CHARS_MAX + 1),
                    // case B4: the parser remembers names
                    "{\"" + "n".repeat(Json.NAME_BYTES_MAX + 1) + "\":1}",
                    "[".repeat(Json.NESTING_MAX + 1) + "]".repeat(Json.NESTING_MAX + 1)
                }) {
            assertThatThrownBy(() -> Json.mapper().readTree(text))
                    .as(text)
                    .isInstanceOf(JacksonException.class);
        }
        String name = "n".repeat(Json.NAME_BYTES_MAX);
        assertThat(Json.mapper().readTree("{\"" + name + "\":1}").get(name).asInt()).isEqualTo(1);
        assertThat(Json.mapper().readTree("[" + "9".repeat(Json.NUMBER_CHARS_MAX) + "]"))
                .hasSize(1);
    }
}
