package dev.sallyport.gateway.tool;

import dev.sallyport.gateway.tool.Work.CallersStatement;
import dev.sallyport.gateway.tool.Work.OwnStatement;
import dev.sallyport.schema.event.Access;
import dev.sallyport.schema.event.Instruction;
import dev.sallyport.schema.event.StatementClass;
import dev.sallyport.schema.json.Json;
import dev.sallyport.schema.registry.Scope;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * A tool. Those that every gateway has and those that a tenant may bring are told apart by nothing
 * but what stands in here.
 *
 * @param name as clients call it
 * @param description for the model
 * @param inputSchema the JSON Schema (2020-12) of the arguments; the database, if the work concerns
 *     one, is argument {@code database}
 * @param outputSchema the JSON Schema of its result, for programs
 * @param scopes somebody who has none of these has no use for the tool; what a statement needs is
 *     for its effects to say
 */
public record Tool(
        String name,
        String description,
        String inputSchema,
        String outputSchema,
        Set<Scope> scopes,
        Work work) {

    /** Stands in events for a name that no tool has. */
    public static final Tool UNKNOWN =
            new Tool("unknown", "There is no such tool", "{}", "{}", Set.of(), new Work.Nothing());

    /** The argument that names the database. */
    public static final String DATABASE = "database";

    /** The argument that has a change rehearsed. */
    public static final String DRY_RUN = "dryRun";

    /** The argument that names the approval of a call that was held. */
    static final String APPROVAL = "approval";

    private static final String SQL = "sql";
    private static final String PARAMS = "params";

    public Tool {
        scopes = Set.copyOf(scopes);
    }

    /**
     * What the arguments are held against. A statement's values may be any JSON: the listed schema
     * calls them texts, since some models' interfaces take one type for each node.
     */
    String checkedSchema() {
        if (!(work instanceof CallersStatement)) {
            return inputSchema;
        }
        JsonNode schema = Json.mapper().readTree(inputSchema);
        if (schema.path("properties").get(PARAMS) instanceof ObjectNode params) {
            params.remove("items");
        }
        return schema.toString();
    }

    /** Whether somebody with these scopes has any use for the tool. */
    public boolean usefulWith(Set<Scope> some) {
        for (Scope scope : scopes) {
            if (some.contains(scope)) {
                return true;
            }
        }
        return false;
    }

    /** Whether a call of it may do more than read. */
    public boolean mayChange() {
        return switch (work) {
            case CallersStatement(var mayChange) -> mayChange;
            case OwnStatement(_, _, var mayChange) -> mayChange;
            case Work.Databases(), Work.Action(_), Work.Nothing() -> false;
        };
    }

    /** Whether a call of it runs a statement. */
    public boolean runsStatement() {
        return work instanceof CallersStatement || work instanceof OwnStatement;
    }

    /** The statement that a call with these arguments runs; null where it runs none. */
    public @Nullable String sql(ObjectNode arguments) {
        return switch (work) {
            case CallersStatement _ -> arguments.path(SQL).asString(null);
            case OwnStatement(var sql, _, _) -> sql;
            case Work.Databases(), Work.Action(_), Work.Nothing() -> null;
        };
    }

    /** How many values come with the statement. */
    public int parameters(ObjectNode arguments) {
        return switch (work) {
            case CallersStatement _ -> arguments.path(PARAMS).size();
            case OwnStatement(_, var parameters, _) -> parameters.size();
            case Work.Databases(), Work.Action(_), Work.Nothing() -> 0;
        };
    }

    /**
     * What a call of it with these arguments may do in a database where its statement is of that
     * class.
     */
    public Access access(StatementClass statementClass, ObjectNode arguments) {
        if (!mayChange() || statementClass == StatementClass.READ) {
            return Access.READ;
        }
        return isRehearsed(arguments) ? Access.REHEARSE : Access.WRITE;
    }

    /** Whether the call is made to learn what it would change. */
    public boolean isRehearsed(ObjectNode arguments) {
        return work instanceof CallersStatement && arguments.path(DRY_RUN).asBoolean(false);
    }

    /**
     * What an executor is told to do.
     *
     * @throws IllegalStateException if a call of the tool concerns no database
     */
    public Instruction instruction(ObjectNode arguments) {
        return switch (work) {
            case CallersStatement _ ->
                    new Instruction.Statement(
                            arguments.path(SQL).asString(""),
                            arguments.path(PARAMS).values().stream().toList());
            case OwnStatement(var sql, var parameters, _) ->
                    new Instruction.Statement(sql, values(parameters, arguments));
            case Work.Action(var action) -> Instruction.action(action, arguments);
            case Work.Databases(), Work.Nothing() ->
                    throw new IllegalStateException(name + " is not for an executor");
        };
    }

    private static List<JsonNode> values(List<String> parameters, ObjectNode arguments) {
        List<JsonNode> values = new ArrayList<>(parameters.size());
        for (String parameter : parameters) {
            JsonNode value = arguments.get(parameter);
            values.add(value == null ? arguments.nullNode() : value);
        }
        return values;
    }
}
