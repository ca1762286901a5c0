package dev.sallyport.gateway.tool;

import dev.sallyport.gateway.gate.Action;
import java.util.Arrays;
import java.util.Optional;

/** The tools that every gateway has. */
enum BuiltInTool {
    SHOW_DATABASES(
            "show_databases",
            Action.LIST_DATABASES,
            "Lists the databases that you may use.",
            """
            {"type":"object","properties":{},"additionalProperties":false}\
            """),
    SHOW_TABLES(
            "show_tables",
            Action.LIST_TABLES,
            "Lists the tables and views of a database.",
            """
            {"type":"object","properties":{"database":%s},"required":["database"],"additionalProperties":false}\
            """),
    DESCRIBE_TABLE(
            "describe_table",
            Action.DESCRIBE_TABLE,
            "Describes the columns and keys of a table.",
            """
            {"type":"object","properties":{"database":%s,\
            "table":{"type":"string","minLength":1,"maxLength":130,"description":"The table, with its schema where that is not the default one."}},\
            "required":["database","table"],"additionalProperties":false}\
            """),
    DB_QUERY(
            "db_query",
            Action.QUERY,
            "Runs one SQL statement that only reads and returns its rows. Rows that are not yours are not there.",
            """
            {"type":"object","properties":{"database":%s,"sql":%s,"params":%s,\
            "limit":{"type":"integer","minimum":1,"maximum":1000000,"description":"Rows wanted at most."}},\
            "required":["database","sql"],"additionalProperties":false}\
            """),
    DB_EXECUTE(
            "db_execute",
            Action.EXECUTE,
            "Runs one SQL statement that changes data and commits it. Returns the number of rows changed, and those of RETURNING.",
            """
            {"type":"object","properties":{"database":%s,"sql":%s,"params":%s},\
            "required":["database","sql"],"additionalProperties":false}\
            """);

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

    private final String wireName;
    private final Action action;
    private final String description;
    private final String schemaForm;

    BuiltInTool(String wireName, Action action, String description, String schemaForm) {
        this.wireName = wireName;
        this.action = action;
        this.description = description;
        this.schemaForm = schemaForm;
    }

    String wireName() {
        return wireName;
    }

    Action action() {
        return action;
    }

    String description() {
        return description;
    }

    /** The JSON Schema (2020-12) of the arguments. */
    String inputSchema() {
        return schemaForm.formatted(DATABASE, SQL, PARAMS);
    }

    boolean changesData() {
        return this == DB_EXECUTE;
    }

    static Optional<BuiltInTool> of(String wireName) {
        return Arrays.stream(values()).filter(tool -> tool.wireName.equals(wireName)).findFirst();
    }
}
