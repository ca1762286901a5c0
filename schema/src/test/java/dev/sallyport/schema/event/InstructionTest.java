package dev.sallyport.schema.event;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sallyport.schema.SchemaException;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class InstructionTest {
    @ParameterizedTest
    @ValueSource(
            strings = {
                "{\"sql\":\"select 1\",\"params\":[]}",
                "{\"sql\":\"select $1\",\"params\":[1,12345678901234567.890,null,\"a\",[1,{\"b\":2}]]}",
                "{\"action\":\"show_tables\",\"arguments\":{}}",
                "{\"action\":\"show_tables\",\"arguments\":{\"schema\":\"shop\"}}",
                "{\"action\":\"describe_table\",\"arguments\":{\"table\":\"orders\"}}"
            })
    void whatIsReadIsWrittenAgainAsItWas(String json) {
        Instruction read = Instruction.decode(json.getBytes(UTF_8));

        assertThat(read.encode()).asString(UTF_8).isEqualTo(json);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            textBlock =
                    """
                    {                                                            | instruction_malformed
                    []                                                           | instruction_malformed
                    {}                                                           | instruction_malformed
                    {"sql":1,"params":[]}                                        | instruction_malformed
                    {"sql":"select 1"}                                           | instruction_malformed
                    {"sql":"select 1","params":{}}                               | instruction_malformed
                    {"sql":"select 1","params":[],"dryRun":true}                 | instruction_malformed
                    {"sql":"select 1","params":[],"sql":"delete from t"}         | instruction_malformed
                    {"action":"describe_table","arguments":{}}                   | instruction_malformed
                    {"action":"describe_table","arguments":{"table":["orders"]}} | instruction_malformed
                    {"action":"show_tables","arguments":{"table":"orders"}}      | instruction_malformed
                    {"action":"show_tables","arguments":{},"sql":"select 1"}     | instruction_malformed
                    {"action":"drop_tables","arguments":{}}                      | action_unknown
                    """)
    void anythingElseIsRefusedAndNotRepeated(String json, String code) {
        assertThatThrownBy(() -> Instruction.decode(json.getBytes(UTF_8)))
                .isInstanceOfSatisfying(
                        SchemaException.class, e -> assertThat(e.code()).isEqualTo(code))
                .hasMessageNotContaining("orders")
                .hasMessageNotContaining("drop");
    }
}
