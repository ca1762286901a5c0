package dev.sallyport.executor.engine.postgresql;

import dev.sallyport.executor.engine.postgresql.ColumnType.Form;
import dev.sallyport.executor.failure.ExecutorException;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.postgresql.core.Oid;
import tools.jackson.databind.JsonNode;

/**
 * A value that a statement's placeholder stands for; it never becomes part of the statement's text.
 *
 * @param text the value in the database's text form; null is SQL's null
 * @param type the type's OID; 0 lets the database tell by the place
 * @param list the JSON array that it was given as; the place's type decides what the text is, see
 *     {@link #as}
 */
record Parameter(@Nullable String text, int type, @Nullable JsonNode list) {
    /** A statement takes at most this many. */
    static final int COUNT_MAX = 1_000;

    static Parameter untyped(@Nullable String text) {
        return new Parameter(text, Oid.UNSPECIFIED, null);
    }

    /**
     * The value for a place of that type. A JSON array is JSON there where the type is json or
     * jsonb, and where it is an array of these, so is each array in it; otherwise it is an array.
     */
    Parameter as(ColumnType told) {
        if (list == null) {
            return this;
        }
        if (told.form() == Form.JSON) {
            return untyped(list.toString());
        }
        ColumnType element = told.element();
        boolean ofJson = element != null && element.form() == Form.JSON;
        return ofJson ? untyped(array(list, false)) : this;
    }

    /**
     * The values of a statement's placeholders, in their order.
     *
     * @throws ExecutorException {@code arguments_malformed}
     */
    static List<Parameter> all(List<JsonNode> values) {
        if (values.size() > COUNT_MAX) {
            throw malformed("params must be an array of at most " + COUNT_MAX + " values");
        }
        List<Parameter> parameters = new ArrayList<>(values.size());
        for (JsonNode value : values) {
            parameters.add(of(value));
        }
        return parameters;
    }

    /**
     * Numbers and booleans carry their type. The database tells by the place what a text is, such
     * as a date or a UUID. An array becomes an array or JSON, by the place, and an object becomes
     * JSON.
     */
    private static Parameter of(JsonNode value) {
        return switch (value.getNodeType()) {
            case NULL, MISSING -> untyped(null);
            case BOOLEAN -> new Parameter(value.booleanValue() ? "t" : "f", Oid.BOOL, null);
            case NUMBER -> new Parameter(number(value), numberType(value), null);
            case STRING -> untyped(value.stringValue());
            case ARRAY -> new Parameter(array(value, true), Oid.UNSPECIFIED, value);
            case OBJECT -> untyped(value.toString());
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

    /**
     * The array in the database's text form.
     *
     * @param nested whether an array in it is a further dimension; if not it is JSON
     */
    private static String array(JsonNode values, boolean nested) {
        StringBuilder text = new StringBuilder();
        array(values, nested, text);
        return text.toString();
    }

    private static void array(JsonNode values, boolean nested, StringBuilder text) {
        char before = '{';
        for (JsonNode value : values) {
            text.append(before);
            before = ',';
            switch (value.getNodeType()) {
                case NULL, MISSING -> text.append("NULL");
                case BOOLEAN -> text.append(value.booleanValue() ? 't' : 'f');
                case NUMBER -> text.append(number(value));
                case ARRAY -> {
                    if (nested) {
                        array(value, true, text);
                    } else {
                        quote(value.toString(), text);
                    }
                }
                case STRING -> quote(value.stringValue(), text);
                case OBJECT -> quote(value.toString(), text);
                case BINARY, POJO -> throw malformed("a parameter must be a JSON value");
            }
        }
        text.append(values.isEmpty() ? "{}" : "}");
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

    @Override
    public String toString() {
        return "Parameter[***, type=" + type + "]"; // a value is not for logs
    }
}
