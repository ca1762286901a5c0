package dev.sallyport.executor.engine;

import dev.sallyport.schema.event.StatementClass;

/** What becomes of a call's transaction. */
public sealed interface Ending {
    /** It may only read, and is rolled back. */
    record RollBack() implements Ending {}

    /** It may write, is entered in the ledger, and is committed. */
    record Commit() implements Ending {}

    /** How the transaction of such a call ends: one tool writes, every other one reads. */
    static Ending of(String tool, StatementClass statementClass) {
        return tool.equals("db_execute") && statementClass != StatementClass.READ
                ? new Commit()
                : new RollBack();
    }

    /** What the transaction may do before it ends. */
    default Access access() {
        return switch (this) {
            case RollBack _ -> Access.READ;
            case Commit _ -> Access.WRITE;
        };
    }
}
