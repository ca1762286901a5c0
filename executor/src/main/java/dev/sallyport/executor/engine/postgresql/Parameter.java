package dev.sallyport.executor.engine.postgresql;

import org.jspecify.annotations.Nullable;
import org.postgresql.core.Oid;

/**
 * A value that a statement's placeholder stands for; it never becomes part of the statement's text.
 *
 * @param text the value in the database's text form; null is SQL's null
 * @param type the type's OID; 0 lets the database tell by the place
 */
record Parameter(@Nullable String text, int type) {
    static Parameter untyped(@Nullable String text) {
        return new Parameter(text, Oid.UNSPECIFIED);
    }

    @Override
    public String toString() {
        return "Parameter[***, type=" + type + "]"; // a value is not for logs
    }
}
