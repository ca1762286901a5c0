package dev.sallyport.schema.event;

import dev.sallyport.schema.SchemaException;
import dev.sallyport.schema.json.Json;
import java.util.List;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * What an executor is to do, which stands sealed in a {@link CallAuthorized}: a statement with its
 * values, {@code {"sql":...,"params":[...]}}, or an action that an engine knows, {@code
 * {"action":...,"arguments":{...}}}. No tool's name is in it, so an executor runs tools that it has
 * never heard of.
 */
public sealed interface Instruction {
    /**
     * One statement of SQL.
     *
     * @param params the values of {@code $1}, {@code $2}, ...; any JSON
     */
    record Statement(String sql, List<JsonNode> params) implements Instruction {
        public Statement {
            params = List.copyOf(params);
        }

        @Override
        public String toString() {
            return "Statement[***, params=" + params.size() + "]"; // neither is for logs
        }
    }

    /**
     * Lists tables and views.
     *
     * @param schema null for all that the caller may see
     */
    record ShowTables(@Nullable String schema) implements Instruction {
        static final String ACTION = "show_tables";
    }

    /**
     * Describes columns and keys of a table.
     *
     * @param table its name, perhaps with its schema
     */
    record DescribeTable(String table) implements Instruction {
        static final String ACTION = "describe_table";
    }

    /**
     * The action of that name with those of the arguments that it takes.
     *
     * @throws SchemaException {@code action_unknown}, {@code instruction_malformed}
     */
    static Instruction action(String name, JsonNode arguments) {
        return switch (name) {
            case ShowTables.ACTION -> new ShowTables(optional(arguments, "schema"));
            case DescribeTable.ACTION -> new DescribeTable(required(arguments, "table"));
            default -> throw new SchemaException("action_unknown", "there is no such action");
        };
    }

    /**
     * Reads an instruction. One with members that this version does not know is refused: they may
     * say that less is to be done.
     *
     * @throws SchemaException {@code action_unknown}, {@code instruction_malformed}
     */
    static Instruction decode(byte[] json) {
        JsonNode tree;
        try {
            tree = Json.exact().readTree(json);
        } catch (JacksonException e) {
            // the original message quotes the document, which must not reach a log
            throw malformed("it is not JSON: " + e.getClass().getSimpleName());
        }
        String action = optional(tree, "action");
        Instruction read =
                action == null
                        ? new Statement(required(tree, "sql"), values(tree.path("params")))
                        : action(action, tree.path("arguments"));
        if (!read.tree().equals(tree)) {
            throw malformed("it has members that are not known here");
        }
        return read;
    }

    /** The JSON that {@link #decode} reads. */
    default byte[] encode() {
        return Json.mapper().writeValueAsBytes(tree());
    }

    private ObjectNode tree() {
        ObjectNode tree = Json.mapper().createObjectNode();
        switch (this) {
            case Statement(var sql, var params) -> {
                tree.put("sql", sql);
                ArrayNode values = tree.putArray("params");
                params.forEach(values::add);
            }
            case ShowTables(var schema) -> {
                ObjectNode arguments = tree.put("action", ShowTables.ACTION).putObject("arguments");
                if (schema != null) {
                    arguments.put("schema", schema);
                }
            }
            case DescribeTable(var table) ->
                    tree.put("action", DescribeTable.ACTION)
                            .putObject("arguments")
                            .put("table", table);
        }
        return tree;
    }

    private static List<JsonNode> values(JsonNode params) {
        if (!params.isArray()) {
            throw malformed("params must be an array");
        }
        return params.values().stream().toList();
    }

    private static String required(JsonNode tree, String name) {
        String text = optional(tree, name);
        if (text == null) {
            throw malformed(name + " must be a text");
        }
        return text;
    }

    private static @Nullable String optional(JsonNode tree, String name) {
        JsonNode value = tree.path(name);
        if (value.isMissingNode() || value.isNull()) {
            return null;
        }
        if (!value.isString()) {
            throw malformed(name + " must be a text");
        }
        return value.stringValue();
    }

    private static SchemaException malformed(String why) {
        return new SchemaException("instruction_malformed", "not an instruction: " + why);
    }
}
