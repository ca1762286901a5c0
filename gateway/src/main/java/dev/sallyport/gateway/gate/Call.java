package dev.sallyport.gateway.gate;

import dev.sallyport.gateway.statement.Statement;
import dev.sallyport.schema.id.DatabaseName;
import org.jspecify.annotations.Nullable;

/**
 * A call whose arguments have their right form.
 *
 * @param database absent for an action that concerns none
 * @param statement what the SQL text is; absent for an action that takes none
 * @param parameters how many values came with the statement
 * @param rowsWanted how many rows the caller asks for; 0 where it does not say
 * @param readOnly whether the request itself asks that nothing be changed
 */
public record Call(
        Action action,
        @Nullable DatabaseName database,
        @Nullable Statement statement,
        int parameters,
        int rowsWanted,
        boolean readOnly) {}
