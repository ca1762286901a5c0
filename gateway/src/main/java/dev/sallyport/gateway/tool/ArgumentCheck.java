package dev.sallyport.gateway.tool;

import com.networknt.schema.Error;
import com.networknt.schema.Schema;
import com.networknt.schema.SchemaRegistry;
import com.networknt.schema.SpecificationVersion;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * Holds arguments against a tool's JSON Schema. The schemas are this gateway's own and refer to
 * nothing outside themselves.
 */
final class ArgumentCheck {

    private final Map<BuiltInTool, Schema> schemas = new EnumMap<>(BuiltInTool.class);

    ArgumentCheck() {
        var registry = SchemaRegistry.withDefaultDialect(SpecificationVersion.DRAFT_2020_12);
        for (BuiltInTool tool : BuiltInTool.values()) {
            schemas.put(tool, registry.getSchema(tool.inputSchema()));
        }
    }

    /**
     * Digits before or after the point of a number in params; PostgreSQL's numeric takes no more of
     * them after it.
     */
    private static final int NUMBER_DIGITS_MAX = 16_383;

    /** What is wrong, naming the field; values are not repeated. */
    Optional<String> problem(BuiltInTool tool, ObjectNode arguments) {
        if (hasHugeNumber(arguments) || hasHugeNumber(arguments.path("params"))) {
            // a short text such as 1e999999999 would take gigabytes wherever somebody writes it out
            return Optional.of(
                    "numbers may have %,d digits before or after the point"
                            .formatted(NUMBER_DIGITS_MAX));
        }

        Schema schema = schemas.get(tool);
        if (schema == null) {
            throw new IllegalStateException("no schema for " + tool);
        }
        List<Error> errors = schema.validate(arguments);
        return errors.stream()
                .min(Comparator.comparing(error -> error.getInstanceLocation().toString()))
                .map(error -> sentence(error));
    }

    private static boolean hasHugeNumber(JsonNode values) {
        return values.valueStream()
                .filter(JsonNode::isBigDecimal)
                .map(JsonNode::decimalValue)
                .anyMatch(number -> Math.abs((long) number.scale()) > NUMBER_DIGITS_MAX);
    }

    private static String sentence(Error error) {
        String field = field(error);
        return switch (error.getKeyword()) {
            case "required" -> "argument %s is missing".formatted(error.getProperty());
            case "additionalProperties" ->
                    "there is no argument %s".formatted(shown(error.getProperty()));
            case "type" -> "argument %s must be %s".formatted(field, type(error));
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
