package dev.sallyport.executor.engine;

import dev.sallyport.schema.event.Access;
import java.time.Duration;

/** What becomes of a call's transaction. */
public sealed interface Ending {
    /** It may only read, and is rolled back. */
    record RollBack() implements Ending {}

    /**
     * It may write, is entered in the ledger, and is committed.
     *
     * @param confirmation is asked before the first thing that cannot be taken back
     */
    record Commit(Confirmation confirmation) implements Ending {}

    /** It may write, what it changed is told, and it is rolled back. The ledger does not see it. */
    record Rehearse() implements Ending {}

    /** Whether the call is this executor's to do. */
    @FunctionalInterface
    interface Confirmation {
        /** Where no other executor could be given the call. */
        Confirmation GIVEN = _ -> true;

        /**
         * Waits for as long until it is known.
         *
         * @return false where the call is another executor's, or nobody knows yet: what was done is
         *     to be taken back
         */
        boolean within(Duration time) throws InterruptedException;
    }

    /**
     * How a transaction ends that may do so much.
     *
     * @param confirmation for one that writes
     */
    static Ending of(Access access, Confirmation confirmation) {
        return switch (access) {
            case READ -> new RollBack();
            case WRITE -> new Commit(confirmation);
            case REHEARSE -> new Rehearse();
            case COMMIT_IF -> throw new IllegalArgumentException("not run yet: " + access);
        };
    }

    /** What the transaction may do before it ends. */
    default Access access() {
        return switch (this) {
            case RollBack _ -> Access.READ;
            case Commit _ -> Access.WRITE;
            case Rehearse _ -> Access.REHEARSE;
        };
    }
}
