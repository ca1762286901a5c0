package dev.sallyport.executor.engine.postgresql;

import org.jspecify.annotations.Nullable;
import org.postgresql.core.Oid;

/**
 * A value that a statement's placeholder stands for; it never becomes part of the statement's text.
 *
 * @param text the value in the database's text form; null is SQL's null
 * @param type the type's OID; 0 lets the database tell by the place
 */
public record Parameter(@Nullable String text, int type) {
    public static Parameter untyped(@Nullable String text) {
        return new Parameter(text, Oid.UNSPECIFIED);
    }

    static Parameter text(String text) {
        return new Parameter(text, Oid.TEXT);
    }

    static Parameter of(int value) {
        return new Parameter(Integer.toString(value), Oid.INT4);
    }

    static Parameter of(long value) {
        return new Parameter(Long.toString(value), Oid.INT8);
    }

    static Parameter uuid(Object value) {
        return new Parameter(value.toString(), Oid.UUID);
    }

    static Parameter bytes(byte[] value) {
        return new Parameter("\\x" + java.util.HexFormat.of().formatHex(value), Oid.BYTEA);
    }

    @Override
    public String toString() {
        return "Parameter[***, type=" + type + "]"; // a value is not for logs
    }
}
