package dev.sallyport.executor.engine.postgresql;

import dev.sallyport.executor.engine.postgresql.ColumnType.Form;

import org.jspecify.annotations.Nullable;
import org.postgresql.util.PGbytea;

import tools.jackson.core.JsonGenerator;

import java.nio.charset.StandardCharsets;
import java.sql.SQLException;
import java.util.Arrays;

/**
 * Writes values from the database's text form as JSON. A number is written as a JSON number only
 * where a reader that keeps numbers as doubles takes it exactly; otherwise it is a text. Timestamps
 * follow ISO 8601, bytea is base64, json stays as it is.
 */
final class ValueWriter {
    /** Any decimal of so many digits goes through a double and back unchanged. */
    private static final int DOUBLE_DIGITS = 15;

    private static final long DOUBLE_INTEGER_MAX = (1L << 53) - 1;
    private static final int LONG_DIGITS_SAFE = 18;
    private static final int DATE_LENGTH = "2026-11-22".length();

    private final JsonGenerator json;

    ValueWriter(JsonGenerator json) {
        this.json = json;
    }

    void write(byte @Nullable [] text, @Nullable ColumnType type) throws SQLException {
        if (text == null) {
            json.writeNull();
        } else if (type == null) {
            json.writeUTF8String(text, 0, text.length);
        } else {
            write(text, type.form(), type.element());
        }
    }

    /** The value has no fewer bytes as JSON. */
    static long leastBytes(byte[] text, @Nullable ColumnType type) {
        return switch (type == null ? Form.TEXT : type.form()) {
            case TEXT -> escapedBytes(text);
            case NUMBER, EXACT_NUMBER, FLOAT, JSON -> text.length;
            case BOOLEAN -> 1;
            // hexadecimal digits become base64, and those of an array lose escapes besides
            case BASE64, TIMESTAMP, ARRAY -> text.length / 2;
        };
    }

    private static long escapedBytes(byte[] text) {
        long bytes = 2;
        for (byte b : text) {
            bytes += b == '"' || b == '\\' ? 2 : b >= 0 && b < ' ' ? escapeBytes(b) : 1;
        }
        return bytes;
    }

    private static int escapeBytes(byte control) {
        return switch (control) {
            case '\b', '\t', '\n', '\f', '\r' -> 2;
            default -> 6;
        };
    }

    private void write(byte[] text, Form form, @Nullable ColumnType element) throws SQLException {
        switch (form) {
            case NUMBER -> json.writeNumber(ascii(text));
            case EXACT_NUMBER -> exact(text);
            case FLOAT -> {
                byte last = text[text.length - 1];
                if (last >= '0' && last <= '9') {
                    json.writeNumber(ascii(text));
                } else {
                    json.writeString(ascii(text));
                }
            }
            case BOOLEAN -> json.writeBoolean(text[0] == 't');
            case TEXT -> json.writeUTF8String(text, 0, text.length);
            case JSON -> json.writeRawValue(new String(text, StandardCharsets.UTF_8));
            case BASE64 -> json.writeBinary(PGbytea.toBytes(text));
            case TIMESTAMP -> timestamp(text);
            case ARRAY -> array(text, element);
        }
    }

    private void exact(byte[] text) {
        int digits = 0;
        boolean fraction = false;
        boolean leading = true;
        for (byte b : text) {
            if (b == '.') {
                fraction = true;
            } else if (b >= '0' && b <= '9') {
                leading &= b == '0';
                digits += leading ? 0 : 1;
            } else if (b != '-') {
                json.writeString(ascii(text)); // NaN or an infinity
                return;
            }
        }
        String number = ascii(text);
        boolean exact =
                digits <= DOUBLE_DIGITS
                        || (!fraction
                                && digits <= LONG_DIGITS_SAFE
                                && Math.abs(Long.parseLong(number)) <= DOUBLE_INTEGER_MAX);
        if (exact) {
            json.writeNumber(number);
        } else {
            json.writeString(number);
        }
    }

    /** {@code 2026-11-22 04:37:40.5+00} as {@code 2026-11-22T04:37:40.5Z}. */
    private void timestamp(byte[] text) {
        if (text.length <= DATE_LENGTH || text[DATE_LENGTH] != ' ') {
            json.writeString(ascii(text)); // infinity, or a year of five digits
            return;
        }
        text[DATE_LENGTH] = 'T';
        String iso = ascii(text);
        if (iso.endsWith("+00")) {
            json.writeString(iso.substring(0, iso.length() - 3) + "Z");
        } else if (iso.length() > 3 && "+-".indexOf(iso.charAt(iso.length() - 3)) >= 0) {
            json.writeString(iso + ":00");
        } else {
            json.writeString(iso);
        }
    }

    /** Arrays as PostgreSQL writes them: {@code {1,NULL,"a b"}}, nested for more dimensions. */
    private void array(byte[] text, @Nullable ColumnType element) throws SQLException {
        int at = 0;
        while (at < text.length && text[at] != '{') {
            at++; // bounds, such as [2:3]=
        }
        while (at < text.length) {
            switch (text[at]) {
                case '{' -> {
                    json.writeStartArray();
                    at++;
                }
                case '}' -> {
                    json.writeEndArray();
                    at++;
                }
                case ',' -> at++;
                case '"' -> at = quotedElement(text, at, element);
                default -> at = plainElement(text, at, element);
            }
        }
    }

    private int quotedElement(byte[] text, int from, @Nullable ColumnType element)
            throws SQLException {
        byte[] value = new byte[text.length - from];
        int length = 0;
        int at = from + 1;
        while (text[at] != '"') {
            if (text[at] == '\\') {
                at++;
            }
            value[length++] = text[at++];
        }
        write(Arrays.copyOf(value, length), element);
        return at + 1;
    }

    private int plainElement(byte[] text, int from, @Nullable ColumnType element)
            throws SQLException {
        int to = from;
        while (to < text.length && text[to] != ',' && text[to] != '}') {
            to++;
        }
        byte[] value = Arrays.copyOfRange(text, from, to);
        boolean isNull = value.length == 4 && "NULL".equals(ascii(value));
        write(isNull ? null : value, element);
        return to;
    }

    private static String ascii(byte[] text) {
        return new String(text, StandardCharsets.ISO_8859_1);
    }
}
