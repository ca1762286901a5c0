package dev.sallyport.executor.engine.postgresql;

import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.postgresql.core.Oid;

/**
 * A type that every PostgreSQL database has: its name for callers and how its values become JSON.
 *
 * @param element of an array; null for other types
 */
record ColumnType(String name, Form form, @Nullable ColumnType element) {
    /** How a value becomes JSON. */
    enum Form {
        /** A number that any reader takes exactly. */
        NUMBER,
        /** A number, or a text where it is none: NaN and the infinities. */
        FLOAT,
        BOOLEAN,
        TEXT,
        JSON,
        BASE64,
        TIMESTAMP,
        ARRAY
    }

    private static final Map<Integer, ColumnType> KNOWN = new HashMap<>();

    static {
        put("boolean", Form.BOOLEAN, Oid.BOOL, Oid.BOOL_ARRAY);
        put("smallint", Form.NUMBER, Oid.INT2, Oid.INT2_ARRAY);
        put("integer", Form.NUMBER, Oid.INT4, Oid.INT4_ARRAY);
        put("bigint", Form.TEXT, Oid.INT8, Oid.INT8_ARRAY);
        put("oid", Form.NUMBER, Oid.OID, Oid.OID_ARRAY);
        put("real", Form.FLOAT, Oid.FLOAT4, Oid.FLOAT4_ARRAY);
        put("double precision", Form.FLOAT, Oid.FLOAT8, Oid.FLOAT8_ARRAY);
        put("numeric", Form.TEXT, Oid.NUMERIC, Oid.NUMERIC_ARRAY);
        put("text", Form.TEXT, Oid.TEXT, Oid.TEXT_ARRAY);
        put("character varying", Form.TEXT, Oid.VARCHAR, Oid.VARCHAR_ARRAY);
        put("character", Form.TEXT, Oid.BPCHAR, Oid.BPCHAR_ARRAY);
        put("name", Form.TEXT, Oid.NAME, Oid.NAME_ARRAY);
        put("uuid", Form.TEXT, Oid.UUID, Oid.UUID_ARRAY);
        put("date", Form.TEXT, Oid.DATE, Oid.DATE_ARRAY);
        put("time", Form.TEXT, Oid.TIME, Oid.TIME_ARRAY);
        put("time with time zone", Form.TEXT, Oid.TIMETZ, Oid.TIMETZ_ARRAY);
        put("timestamp", Form.TIMESTAMP, Oid.TIMESTAMP, Oid.TIMESTAMP_ARRAY);
        put("timestamp with time zone", Form.TIMESTAMP, Oid.TIMESTAMPTZ, Oid.TIMESTAMPTZ_ARRAY);
        put("interval", Form.TEXT, Oid.INTERVAL, Oid.INTERVAL_ARRAY);
        put("bytea", Form.BASE64, Oid.BYTEA, Oid.BYTEA_ARRAY);
        put("json", Form.JSON, Oid.JSON, Oid.JSON_ARRAY);
        put("jsonb", Form.JSON, Oid.JSONB, Oid.JSONB_ARRAY);
        put("xml", Form.TEXT, Oid.XML, Oid.XML_ARRAY);
        put("money", Form.TEXT, Oid.MONEY, Oid.MONEY_ARRAY);
    }

    private static void put(String name, Form form, int oid, int arrayOid) {
        ColumnType type = new ColumnType(name, form, null);
        KNOWN.put(oid, type);
        KNOWN.put(arrayOid, new ColumnType(name + "[]", Form.ARRAY, type));
    }

    /** The type of that OID, or null where only the database knows it. */
    static @Nullable ColumnType of(int oid) {
        return KNOWN.get(oid);
    }
}
