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
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.ObjectReader;
import tools.jackson.databind.json.JsonMapper;
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
        ArgumentCheck check = ArgumentCheck.of(tool.checkedSchema());
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
        Tool tool = Tools.builtIn(1_000, 10_000).getLast();
        ArgumentCheck check = ArgumentCheck.of(tool.checkedSchema());
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

    @Test // case D1
    void numbersOfAnySizeAreToldApart() {
        for (String limit : List.of("1e300", "-1e300", "1e16000", "1.5", "99999999999999999999")) {
            assertThat(problem("{\"database\":\"shop\",\"sql\":\"s\",\"limit\":" + limit + "}"))
                    .as(limit)
                    .contains("limit");
        }
        assertThat(problem("{\"database\":\"shop\",\"sql\":\"s\",\"params\":[[{\"a\":1e99999}]]}"))
                .contains("16,383 digits");
    }

    @Test // case D3
    void aValueThatCameAsTextIsToldWithTheRightForm() {
        assertThat(problem("{\"database\":\"shop\",\"sql\":\"s\",\"limit\":\"10\"}"))
                .contains("limit", "came as text", "\"limit\": 100, without quotes");
        assertThat(problem("{\"database\":\"shop\",\"sql\":\"s\",\"params\":\"[1]\"}"))
                .contains("params", "came as text", "\"params\": [");
        assertThat(problem("{\"database\":\"shop\",\"sql\":{\"a\":1}}"))
                .contains("sql", "came as object", "in quotes");
    }

    /** Of any value where another type belongs, the argument is named, and nothing is thrown. */
    @ParameterizedTest // case D3
    @MethodSource("tools")
    void anArgumentOfAnotherTypeIsNamed(Tool tool) {
        Tools.Ready ready = ready(tool.name());
        JsonNode properties = JsonMapper.shared().readTree(tool.inputSchema()).path("properties");
        for (String name : ready.names()) {
            String type = properties.path(name).path("type").asString();
            for (String value : VALUES) {
                ObjectNode given = object("{\"database\":\"shop\",\"table\":\"t\",\"sql\":\"s\"}");
                given.retain(ready.names());
                JsonNode odd = EXACT.readTree(value);
                given.set(name, odd);
                String problem = ready.problem(ready.arguments(given)).orElse("");
                boolean fits =
                        switch (type) {
                            case "string" -> odd.isString();
                            case "array" -> odd.isArray();
                            case "integer" -> odd.isNumber();
                            case "boolean" -> odd.isBoolean();
                            default -> throw new IllegalStateException(type);
                        };
                if (!fits && !odd.isNull()) {
                    assertThat(problem).as(given.toString()).contains("argument " + name);
                }
            }
        }
    }

    @Test // case D14
    void aValueOfAStatementMayBeAnyJson() {
        for (String params :
                List.of(
                        "[[1,2]]",
                        "[{\"a\":1}]",
                        "[null]",
                        "[[[\"a\"],[\"b\"]]]",
                        "[1,\"a\",true]")) {
            assertThat(problem("{\"database\":\"shop\",\"sql\":\"s\",\"params\":" + params + "}"))
                    .as(params)
                    .isEmpty();
        }
    }

    @Test // case D2
    void nullIsAbsent() {
        assertThat(problem("{\"database\":\"shop\",\"sql\":\"s\",\"params\":null,\"limit\":null}"))
                .isEmpty();
        assertThat(problem("{\"database\":\"shop\",\"sql\":null}"))
                .contains("argument sql is missing");
    }

    @Test // case D12
    void membersThatFrameworksAddAreLeftOutAndNamed() {
        Arguments arguments =
                ready("db_execute")
                        .arguments(
                                object(
                                        "{\"toolCallId\":\"t\",\"database\":\"shop\",\"sessionId\":null,\"sql\":\"s\",\"random_string\":1}"));

        assertThat(arguments.taken()).isEqualTo(object("{\"database\":\"shop\",\"sql\":\"s\"}"));
        assertThat(arguments.ignored()).containsExactly("toolCallId", "sessionId", "random_string");
        assertThat(ready("db_execute").problem(arguments)).isEmpty();

        String many = "{\"" + "x".repeat(250) + "\":1";
        for (int i = 0; i < 1000; i++) {
            many += ",\"y" + i + "\":1";
        }
        assertThat(ready("db_query").arguments(object(many + "}")).ignored())
                .hasSizeLessThanOrEqualTo(10)
                .allMatch(name -> name.length() <= 50);
    }

    @ParameterizedTest // case D12
    @ValueSource(
            strings = {"dry_run", "dry-run", "readOnly", "read_only", "explain-only", "testMode"})
    void aChangeIsNotMadeInFullWhereLessWasAskedFor(String name) {
        ObjectNode given = object("{\"database\":\"shop\",\"sql\":\"s\",\"" + name + "\":true}");
        Tools.Ready execute = ready("db_execute");
        Tools.Ready query = ready("db_query");
        assertThat(execute.problem(execute.arguments(given)).orElse("")).contains(name);
        assertThat(query.problem(query.arguments(given))).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"null", "\"true\"", "1", "\"\""})
    void aDryRunIsAskedForByTrueAndNotByWhatIsNotClear(String value) {
        ObjectNode given = object("{\"database\":\"shop\",\"sql\":\"s\",\"dryRun\":" + value + "}");
        Tools.Ready execute = ready("db_execute");

        assertThat(execute.problem(execute.arguments(given)).orElse("")).contains("dryRun");
    }

    /** Gemini takes one type for each node, and wants one for each. */
    @ParameterizedTest // case D10
    @MethodSource("tools")
    void eachNodeOfAListedSchemaHasOneType(Tool tool) {
        oneType(JsonMapper.shared().readTree(tool.inputSchema()));
    }

    /**
     * Four characters a token is what JSON of this kind comes to; three leave room for other
     * tokenizers.
     */
    @Test
    void theDefaultSurfaceStaysBelowTwoThousandTokens() {
        int characters =
                new Tools(tools()).all().stream().mapToInt(ready -> ready.listed().length()).sum();

        assertThat(characters / 3).isLessThan(2_000);
    }

    private static void oneType(JsonNode schema) {
        assertThat(schema.path("type").isString()).as(schema.toString()).isTrue();
        assertThat(schema.propertyNames())
                .doesNotContain("anyOf", "oneOf", "allOf", "not", "$ref", "const", "if");
        if (schema.path("type").asString().equals("array")) {
            oneType(schema.path("items"));
        }
        schema.path("properties").forEach(ArgumentCheckTest::oneType);
    }

    @Test // case D13
    void theLimitsOfRowsStandInTheToolsDescription() {
        assertThat(ready("db_query").listed()).contains("1000", "10000");
    }

    private static String problem(String arguments) {
        Tools.Ready query = ready("db_query");
        return query.problem(query.arguments(object(arguments))).orElse("");
    }

    private static Tools.Ready ready(String name) {
        return new Tools(tools()).find(name).orElseThrow();
    }

    static List<Tool> tools() {
        return Tools.builtIn(1_000, 10_000);
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
