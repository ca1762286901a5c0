package dev.sallyport.executor.engine.postgresql;

import dev.sallyport.executor.result.CardNumbers;
import java.nio.charset.StandardCharsets;
import java.sql.SQLException;
import java.util.Arrays;
import java.util.Objects;
import org.postgresql.util.PGbytea;
import tools.jackson.core.JsonGenerator;

/**
 * Writes values from the database's text form as JSON. A number is written as a JSON number only
 * where a reader that keeps numbers as doubles takes it exactly; otherwise it is a text. Timestamps
 * follow ISO 8601, bytea is base64, json stays as it is; an interval is as the database prints it,
 * under its own IntervalStyle. Of card numbers the last four digits stay ({@link CardNumbers}); a
 * number that is cut is a text.
 */
final class ValueWriter {

    private static final String BEFORE_CHRIST = " BC";
    private static final int DATE_LENGTH = "2026-11-22".length();

    private ValueWriter() {}

    /**
     * Writes one value.
     *
     * @param bytes has the value's text in UTF-8 from {@code from} up to {@code to}
     */
    static void write(
            JsonGenerator json,
            byte[] bytes,
            int from,
            int to,
            ColumnType type,
            CardNumbers cards,
            Pace pace)
            throws SQLException {
        pace.on(to - from);
        switch (type.form()) {
            case NUMBER -> json.writeNumber(ascii(bytes, from, to));
            case FLOAT -> {
                String number = ascii(bytes, from, to);
                byte last = bytes[to - 1];
                boolean isNumber = last >= '0' && last <= '9';
                String cut = isNumber ? cards.inNumber(number) : number;
                if (isNumber && cut.equals(number)) {
                    json.writeNumber(number);
                } else {
                    json.writeString(cut);
                }
            }
            case BOOLEAN -> json.writeBoolean(bytes[from] == 't');
            case TEXT -> text(json, bytes, from, to, cards);
            case JSON -> {
                if (InteroperableJson.is(bytes, from, to)) {
                    String text = new String(bytes, from, to - from, StandardCharsets.UTF_8);
                    json.writeRawValue(InteroperableJson.cut(text, cards));
                } else {
                    text(json, bytes, from, to, cards);
                }
            }
            case BASE64 -> json.writeBinary(PGbytea.toBytes(Arrays.copyOfRange(bytes, from, to)));
            case TIMESTAMP -> timestamp(json, ascii(bytes, from, to));
            case ARRAY ->
                    array(
                            json,
                            bytes,
                            from,
                            to,
                            Objects.requireNonNull(type.element()),
                            cards,
                            pace);
        }
    }

    private static void text(
            JsonGenerator json, byte[] bytes, int from, int to, CardNumbers cards) {
        byte[] cut = cards.in(bytes, from, to);
        if (cut == null) {
            text(json, bytes, from, to);
        } else {
            json.writeUTF8String(cut, 0, cut.length);
        }
    }

    /** What is no UTF-8, as "char" of a server before 16 may be, becomes U+FFFD. */
    private static void text(JsonGenerator json, byte[] bytes, int from, int to) {
        int at = from;
        while (at < to && bytes[at] >= 0) {
            at++;
        }
        if (at == to) {
            json.writeUTF8String(bytes, from, to - from);
        } else {
            json.writeString(new String(bytes, from, to - from, StandardCharsets.UTF_8));
        }
    }

    /** {@code 2026-11-22 04:37:40.5+00} as {@code 2026-11-22T04:37:40.5Z}. */
    private static void timestamp(JsonGenerator json, String text) {
        if (text.length() <= DATE_LENGTH
                || text.charAt(DATE_LENGTH) != ' '
                || text.endsWith(BEFORE_CHRIST)) {
            json.writeString(text); // infinity, or a year outside of 1 to 9999
            return;
        }
        String iso = text.substring(0, DATE_LENGTH) + "T" + text.substring(DATE_LENGTH + 1);
        if (iso.endsWith("+00")) {
            json.writeString(iso.substring(0, iso.length() - 3) + "Z");
        } else if ("+-".indexOf(iso.charAt(iso.length() - 3)) >= 0) {
            json.writeString(iso + ":00");
        } else {
            json.writeString(iso);
        }
    }

    /** Arrays as PostgreSQL writes them: {@code {1,NULL,"a b"}}, nested for more dimensions. */
    private static void array(
            JsonGenerator json,
            byte[] bytes,
            int from,
            int to,
            ColumnType element,
            CardNumbers cards,
            Pace pace)
            throws SQLException {
        byte delimiter = (byte) element.delimiter();
        int at = from;
        while (at < to && bytes[at] != '{') {
            at++; // bounds, such as [2:3]=
        }
        byte[] unquoted = new byte[0];
        while (at < to) {
            switch (bytes[at]) {
                case '{' -> {
                    json.writeStartArray();
                    at++;
                }
                case '}' -> {
                    json.writeEndArray();
                    at++;
                }
                case '"' -> {
                    int end = endOfQuoted(bytes, at);
                    if (unquoted.length < end - at) {
                        unquoted = new byte[Math.max(end - at, 2 * unquoted.length)];
                    }
                    int length = unquote(bytes, at + 1, end, unquoted);
                    write(json, unquoted, 0, length, element, cards, pace);
                    at = end + 1;
                }
                default -> {
                    if (bytes[at] == delimiter) {
                        at++;
                        continue;
                    }
                    int end = at;
                    while (end < to && bytes[end] != delimiter && bytes[end] != '}') {
                        end++;
                    }
                    if (end - at == 4 && "NULL".equals(ascii(bytes, at, end))) {
                        json.writeNull();
                    } else {
                        write(json, bytes, at, end, element, cards, pace);
                    }
                    at = end;
                }
            }
        }
    }

    private static int endOfQuoted(byte[] bytes, int quote) {
        int at = quote + 1;
        while (bytes[at] != '"') {
            at += bytes[at] == '\\' ? 2 : 1;
        }
        return at;
    }

    private static int unquote(byte[] bytes, int from, int to, byte[] target) {
        int length = 0;
        for (int at = from; at < to; at++) {
            if (bytes[at] == '\\') {
                at++;
            }
            target[length++] = bytes[at];
        }
        return length;
    }

    private static String ascii(byte[] bytes, int from, int to) {
        return new String(bytes, from, to - from, StandardCharsets.ISO_8859_1);
    }
}
