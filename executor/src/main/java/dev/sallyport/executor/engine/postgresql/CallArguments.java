package dev.sallyport.executor.engine.postgresql;

import dev.sallyport.executor.failure.ExecutorException;
import dev.sallyport.schema.json.Json;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.postgresql.core.Oid;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.ObjectReader;

/**
 * A tool's arguments: {@code sql} and {@code params} of the tools that take a statement, {@code
 * table} and {@code schema} of those that describe.
 */
final class CallArguments {
    /** A statement takes at most this many parameters. */
    static final int PARAMETERS_MAX = 1_000;

    /** A decimal is what the caller wrote, not the double next to it. */
    private static final ObjectReader EXACT =
            Json.mapper().reader().with(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS);

    private final JsonNode arguments;

    private CallArguments(JsonNode arguments) {
        this.arguments = arguments;
    }

    /**
     * Reads the arguments.
     *
     * @throws ExecutorException {@code arguments_malformed}
     */
    static CallArguments of(byte[] json) {
        JsonNode arguments;
        try {
            arguments = EXACT.readTree(json);
        } catch (JacksonException e) {
            throw malformed("they are not JSON");
        }
        if (!arguments.isObject()) {
            throw malformed("they must be an object");
        }
        return new CallArguments(arguments);
    }

    String required(String name) {
        String value = optional(name);
        if (value == null) {
            throw malformed(name + " must be a text");
        }
        return value;
    }

    @Nullable String optional(String name) {
        JsonNode value = arguments.get(name);
        if (value == null || value.isNull()) {
            return null;
        }
        if (!value.isString()) {
            throw malformed(name + " must be a text");
        }
        return value.stringValue();
    }

    /** The values of the statement's placeholders, in their order. */
    List<Parameter> parameters() {
        JsonNode values = arguments.get("params");
        if (values == null || values.isNull()) {
            return List.of();
        }
        if (!values.isArray() || values.size() > PARAMETERS_MAX) {
            throw malformed("params must be an array of at most " + PARAMETERS_MAX + " values");
        }
        List<Parameter> parameters = new ArrayList<>(values.size());
        for (JsonNode value : values) {
            parameters.add(parameter(value));
        }
        return parameters;
    }

    /**
     * Numbers and booleans carry their type. The database tells by the place what a text is, such
     * as a date or a UUID. An array of plain values becomes an array, and an object becomes JSON.
     */
    private static Parameter parameter(JsonNode value) {
        return switch (value.getNodeType()) {
            case NULL, MISSING -> Parameter.untyped(null);
            case BOOLEAN -> new Parameter(value.booleanValue() ? "t" : "f", Oid.BOOL);
            case NUMBER -> new Parameter(number(value), numberType(value));
            case STRING -> Parameter.untyped(value.stringValue());
            case ARRAY -> Parameter.untyped(array(value));
            case OBJECT -> Parameter.untyped(value.toString());
            case BINARY, POJO -> throw malformed("a parameter must be a JSON value");
        };
    }

    private static int numberType(JsonNode value) {
        if (value.isIntegralNumber()) {
            return value.canConvertToInt()
                    ? Oid.INT4
                    : value.canConvertToLong() ? Oid.INT8 : Oid.NUMERIC;
        }
        return Oid.NUMERIC;
    }

    private static String number(JsonNode value) {
        return value.isIntegralNumber()
                ? value.bigIntegerValue().toString()
                : value.decimalValue().toString();
    }

    private static String array(JsonNode values) {
        StringBuilder text = new StringBuilder("{");
        for (JsonNode value : values) {
            if (text.length() > 1) {
                text.append(',');
            }
            switch (value.getNodeType()) {
                case NULL, MISSING -> text.append("NULL");
                case BOOLEAN -> text.append(value.booleanValue() ? 't' : 'f');
                case NUMBER -> text.append(number(value));
                case ARRAY -> text.append(array(value));
                case STRING -> quote(value.stringValue(), text);
                case OBJECT -> quote(value.toString(), text);
                case BINARY, POJO -> throw malformed("a parameter must be a JSON value");
            }
        }
        return text.append('}').toString();
    }

    private static void quote(String value, StringBuilder text) {
        text.append('"');
        for (int i = 0; i < value.length(); i++) {
            char c = value.charAt(i);
            if (c == '"' || c == '\\') {
                text.append('\\');
            }
            text.append(c);
        }
        text.append('"');
    }

    private static ExecutorException malformed(String why) {
        return new ExecutorException(
                "arguments_malformed", "the tool's arguments are not as they should be: " + why);
    }
}
