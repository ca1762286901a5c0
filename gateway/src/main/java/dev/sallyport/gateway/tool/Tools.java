package dev.sallyport.gateway.tool;

import dev.sallyport.schema.json.Json;
import dev.sallyport.schema.json.JsonBuffer;
import dev.sallyport.schema.registry.Scope;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** Tools by name, each made ready: its schema compiled, its entry in {@code tools/list} written. */
public final class Tools {

    private final List<Ready> all;
    private final Map<String, Ready> byName;

    private static final String DATABASE =
            """
            {"type":"string","pattern":"^[a-z0-9]([a-z0-9_-]{0,61}[a-z0-9])?$","description":"A name from show_databases."}\
            """;
    private static final String SQL =
            """
            {"type":"string","minLength":1,"description":"One statement; values go into params as $1, $2, ..."}\
            """;
    private static final String PARAMS =
            """
            {"type":"array","maxItems":100,"items":{"type":"string"},\
            "description":"Values for $1, $2, ..., each as text, such as \\"10\\" or \\"2026-01-31\\". Numbers, true, false, null, lists (as arrays) and objects (as JSON) are taken as they are, too."}\
            """;

    private static final String TABLE =
            """
            "columns":{"type":"array","items":{"type":"object","properties":{"name":{"type":"string"},"type":{"type":"string"}},"required":["name","type"]}},\
            "rows":{"type":"array","items":{"type":"array","items":{},"description":"Values of any type, in the order of columns."}},\
            "rowCount":{"type":"integer"},"truncated":{"type":"boolean"},\
            "truncation":{"type":"object","properties":{"code":{"type":"string"},"message":{"type":"string"}},"required":["code","message"]},\
            "cardNumbersCut":{"type":"integer"}\
            """;
    private static final String ROWS =
            "{\"type\":\"object\",\"properties\":{%s},\"required\":[\"columns\",\"rows\",\"rowCount\",\"truncated\"]}"
                    .formatted(TABLE);
    private static final String REHEARSAL =
            """
            "rehearsed":{"type":"boolean"},"complete":{"type":"boolean"},"effectDigest":{"type":"string"},\
            "tables":{"type":"array","items":{"type":"object","properties":{"table":{"type":"string"},"inserted":{"type":"integer"},"updated":{"type":"integer"},"deleted":{"type":"integer"}}}},\
            "changes":{"type":"array","items":{"type":"object","properties":{"table":{"type":"string"}}}},\
            "changesNotShown":{"type":"integer"},"note":{"type":"string"}\
            """;
    private static final String EFFECT =
            "{\"type\":\"object\",\"properties\":{\"rowsAffected\":{\"type\":\"integer\"},%s,%s},\"required\":[\"rowsAffected\"]}"
                    .formatted(TABLE, REHEARSAL);
    private static final String DATABASES =
            """
            {"type":"object","properties":{"databases":{"type":"array","items":{"type":"object","properties":\
            {"name":{"type":"string"},"description":{"type":"string"},"kind":{"type":"string"},"readOnly":{"type":"boolean"}},\
            "required":["name","kind","readOnly"]}}},"required":["databases"]}\
            """;

    /**
     * The tools that every gateway has.
     *
     * @param rowsDefault rows of a result where the caller asks for no number
     * @param rowsMax rows of a result at the most
     */
    public static List<Tool> builtIn(int rowsDefault, int rowsMax) {
        return List.of(
                new Tool(
                        "show_databases",
                        "Lists the databases that you may use.",
                        """
                        {"type":"object","properties":{},"additionalProperties":false}\
                        """,
                        DATABASES,
                        Set.of(Scope.READ),
                        new Work.Databases()),
                new Tool(
                        "show_tables",
                        "Lists the tables and views of a database.",
                        """
                        {"type":"object","properties":{"database":%s},"required":["database"],"additionalProperties":false}\
                        """
                                .formatted(DATABASE),
                        ROWS,
                        Set.of(Scope.READ),
                        new Work.Action("show_tables")),
                new Tool(
                        "describe_table",
                        "Describes the columns and keys of a table.",
                        """
                        {"type":"object","properties":{"database":%s,\
                        "table":{"type":"string","minLength":1,"maxLength":130,"description":"A name from show_tables, as schema.name where the schema is not the default one."}},\
                        "required":["database","table"],"additionalProperties":false}\
                        """
                                .formatted(DATABASE),
                        ROWS,
                        Set.of(Scope.READ),
                        new Work.Action("describe_table")),
                new Tool(
                        "db_query",
                        "Runs one SQL statement that only reads and returns its rows. Rows that are not yours are not there.",
                        """
                        {"type":"object","properties":{"database":%s,"sql":%s,"params":%s,\
                        "limit":{"type":"integer","minimum":1,"maximum":1000000,"description":"Rows wanted at most: %d where none is given, never more than %d, and fewer where the database's owner says so."}},\
                        "required":["database","sql"],"additionalProperties":false}\
                        """
                                .formatted(DATABASE, SQL, PARAMS, rowsDefault, rowsMax),
                        ROWS,
                        Set.of(Scope.READ),
                        new Work.CallersStatement(false)),
                new Tool(
                        "db_execute",
                        "Runs one SQL statement that changes data and commits it. Returns the number of rows changed, and those of RETURNING. With dryRun nothing is changed.",
"""
                        {"type":"object","properties":{"database":%s,"sql":%s,"params":%s,\
                        "dryRun":{"type":"boolean","description":"True runs the statement, takes it back and returns what it would have changed: rows a table, some of them before and after, and a digest of the effect."},\
"approval":{"type":"string","maxLength":100,"description":"The id that approval_required answered to this same call."}},\
                        "required":["database","sql"],"additionalProperties":false}\
"""
                                .formatted(DATABASE, SQL, PARAMS),
                        EFFECT,
                        Set.of(Scope.WRITE, Scope.SQL),
                        new Work.CallersStatement(true)));
    }

