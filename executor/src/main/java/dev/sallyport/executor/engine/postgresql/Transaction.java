package dev.sallyport.executor.engine.postgresql;

import dev.sallyport.schema.event.Attested;
import java.sql.SQLException;

/** How a caller's transaction ended. */
sealed interface Transaction<R> {
    /** It ran; a write is committed. */
    record Done<R>(R value, Attested attested) implements Transaction<R> {}

    /** The ledger has it: it ran and was committed. */
    record DoneBefore<R>(long rowsAffected) implements Transaction<R> {}

    /** Nothing was changed. */
    record Failed<R>(Stage stage, SQLException cause) implements Transaction<R> {}

    /** Its effect is not the approved one, or cannot be told. Nothing was changed. */
    record Changed<R>(Effect now) implements Transaction<R> {}

    /** It may have been committed, and the ledger cannot be asked, or does not know. */
    record Unknown<R>(SQLException cause) implements Transaction<R> {}

    /** How far it came. */
    enum Stage {
        CONNECT,
        ENTER,
        STATEMENT,
        COMMIT
    }
}
