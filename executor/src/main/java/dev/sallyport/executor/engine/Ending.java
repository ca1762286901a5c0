package dev.sallyport.executor.engine;

import dev.sallyport.schema.event.Access;

/** What becomes of a call's transaction. */
public sealed interface Ending {
    /** It may only read, and is rolled back. */
    record RollBack() implements Ending {}

    /** It may write, is entered in the ledger, and is committed. */
    record Commit() implements Ending {}

    /** How a transaction ends that may do so much. */
    static Ending of(Access access) {
        return switch (access) {
            case READ -> new RollBack();
            case WRITE -> new Commit();
        };
    }

    /** What the transaction may do before it ends. */
    default Access access() {
        return switch (this) {
            case RollBack _ -> Access.READ;
            case Commit _ -> Access.WRITE;
        };
    }
}
