package dev.sallyport.gateway.tool;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import dev.sallyport.schema.json.Json;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.ObjectReader;
import tools.jackson.databind.node.ObjectNode;

/** The quick check and the library must say the same of any arguments. */
class ArgumentCheckTest {
    private static final ObjectReader EXACT =
            Json.mapper().reader().with(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS);

    private static final List<String> VALUES =
            List.of(
                    "null",
                    "true",
                    "1",
                    "0",
                    "-1",
                    "1.0",
                    "1.5",
                    "1e3",
                    "1000000",
                    "1000001",
                    "99999999999999999999",
                    "\"\"",
                    "\"a\"",
                    "\"shop\"",
                    "\"Shop\"",
                    "\"-shop\"",
                    "\"shop\\n\"",
                    "\"a b\"",
                    "\"\\ud83d\\ude00\"",
                    "{}",
                    "[]",
                    "[1,\"a\",null,true,2.5]",
                    "[[1]]",
                    "[{}]",
                    "\"" + "x".repeat(130) + "\"",
                    "\"" + "x".repeat(131) + "\"",
                    "\"" + "\\ud83d\\ude00".repeat(100) + "\"",
                    "[" + "1,".repeat(99) + "1]",
                    "[" + "1,".repeat(100) + "1]");

    @ParameterizedTest
    @MethodSource("tools")
    void whatFitsPlainlyFitsTheSchema(Tool tool) {
        ArgumentCheck check = ArgumentCheck.of(tool.inputSchema());
        int fitting = 0;
        for (ObjectNode arguments : candidates()) {
            if (check.fitsPlainly(arguments)) {
                fitting++;
                assertThat(check.byLibrary(arguments)).as(arguments.toString()).isEmpty();
            }
        }
        assertThat(fitting).as("the quick check is of use").isPositive();
    }

    @Test
    void aSchemaWithOtherWordsIsLeftToTheLibrary() {
        ArgumentCheck check =
                ArgumentCheck.of(
                        """
                        {"type":"object","properties":{"a":{"type":"string","enum":["x"]}},\
                        "additionalProperties":false}\
                        """);
        ObjectNode right = object("{\"a\":\"x\"}");
        ObjectNode wrong = object("{\"a\":\"y\"}");
        assertThat(check.fitsPlainly(right)).isFalse();
        assertThat(check.problem(right)).isEmpty();
        assertThat(check.problem(wrong)).isPresent();
    }

    /** Measured in bytes, not time: 140 MB when every fault was told. */
    @Test // case B5
    void aBodyFullOfFaultsCostsNoMoreThanItsFirst() {
        Tool tool = Tools.BUILT_IN.getLast();
        ArgumentCheck check = ArgumentCheck.of(tool.inputSchema());
        ObjectNode arguments =
                object(
                        "{\"database\":\"shop\",\"sql\":\"s\",\"params\":["
                                + "[[]],".repeat(100_000)
                                + "[]]}");
        var memory = ManagementFactory.getPlatformMXBean(ThreadMXBean.class);
        assertThat(check.problem(arguments)).isPresent();
        long before = memory.getCurrentThreadAllocatedBytes();

        assertThat(check.problem(arguments)).isPresent();

        assertThat(memory.getCurrentThreadAllocatedBytes() - before).isLessThan(1_000_000);
    }

    static List<Tool> tools() {
        return Tools.BUILT_IN;
    }

    private static List<ObjectNode> candidates() {
        List<ObjectNode> all = new ArrayList<>();
        all.add(object("{}"));
        for (String value : VALUES) {
            all.add(object("{\"database\":" + value + "}"));
            all.add(object("{\"database\":\"shop\",\"table\":" + value + "}"));
            all.add(object("{\"database\":\"shop\",\"sql\":" + value + "}"));
            all.add(object("{\"database\":\"shop\",\"sql\":\"s\",\"limit\":" + value + "}"));
            all.add(object("{\"database\":\"shop\",\"sql\":\"s\",\"params\":" + value + "}"));
            all.add(object("{\"database\":\"shop\",\"sql\":\"s\",\"other\":" + value + "}"));
        }
        return all;
    }

    private static ObjectNode object(String json) {
        return (ObjectNode) EXACT.readTree(json);
    }
}