    public Tools(List<Tool> tools) {
        this.all = tools.stream().map(Ready::of).toList();
        this.byName =
                all.stream()
                        .collect(
                                Collectors.toUnmodifiableMap(
                                        ready -> ready.tool().name(), Function.identity()));
    }

    /**
     * A tool to be listed and called.
     *
     * @param names the arguments that there are
     * @param listed its entry in {@code tools/list}, JSON
     * @param listedWithOutput the same with the schema of its result
     */
    public record Ready(
            Tool tool,
            ArgumentCheck check,
            Set<String> names,
            String listed,
            String listedWithOutput) {
        private static Ready of(Tool tool) {
            JsonNode schema = Json.mapper().readTree(tool.inputSchema());
            return new Ready(
                    tool,
                    ArgumentCheck.of(tool.checkedSchema()),
                    Set.copyOf(schema.path("properties").propertyNames()),
                    entry(tool, false),
                    entry(tool, true));
        }

        /** What the tool takes of what it was given. */
        public Arguments arguments(ObjectNode given) {
            return Arguments.of(given, names);
        }

        /**
         * The same of a call that is sent again.
         *
         * @param approval the approval that it was held for; it stands for the argument of that
         *     name
         */
        public Arguments arguments(ObjectNode given, Optional<String> approval) {
            if (approval.isEmpty() || !names.contains(Tool.APPROVAL) || given.has(Tool.APPROVAL)) {
                return arguments(given);
            }
            return arguments(given.deepCopy().put(Tool.APPROVAL, approval.get()));
        }

        /** What is wrong with the arguments, naming the field; values are not repeated. */
        public Optional<String> problem(Arguments arguments) {
            Optional<String> restraint = arguments.restraint();
            return tool.mayChange() && restraint.isPresent()
                    ? Optional.of(
                            (names.contains(Tool.DRY_RUN)
                                            ? "there is no argument %s: dryRun true tells what would be changed, and without it the change is made"
                                            : "there is no argument %s, and what it asks for cannot be had: leave it out to have the change made")
                                    .formatted(restraint.get()))
                    : check.problem(arguments.taken()).or(() -> contradiction(arguments.taken()));
        }

        private static Optional<String> contradiction(ObjectNode taken) {
            return taken.path(Tool.DRY_RUN).asBoolean(false) && taken.has(Tool.APPROVAL)
                    ? Optional.of(
                            "dryRun true changes nothing and approval has the change made: leave one of them out")
                    : Optional.empty();
        }
    }

    /** All tools, in their order. */
    public List<Ready> all() {
        return all;
    }

    public Optional<Ready> find(String name) {
        return Optional.ofNullable(byName.get(name));
    }

    private static String entry(Tool tool, boolean withOutput) {
        boolean changes = tool.mayChange();
        return new JsonBuffer()
                .raw("{\"name\":")
                .string(tool.name())
                .raw(",\"description\":")
                .string(tool.description())
                .raw(",\"inputSchema\":")
                .raw(tool.inputSchema())
                .raw(withOutput ? ",\"outputSchema\":" + tool.outputSchema() : "")
                .raw(",\"annotations\":{\"readOnlyHint\":" + !changes)
                .raw(changes ? ",\"destructiveHint\":true}}" : "}}")
                .toString();
    }
}
