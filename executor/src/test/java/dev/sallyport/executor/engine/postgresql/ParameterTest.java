package dev.sallyport.executor.engine.postgresql;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sallyport.executor.failure.ExecutorException;
import dev.sallyport.schema.event.Instruction;
import dev.sallyport.schema.json.Json;
import java.math.BigDecimal;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;

class ParameterTest {
    @ParameterizedTest
    @ValueSource(
            strings = {
                "12345678901234567.89",
                "0.1",
                "-0.30000000000000004440892098500626",
                "1e400",
                "4711",
                "123456789012345678901234567890"
            })
    void aNumberIsBoundAsTheCallerWroteIt(String number) {
        String json = "{\"sql\":\"\",\"params\":[" + number + ",[" + number + "]]}";

        var statement = (Instruction.Statement) Instruction.decode(json.getBytes(UTF_8));
        List<Parameter> parameters = Parameter.all(statement.params());

        assertThat(new BigDecimal(String.valueOf(parameters.getFirst().text())))
                .isEqualByComparingTo(number);
        String array = String.valueOf(parameters.getLast().text());
        assertThat(new BigDecimal(array.substring(1, array.length() - 1)))
                .isEqualByComparingTo(number);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            textBlock =
                    """
                    []                         | {}
                    [1, null, true, "a\\"\\\\b"] | {1,NULL,t,"a\\"\\\\b"}
                    [[1, 2], [3, 4]]           | {{1,2},{3,4}}
                    [[], [{"a": [1]}]]         | {{},{"{\\"a\\":[1]}"}}
                    """)
    void aListIsBoundAsAnArray(String json, String text) {
        JsonNode list = Json.mapper().readTree(json);

        assertThat(Parameter.all(List.of(list))).containsExactly(new Parameter(text, 0, list));
    }

    @Test
    void aStatementTakesAThousandParameters() {
        JsonNode one = Json.mapper().readTree("1");
        assertThat(Parameter.all(Collections.nCopies(1_000, one))).hasSize(1_000);
        assertThatThrownBy(() -> Parameter.all(Collections.nCopies(1_001, one)))
                .isInstanceOfSatisfying(
                        ExecutorException.class,
                        e -> assertThat(e.code()).isEqualTo("arguments_malformed"));
    }
}
