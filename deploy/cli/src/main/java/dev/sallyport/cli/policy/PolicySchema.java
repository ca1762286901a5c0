package dev.sallyport.cli.policy;

import com.networknt.schema.Error;
import com.networknt.schema.Schema;
import com.networknt.schema.SchemaRegistry;
import com.networknt.schema.SpecificationVersion;
import dev.sallyport.schema.json.Json;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Objects;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * The JSON Schema of policy files, which editors complete and check with. What fits it may still be
 * refused: some rules are the records' own.
 */
public final class PolicySchema {
    /** What each file that is printed begins with, so that editors find the schema beside it. */
    public static final String EDITOR_LINE =
            "# yaml-language-server: $schema=sallyport.schema.json";

    private static final String NO_SUCH_KEY = "there is no such key";

    private static final int PROBLEMS_MAX = 100;

    private final JsonNode words;
    private final Schema schema;

    private PolicySchema(String text) {
        this.words = Json.mapper().readTree(text);
        this.schema =
                SchemaRegistry.withDefaultDialect(SpecificationVersion.DRAFT_2020_12)
                        .getSchema(text);
    }

    /** The schema as text. */
    public static String text() {
        try (InputStream in =
                Objects.requireNonNull(
                        PolicySchema.class.getResourceAsStream("policy.schema.json"))) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    static PolicySchema read() {
        return new PolicySchema(text());
    }

    /**
     * What is wrong in a value.
     *
     * @param path the JSON Pointer to it
     * @param what what would be right; values are not repeated, for one may be a secret
     */
    record Problem(String path, String what) {
        /** Whether no entry has such a key. */
        boolean isKey() {
            return what.equals(NO_SUCH_KEY);
        }

        @Override
        public String toString() {
            List<String> steps =
                    Stream.of(path.split("/", -1))
                            .skip(1)
                            .map(step -> step.replace("~1", "/").replace("~0", "~"))
                            .toList();
            String member =
                    String.join(".", steps.subList(Math.min(1, steps.size()), steps.size()));
            return (steps.isEmpty() ? "" : steps.getFirst() + ": ")
                    + (member.isEmpty() ? "" : member + ": ")
                    + what;
        }
    }

    /** What is wrong in a document, which is an object. */
    List<Problem> problems(JsonNode document) {
        return schema.validate(document).stream()
                .limit(PROBLEMS_MAX)
                .map(this::problem)
                .distinct()
                .toList();
    }

    private Problem problem(Error error) {
        String path = String.valueOf(error.getInstanceLocation());
        JsonNode rule = rule(path);
        String about = rule == null ? "" : rule.path("description").asString("");
        String property = String.valueOf(error.getProperty());
        return switch (error.getKeyword()) {
            case "required" ->
                    new Problem(
                            path,
                            // the one choice in the schema, of which each alternative is told
                            String.valueOf(error.getEvaluationPath()).contains("/anyOf/")
                                    ? "limits nothing: give calls, rows or bytes"
                                    : missing(rule, property));
            case "additionalProperties" ->
                    path.isEmpty()
                            ? new Problem("/" + PlacedYaml.step(property), NO_SUCH_KEY)
                            : new Problem(
                                    path + "/" + PlacedYaml.step(property),
                                    "there is no such member: there are " + members(rule));
            case "type" -> new Problem(path, "must be " + type(rule) + about(about));
            case "enum" -> new Problem(path, "must be one of " + words(rule) + about(about));
            case "minimum", "maximum" ->
                    new Problem(
                            path,
                            "must be %s to %s"
                                            .formatted(
                                                    number(rule, "minimum"),
                                                    number(rule, "maximum"))
                                    + about(about));
            case "minLength", "minItems" -> new Problem(path, "must not be empty" + about(about));
            case "maxItems" ->
                    new Problem(
                            path,
                            "must be at most %s%s"
                                    .formatted(number(rule, "maxItems"), about(about)));
            case "pattern" ->
                    new Problem(path, about.isEmpty() ? "has another form" : "must be: " + about);
            default -> new Problem(path, "is not taken" + about(about));
        };
    }

    private String missing(@Nullable JsonNode rule, String property) {
        String about =
                rule == null
                        ? ""
                        : rule.path("properties").path(property).path("description").asString("");
        return property + " is missing" + about(about);
    }

    private static String about(String description) {
        return description.isEmpty() ? "" : " (" + description + ")";
    }

    private static String members(@Nullable JsonNode rule) {
        return rule == null ? "" : String.join(", ", rule.path("properties").propertyNames());
    }

    private static String words(@Nullable JsonNode rule) {
        return rule == null
                ? ""
                : rule.path("enum")
                        .valueStream()
                        .map(JsonNode::asString)
                        .collect(Collectors.joining(", "));
    }

    private static String type(@Nullable JsonNode rule) {
        return switch (rule == null ? "" : rule.path("type").asString("")) {
            case "boolean" -> "true or false";
            case "integer" -> "a whole number";
            case "array" -> "a list";
            case "object" -> "members and their values";
            default -> "text";
        };
    }

    private static String number(@Nullable JsonNode rule, String word) {
        return rule == null ? "" : rule.path(word).asString("");
    }

    /** The part of the schema that the value at the path is held against; null where none is. */
    @Nullable JsonNode rule(String path) {
        JsonNode rule = words;
        for (String step : path.isEmpty() ? new String[0] : path.substring(1).split("/", -1)) {
            rule = inside(rule, step.replace("~1", "/").replace("~0", "~"));
            if (rule == null) {
                return null;
            }
        }
        return rule;
    }

    private @Nullable JsonNode inside(JsonNode rule, String step) {
        if (rule.path("properties").has(step)) {
            return resolved(rule.path("properties").path(step));
        }
        for (var pattern : rule.path("patternProperties").properties()) {
            if (Pattern.compile(pattern.getKey()).matcher(step).find()) {
                return resolved(pattern.getValue());
            }
        }
        if (rule.has("items")) {
            return resolved(rule.path("items"));
        }
        return rule.path("additionalProperties").isObject()
                ? resolved(rule.path("additionalProperties"))
                : null;
    }

    /** What is referred to, with the words that stand beside the reference before its own. */
    private JsonNode resolved(JsonNode rule) {
        if (!rule.has("$ref")) {
            return rule;
        }
        var merged =
                Json.mapper()
                        .createObjectNode()
                        .setAll((ObjectNode) words.at(rule.path("$ref").asString("").substring(1)));
        rule.properties().forEach(member -> merged.set(member.getKey(), member.getValue()));
        merged.remove("$ref");
        return merged;
    }
}
