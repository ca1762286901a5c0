package dev.sallyport.gateway.tool;

import dev.sallyport.schema.json.JsonBuffer;
import dev.sallyport.schema.registry.Scope;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;
import tools.jackson.databind.node.ObjectNode;

/** Tools by name, each made ready: its schema compiled, its entry in {@code tools/list} written. */
public final class Tools {

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
            {"type":"array","maxItems":100,"items":{"type":["string","number","boolean","null"]},"description":"Values for $1, $2, ..."}\
            """;

    /** The tools that every gateway has. */
    public static final List<Tool> BUILT_IN =
            List.of(
                    new Tool(
                            "show_databases",
                            "Lists the databases that you may use.",
                            """
                            {"type":"object","properties":{},"additionalProperties":false}\
                            """,
                            Set.of(Scope.READ),
                            new Work.Databases()),
                    new Tool(
                            "show_tables",
                            "Lists the tables and views of a database.",
                            """
                            {"type":"object","properties":{"database":%s},"required":["database"],"additionalProperties":false}\
                            """
                                    .formatted(DATABASE),
                            Set.of(Scope.READ),
                            new Work.Action()),
                    new Tool(
                            "describe_table",
                            "Describes the columns and keys of a table.",
                            """
                            {"type":"object","properties":{"database":%s,\
                            "table":{"type":"string","minLength":1,"maxLength":130,"description":"The table, with its schema where that is not the default one."}},\
                            "required":["database","table"],"additionalProperties":false}\
                            """
                                    .formatted(DATABASE),
                            Set.of(Scope.READ),
                            new Work.Action()),
                    new Tool(
                            "db_query",
                            "Runs one SQL statement that only reads and returns its rows. Rows that are not yours are not there.",
                            """
                            {"type":"object","properties":{"database":%s,"sql":%s,"params":%s,\
                            "limit":{"type":"integer","minimum":1,"maximum":1000000,"description":"Rows wanted at most."}},\
                            "required":["database","sql"],"additionalProperties":false}\
                            """
                                    .formatted(DATABASE, SQL, PARAMS),
                            Set.of(Scope.READ),
                            new Work.CallersStatement(false)),
                    new Tool(
                            "db_execute",
                            "Runs one SQL statement that changes data and commits it. Returns the number of rows changed, and those of RETURNING.",
                            """
                            {"type":"object","properties":{"database":%s,"sql":%s,"params":%s},\
                            "required":["database","sql"],"additionalProperties":false}\
                            """
                                    .formatted(DATABASE, SQL, PARAMS),
                            Set.of(Scope.WRITE, Scope.SQL),
                            new Work.CallersStatement(true)));

    private final List<Ready> all;
    private final Map<String, Ready> byName;

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
     * @param listed its entry in {@code tools/list}, JSON
     */
    public record Ready(Tool tool, ArgumentCheck arguments, String listed) {
        private static Ready of(Tool tool) {
            return new Ready(tool, ArgumentCheck.of(tool.inputSchema()), entry(tool));
        }

        /** What is wrong with the arguments, naming the field; values are not repeated. */
        public Optional<String> problem(ObjectNode given) {
            return arguments.problem(given);
        }
    }

    /** All tools, in their order. */
    public List<Ready> all() {
        return all;
    }

    public Optional<Ready> find(String name) {
        return Optional.ofNullable(byName.get(name));
    }

    private static String entry(Tool tool) {
        boolean changes = tool.mayChange();
        return new JsonBuffer()
                .raw("{\"name\":")
                .string(tool.name())
                .raw(",\"description\":")
                .string(tool.description())
                .raw(",\"inputSchema\":")
                .raw(tool.inputSchema())
                .raw(",\"annotations\":{\"readOnlyHint\":" + !changes)
                .raw(changes ? ",\"destructiveHint\":true}}" : "}}")
                .toString();
    }
}
