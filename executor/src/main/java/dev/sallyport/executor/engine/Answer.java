package dev.sallyport.executor.engine;

import dev.sallyport.schema.event.Attested;
import dev.sallyport.schema.event.Ended;
import org.jspecify.annotations.Nullable;

/** What became of a call. */
public sealed interface Answer {
    /** The code of a write that was committed without its effect in the ledger. */
    String UNSETTLED = "write_unsettled";

    /** The code of a write whose effect was not the approved one. */
    String EFFECT_CHANGED = "effect_changed";

    /**
     * The database did it.
     *
     * @param result the result as JSON, made once and passed on as it is
     * @param rows rows in the result
     * @param rowsAffected rows that a write added, changed or removed
     * @param truncated whether the database had more rows than the limits allow
     * @param cardNumbersCut card numbers of which only the last four digits are in the result
     * @param repeated whether the ledger answered for a call that was delivered before
     * @param attested the context that the database reported; absent where the ledger answered
     */
    @SuppressWarnings("ArrayRecordComponent") // the bytes are handed on and never compared
    record Succeeded(
            byte[] result,
            long rows,
            long rowsAffected,
            boolean truncated,
            int cardNumbersCut,
            boolean repeated,
            @Nullable Attested attested)
            implements Answer {}

    /**
     * It did not succeed.
     *
     * @param ended any but {@link Ended#SUCCEEDED}
     * @param code stable, in lower snake case
     * @param message for the caller: what would be right; it holds no value of any row
     * @param sqlState the database's, where it gave one
     */
    record Stopped(Ended ended, String code, String message, @Nullable String sqlState)
            implements Answer {
        public Stopped {
            if (ended == Ended.SUCCEEDED) {
                throw new IllegalArgumentException("a call that succeeded was not stopped");
            }
        }

        /** Whether nobody could tell what became of it, and somebody may be able to later. */
        public boolean mayBeTold() {
            return ended == Ended.UNKNOWN && !code.equals(UNSETTLED);
        }
    }

    /** Of a write that was delivered before: it did not run and never will. */
    static Stopped notRun() {
        return failed(
                "not_run",
                "the write was under way when its executor changed; it did not run and never will:"
                        + " send it again");
    }

    /** Of a write that was delivered before: it may have run, and nobody can tell. */
    static Stopped untold() {
        return new Stopped(
                Ended.UNKNOWN,
                "outcome_unknown",
                "the write may have run, and whether it did cannot be told: read before you write"
                        + " again",
                null);
    }

    /** Of a write whose effect was compared when it was delivered before. */
    static Stopped effectChanged() {
        return failed(
                EFFECT_CHANGED,
                "the effect was no longer the approved one when the call ran; nothing was changed,"
                        + " and the call never will run");
    }

    /** Of a write whose commit was interrupted: the ledger does not have it. */
    static Stopped notCommitted() {
        return failed(
                "connection_lost",
                "the connection broke while the write was committed; it was not committed and"
                        + " never will be: send it again");
    }

    /** Of a write that ended its own transaction: what it did is not known, now or later. */
    static Stopped unsettled() {
        return new Stopped(
                Ended.UNKNOWN,
                UNSETTLED,
                "the write ended its transaction by itself, and what it did cannot be told: read"
                        + " before you write again",
                null);
    }

    /** Of a call that was stopped because nobody waits for its answer. */
    static Stopped withdrawn() {
        return new Stopped(
                Ended.CANCELLED,
                "call_withdrawn",
                "the caller did not wait for the answer, so the call was stopped; nothing was changed",
                null);
    }

    static Stopped failed(String code, String message) {
        return new Stopped(Ended.FAILED, code, message, null);
    }
}
