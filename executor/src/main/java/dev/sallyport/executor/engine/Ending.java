package dev.sallyport.executor.engine;

import dev.sallyport.schema.event.Access;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

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

    /**
     * It may write, is entered in the ledger, and is committed where its effect is the approved
     * one. Else it is rolled back, and the ledger has the call as one that never runs.
     *
     * @param effectDigest as a rehearsal told it
     * @param confirmation is asked before the first thing that cannot be taken back
     */
    record CommitIf(String effectDigest, Confirmation confirmation) implements Ending {}

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
     * @param effectDigest for one that commits one effect only
     * @param confirmation for one that writes
     */
    static Ending of(Access access, @Nullable String effectDigest, Confirmation confirmation) {
        return switch (access) {
            case READ -> new RollBack();
            case WRITE -> new Commit(confirmation);
            case REHEARSE -> new Rehearse();
            case COMMIT_IF -> {
                if (effectDigest == null) {
                    throw new IllegalArgumentException("commit_if needs the effect's digest");
                }
                yield new CommitIf(effectDigest, confirmation);
            }
        };
    }

    /** What the transaction may do before it ends. */
    default Access access() {
        return switch (this) {
            case RollBack _ -> Access.READ;
            case Commit _ -> Access.WRITE;
            case Rehearse _ -> Access.REHEARSE;
            case CommitIf _ -> Access.COMMIT_IF;
        };
    }
}
