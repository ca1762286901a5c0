package dev.sallyport.executor.engine.postgresql;

import org.jspecify.annotations.Nullable;

/** Some rows of a statement's answer, each value in the database's text form. */
public final class Batch {
    private final Wire.Reply reply;

    Batch(Wire.Reply reply) {
        this.reply = reply;
    }

    public int columns() {
        return reply.fields().length;
    }

    public String label(int column) {
        return reply.fields()[column].getColumnLabel();
    }

    /** The OID of the column's type. */
    public int type(int column) {
        return reply.fields()[column].getOID();
    }

    public int rows() {
        return reply.rows().size();
    }

    /** The value's text in UTF-8, or null for SQL's null. */
    public byte @Nullable [] value(int row, int column) {
        return reply.rows().get(row).get(column);
    }

    /** Whether the server holds more rows. */
    public boolean more() {
        return reply.cursor() != null;
    }

    Wire.Reply reply() {
        return reply;
    }
}
