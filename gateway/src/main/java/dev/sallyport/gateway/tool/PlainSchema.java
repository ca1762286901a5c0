package dev.sallyport.gateway.tool;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import tools.jackson.databind.JsonNode;

/**
 * The few words of JSON Schema that tools use, compiled to look-ups. It says only that a value fits
 * for certain; of all else the library for JSON Schema says what is wrong, if anything is.
 */
final class PlainSchema {
    private static final Set<String> NOTES = Set.of("type", "description", "title");

    private PlainSchema() {}

    /** Tells what fits the schema for certain; empty where the schema has other words in it. */
    static Optional<Predicate<JsonNode>> of(JsonNode schema) {
        JsonNode type = schema.path("type");
        return switch (type.asString("")) {
            case "object" -> object(schema);
            case "array" -> array(schema);
            case "string" -> string(schema);
            case "integer" -> integer(schema);
            case "number" -> only(schema, JsonNode::isNumber);
            case "boolean" -> only(schema, JsonNode::isBoolean);
            case "null" -> only(schema, JsonNode::isNull);
            default -> Optional.empty();
        };
    }

    private static Optional<Predicate<JsonNode>> only(
            JsonNode schema, Predicate<JsonNode> fits, String... words) {
        return NOTES.containsAll(without(schema, words)) ? Optional.of(fits) : Optional.empty();
    }

    private static Set<String> without(JsonNode schema, String... words) {
        Set<String> names = new HashSet<>(schema.propertyNames());
        List.of(words).forEach(names::remove);
        return names;
    }

    private static Optional<Predicate<JsonNode>> object(JsonNode schema) {
        Map<String, Predicate<JsonNode>> properties = new HashMap<>();
        for (Map.Entry<String, JsonNode> property : schema.path("properties").properties()) {
            Optional<Predicate<JsonNode>> fits = of(property.getValue());
            if (fits.isEmpty()) {
                return Optional.empty();
            }
            properties.put(property.getKey(), fits.get());
        }
        List<String> required = new ArrayList<>();
        schema.path("required").forEach(name -> required.add(name.asString()));
        if (schema.path("additionalProperties").asBoolean(true)) {
            return Optional.empty();
        }
        return only(
                schema,
                value -> value.isObject() && fits(value, properties, required),
                "properties",
                "required",
                "additionalProperties");
    }

    private static boolean fits(
            JsonNode object, Map<String, Predicate<JsonNode>> properties, List<String> required) {
        for (String name : required) {
            if (!object.has(name)) {
                return false;
            }
        }
        for (Map.Entry<String, JsonNode> property : object.properties()) {
            Predicate<JsonNode> known = properties.get(property.getKey());
            if (known == null || !known.test(property.getValue())) {
                return false;
            }
        }
        return true;
    }

    private static Optional<Predicate<JsonNode>> array(JsonNode schema) {
        int most = schema.path("maxItems").asInt(Integer.MAX_VALUE);
        Optional<Predicate<JsonNode>> items =
                schema.has("items") ? of(schema.get("items")) : Optional.of(_ -> true);
        return items.flatMap(
                item -> only(schema, value -> each(value, most, item), "items", "maxItems"));
    }

    private static boolean each(JsonNode array, int most, Predicate<JsonNode> item) {
        if (!array.isArray() || array.size() > most) {
            return false;
        }
        for (JsonNode value : array) {
            if (!item.test(value)) {
                return false;
            }
        }
        return true;
    }

    private static Optional<Predicate<JsonNode>> string(JsonNode schema) {
        // lengths count code points: never more of them than chars, and half as many at the least
        int least = 2 * schema.path("minLength").asInt(0);
        int most = schema.path("maxLength").asInt(Integer.MAX_VALUE);
        Predicate<JsonNode> bounded =
                value -> {
                    if (!value.isString()) {
                        return false;
                    }
                    int chars = value.stringValue().length();
                    return chars >= least && chars <= most;
                };
        String pattern = schema.path("pattern").asString(null);
        Predicate<JsonNode> fits = bounded;
        if (pattern != null) {
            if (!pattern.startsWith("^") || !pattern.endsWith("$") || pattern.endsWith("\\$")) {
                return Optional.empty();
            }
            // as a whole: in Java, unlike in JSON Schema, $ lets a line's end follow
            Predicate<String> matches =
                    Pattern.compile(pattern.substring(1, pattern.length() - 1)).asMatchPredicate();
            fits = bounded.and(value -> matches.test(value.stringValue()));
        }
        return only(schema, fits, "minLength", "maxLength", "pattern");
    }

    private static Optional<Predicate<JsonNode>> integer(JsonNode schema) {
        long least = schema.path("minimum").asLong(Long.MIN_VALUE);
        long most = schema.path("maximum").asLong(Long.MAX_VALUE);
        return only(
                schema,
                value ->
                        value.isIntegralNumber()
                                && value.canConvertToLong()
                                && value.longValue() >= least
                                && value.longValue() <= most,
                "minimum",
                "maximum");
    }
}
