package dev.sallyport.executor.engine.postgresql;

import dev.sallyport.executor.engine.Cancellation;
import dev.sallyport.schema.event.Attested;

import org.postgresql.core.ResultCursor;

import java.sql.SQLException;
import java.util.List;

/** A connection within one caller's transaction; of no use after it. */
public final class SealedConnection {
    private final Wire wire;
    private final Cancellation cancellation;
    private final Attested attested;
    private long rowsAffected;

    SealedConnection(Wire wire, Cancellation cancellation, Attested attested) {
        this.wire = wire;
        this.cancellation = cancellation;
        this.attested = attested;
    }

    /** The context as the database reported it when the transaction began. */
    public Attested attested() {
        return attested;
    }

    /**
     * Runs one statement.
     *
     * @param rowsAtOnce how many rows to take before {@link #next} is asked
     */
    public Batch run(String sql, List<Parameter> parameters, int rowsAtOnce) throws SQLException {
        cancellation.check();
        return counted(wire.run(sql, parameters, rowsAtOnce));
    }

    /** The number of rows comes with the last of them. */
    private Batch counted(Wire.Reply reply) {
        rowsAffected +=
                switch (reply.status()) {
                    case "INSERT", "UPDATE", "DELETE", "MERGE" -> Math.max(0, reply.changed());
                    default -> 0;
                };
        return new Batch(reply);
    }

    /** The rows after those of the batch. */
    public Batch next(Batch batch, int rowsAtOnce) throws SQLException {
        ResultCursor cursor = batch.reply().cursor();
        if (cursor == null) {
            throw new IllegalStateException("the batch was the last");
        }
        cancellation.check();
        return counted(wire.fetch(cursor, rowsAtOnce));
    }

    /** The name of a type that only this database knows. */
    public String typeName(int oid) throws SQLException {
        return wire.typeName(oid);
    }

    /** Rows that statements of this transaction added, changed or removed. */
    public long rowsAffected() {
        return rowsAffected;
    }
}
