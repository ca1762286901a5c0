package dev.sallyport.gateway.tool;

import java.util.List;

/** What a tool does: an action, or a statement with its parameters. */
public sealed interface Work {
    /** Names the databases. It concerns none of them and is answered from the registry. */
    record Databases() implements Work {}

    /**
     * Something that the database's engine knows under this name; it only reads.
     *
     * @param name as {@link dev.sallyport.schema.event.Instruction#action} takes it
     */
    record Action(String name) implements Work {}

    /**
     * Runs the statement that stands in argument {@code sql} with the values in {@code params}.
     *
     * @param mayChange whether the statement may do more than read
     */
    record CallersStatement(boolean mayChange) implements Work {}

    /**
     * Runs a statement of the tool's own.
     *
     * @param parameters the arguments that are the values for {@code $1}, {@code $2}, ...
     * @param mayChange whether the statement may do more than read
     */
    record OwnStatement(String sql, List<String> parameters, boolean mayChange) implements Work {
        public OwnStatement {
            parameters = List.copyOf(parameters);
        }
    }

    /** Nothing: what a name stands for that no tool has. */
    record Nothing() implements Work {}
}
