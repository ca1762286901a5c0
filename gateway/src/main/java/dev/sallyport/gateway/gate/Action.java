package dev.sallyport.gateway.gate;

import dev.sallyport.schema.registry.Scope;
import java.util.Set;

/** What a tool does, as far as it matters to whether it may. */
public enum Action {
    /** Names the databases; concerns none of them. */
    LIST_DATABASES,
    LIST_TABLES,
    DESCRIBE_TABLE,
    /** Runs a statement that only reads. */
    QUERY,
    /** Runs any statement; which scopes it needs is for its class to say. */
    EXECUTE;

    boolean changes() {
        return this == EXECUTE;
    }

    /** Whether somebody with these scopes has any use for the action. */
    boolean usefulWith(Set<Scope> scopes) {
        return switch (this) {
            case LIST_DATABASES, LIST_TABLES, DESCRIBE_TABLE, QUERY -> scopes.contains(Scope.READ);
            case EXECUTE -> scopes.contains(Scope.WRITE) || scopes.contains(Scope.SQL);
        };
    }
}
