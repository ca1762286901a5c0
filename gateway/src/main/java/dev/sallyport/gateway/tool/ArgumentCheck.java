package dev.sallyport.gateway.tool;

import com.networknt.schema.Error;
import com.networknt.schema.Schema;
import com.networknt.schema.SchemaRegistry;
import com.networknt.schema.SpecificationVersion;
import dev.sallyport.schema.json.Json;
import java.util.Map;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * Holds arguments against a tool's JSON Schema, which refers to nothing outside itself. Most
 * arguments fit, which the plain words of the schema tell at once; the library for JSON Schema says
 * what is wrong with the others.
 */
public final class ArgumentCheck {

    /**
     * Digits before or after the point of a number in params; PostgreSQL's numeric takes no more of
     * them after it.
     */
    private static final int NUMBER_DIGITS_MAX = 16_383;

    private static final String HUGE =
            "numbers may have %,d digits before or after the point".formatted(NUMBER_DIGITS_MAX);

    private static final SchemaRegistry SCHEMAS =
            SchemaRegistry.withDefaultDialect(SpecificationVersion.DRAFT_2020_12);

    private final Schema schema;
    private final Predicate<JsonNode> fits;

    private ArgumentCheck(Schema schema, Predicate<JsonNode> fits) {
        this.schema = schema;
        this.fits = fits;
    }

    static ArgumentCheck of(String inputSchema) {
        return new ArgumentCheck(
                SCHEMAS.getSchema(inputSchema),
                PlainSchema.of(Json.mapper().readTree(inputSchema)).orElse(_ -> false));
    }

    /** What is wrong, naming the field; values are not repeated. */
    Optional<String> problem(ObjectNode arguments) {
        if (hasHugeNumber(arguments, 1) || hasHugeNumber(arguments.path("params"), 1)) {
            return Optional.of(HUGE);
        }
        Optional<String> problem = fits.test(arguments) ? Optional.empty() : library(arguments);
        return problem.isEmpty() && hasHugeNumber(arguments, Json.NESTING_MAX)
                ? Optional.of(HUGE)
                : problem;
    }

    private Optional<String> library(ObjectNode arguments) {
        try {
            return byLibrary(arguments);
        } catch (JacksonException e) {
            // the library reads bounded numbers as long
            return Optional.of("a number is out of its bounds: " + outOfRange(arguments));
        }
    }

    /** Whether the schema's plain words were enough to see that the arguments fit. */
    boolean fitsPlainly(ObjectNode arguments) {
        return fits.test(arguments);
    }

    /** What the library for JSON Schema finds wrong first; a body can hold 300,000 faults. */
    Optional<String> byLibrary(ObjectNode arguments) {
        return schema
                .validate(
                        arguments,
                        context -> context.executionConfig(config -> config.failFast(true)))
                .stream()
                .findFirst()
                .map(error -> sentence(error));
    }

    private static String outOfRange(ObjectNode arguments) {
        return arguments.properties().stream()
                .filter(argument ->
                        argument.getValue().isNumber() && !argument.getValue().canConvertToLong())
                .map(Map.Entry::getKey)
                .collect(Collectors.joining(", "));
    }

    /**
     * A short text such as 1e999999999 would take gigabytes wherever somebody writes it out.
     *
     * @param levels how deep to look
     */
    private static boolean hasHugeNumber(JsonNode values, int levels) {
        for (JsonNode value : values) {
            if (value.isBigDecimal()
                    && Math.abs((long) value.decimalValue().scale()) > NUMBER_DIGITS_MAX) {
                return true;
            }
            if (levels > 1 && value.isContainer() && hasHugeNumber(value, levels - 1)) {
                return true;
            }
        }
        return false;
    }

    private static String sentence(Error error) {
        String field = field(error);
        return switch (error.getKeyword()) {
            case "required" -> "argument %s is missing".formatted(error.getProperty());
            case "additionalProperties" ->
                    "there is no argument %s".formatted(shown(error.getProperty()));
            case "type" -> wrongType(error, field);
            case "minLength" -> "argument %s must not be empty".formatted(field);
            case "maxLength", "maxItems", "minimum", "maximum" ->
                    "argument %s is out of its bounds: %s %s"
                            .formatted(field, error.getKeyword(), error.getSchemaNode().asString());
            case "pattern" ->
                    "argument %s must be a name of 1 to 63 characters of a-z, 0-9, - and _"
                            .formatted(field);
            default -> "argument %s is not what the tool's inputSchema says".formatted(field);
        };
    }

    private static String field(Error error) {
        String path = error.getInstanceLocation().toString();
        return path.isEmpty() || path.equals("/")
                ? "object"
                : path.startsWith("/") ? path.substring(1) : path;
    }

    /** Models often send the text of a value, or a value where a text belongs. */
    private static String wrongType(Error error, String field) {
        String type = type(error);
        String right =
                switch (type) {
                    case "integer", "number" -> "100, without quotes";
                    case "array" -> "[\"a\", 1, null], the list itself, not its text";
                    case "object" -> "{\"a\": 1}, the object itself, not its text";
                    case "boolean" -> "true, without quotes";
                    default -> "\"text\", in quotes";
                };
        return "argument %s must be %s and came as %s: write \"%s\": %s"
                .formatted(field, type, cameAs(error.getInstanceNode()), field, right);
    }

    private static String cameAs(JsonNode value) {
        return switch (value.getNodeType()) {
            case STRING -> "text";
            case NUMBER -> "number";
            case BOOLEAN -> "boolean";
            case ARRAY -> "list";
            case OBJECT -> "object";
            case NULL, MISSING, BINARY, POJO -> "null";
        };
    }

    private static String type(Error error) {
        var type = error.getSchemaNode();
        return type.isArray()
                ? String.join(" or ", type.valueStream().map(one -> one.asString()).toList())
                : type.asString();
    }

    /** A name that the caller made up may be of any length. */
    private static String shown(String name) {
        return name.length() > 40 ? "of that name (" + name.length() + " characters)" : name;
    }
}
