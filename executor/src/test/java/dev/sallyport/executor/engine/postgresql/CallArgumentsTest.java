package dev.sallyport.executor.engine.postgresql;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.math.BigDecimal;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class CallArgumentsTest {
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
        String json = "{\"params\":[" + number + ",[" + number + "]]}";

        List<Parameter> parameters = CallArguments.of(json.getBytes(UTF_8)).parameters();

        assertThat(new BigDecimal(String.valueOf(parameters.getFirst().text())))
                .isEqualByComparingTo(number);
        String array = String.valueOf(parameters.getLast().text());
        assertThat(new BigDecimal(array.substring(1, array.length() - 1)))
                .isEqualByComparingTo(number);
    }
}
