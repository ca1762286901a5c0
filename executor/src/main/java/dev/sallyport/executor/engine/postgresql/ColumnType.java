package dev.sallyport.executor.engine.postgresql;

import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.postgresql.core.Oid;

/**
 * A type: its name for callers and how its values become JSON. Those that every PostgreSQL database
 * has are known here; of others the database is asked, see {@link ColumnTypes}.
 *
 * @param element of an array; null for other types
 * @param delimiter between values of this type in an array
 */
record ColumnType(String name, Form form, @Nullable ColumnType element, char delimiter) {
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

    /** A type of which the database tells nothing. */
    static final ColumnType UNKNOWN = text("unknown", ',');

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
        // from pg_type; the driver names few of them
        put("\"char\"", Form.TEXT, 18, 1002);
        put("inet", Form.TEXT, 869, 1041);
        put("cidr", Form.TEXT, 650, 651);
        put("macaddr", Form.TEXT, 829, 1040);
        put("macaddr8", Form.TEXT, 774, 775);
        put("bit", Form.TEXT, 1560, 1561);
        put("bit varying", Form.TEXT, 1562, 1563);
        put("point", Form.TEXT, 600, 1017);
        put("line", Form.TEXT, 628, 629);
        put("lseg", Form.TEXT, 601, 1018);
        put("path", Form.TEXT, 602, 1019);
        put("polygon", Form.TEXT, 604, 1027);
        put("circle", Form.TEXT, 718, 719);
        put(new ColumnType("box", Form.TEXT, null, ';'), 603, 1020);
        put("int4range", Form.TEXT, 3904, 3905);
        put("numrange", Form.TEXT, 3906, 3907);
        put("tsrange", Form.TEXT, 3908, 3909);
        put("tstzrange", Form.TEXT, 3910, 3911);
        put("daterange", Form.TEXT, 3912, 3913);
        put("int8range", Form.TEXT, 3926, 3927);
        put("int4multirange", Form.TEXT, 4451, 6150);
        put("nummultirange", Form.TEXT, 4532, 6151);
        put("tsmultirange", Form.TEXT, 4533, 6152);
        put("tstzmultirange", Form.TEXT, 4534, 6153);
        put("datemultirange", Form.TEXT, 4535, 6155);
        put("int8multirange", Form.TEXT, 4536, 6157);
        put("regproc", Form.TEXT, 24, 1008);
        put("regprocedure", Form.TEXT, 2202, 2207);
        put("regoper", Form.TEXT, 2203, 2208);
        put("regoperator", Form.TEXT, 2204, 2209);
        put("regclass", Form.TEXT, 2205, 2210);
        put("regtype", Form.TEXT, 2206, 2211);
        put("regnamespace", Form.TEXT, 4089, 4090);
        put("regrole", Form.TEXT, 4096, 4097);
        put("regconfig", Form.TEXT, 3734, 3735);
        put("regdictionary", Form.TEXT, 3769, 3770);
        put("tsvector", Form.TEXT, 3614, 3643);
        put("tsquery", Form.TEXT, 3615, 3645);
        put("jsonpath", Form.TEXT, 4072, 4073);
        put("pg_lsn", Form.TEXT, 3220, 3221);
        put("pg_snapshot", Form.TEXT, 5038, 5039);
        put("xid", Form.TEXT, 28, 1011);
        put("xid8", Form.TEXT, 5069, 271);
        put("cid", Form.TEXT, 29, 1012);
        put("tid", Form.TEXT, 27, 1010);
    }

    private static void put(String name, Form form, int oid, int arrayOid) {
        put(new ColumnType(name, form, null, ','), oid, arrayOid);
    }

    private static void put(ColumnType type, int oid, int arrayOid) {
        KNOWN.put(oid, type);
        KNOWN.put(arrayOid, arrayOf(type, type.name() + "[]"));
    }

    /** A type whose values come out as the database's text. */
    static ColumnType text(String name, char delimiter) {
        return new ColumnType(name, Form.TEXT, null, delimiter);
    }

    static ColumnType arrayOf(ColumnType element, String name) {
        return new ColumnType(name, Form.ARRAY, element, element.delimiter());
    }

    /** The same under another name, as a domain is. */
    ColumnType named(String other) {
        return new ColumnType(other, form, element, delimiter);
    }

    /**
     * Whether it separates values in a text that can be read; a type of a database may have any.
     */
    static boolean mayDelimit(char delimiter) {
        return delimiter == ',' || delimiter == ';';
    }

    /** The type of that OID, or null where only the database knows it. */
    static @Nullable ColumnType of(int oid) {
        return KNOWN.get(oid);
    }
}
