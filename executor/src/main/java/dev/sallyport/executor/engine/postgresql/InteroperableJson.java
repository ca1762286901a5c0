package dev.sallyport.executor.engine.postgresql;

import dev.sallyport.executor.result.CardNumbers;
import java.io.StringWriter;
import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.util.regex.Pattern;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonGenerator;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.ObjectReadContext;
import tools.jackson.core.ObjectWriteContext;
import tools.jackson.core.StreamReadConstraints;
import tools.jackson.core.StreamReadFeature;
import tools.jackson.core.TokenStreamFactory;
import tools.jackson.core.json.JsonFactory;

/**
 * Whether a value of type json or jsonb is a JSON text that all readers understand alike (I-JSON,
 * RFC 7493). A database holds others: numbers that no double holds, names that stand twice, half a
 * surrogate pair, a thousand levels.
 */
final class InteroperableJson {
    /** Readers that recurse have few levels more. */
    private static final int DEPTH_MAX = 100;

    private static final BigDecimal INTEGER_MAX = BigDecimal.valueOf((1L << 53) - 1);

    private static final Pattern EXPONENT_TOO_LONG = Pattern.compile("[eE][+-]?[0-9]{6}");

    /** Escapes, which may be of digits and of what parts them, and exponents. */
    private static final Pattern HIDES_DIGITS = Pattern.compile("\\\\|[0-9][eE][+-]?[0-9]");

    private static final JsonFactory STRICT =
            JsonFactory.builder()
                    .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
                    // names would be kept for later documents: 6,000 of them, of any length
                    .disable(TokenStreamFactory.Feature.CANONICALIZE_PROPERTY_NAMES)
                    .streamReadConstraints(
                            StreamReadConstraints.builder().maxNestingDepth(DEPTH_MAX).build())
                    .build();

    private InteroperableJson() {}

    static boolean is(byte[] bytes, int from, int to) {
        try (JsonParser parser =
                STRICT.createParser(ObjectReadContext.empty(), bytes, from, to - from)) {
            JsonToken token = parser.nextToken();
            while (token != null) {
                boolean alike =
                        switch (token) {
                            case VALUE_NUMBER_INT, VALUE_NUMBER_FLOAT ->
                                    isExact(parser.getString());
                            case VALUE_STRING, PROPERTY_NAME -> isText(parser.getString());
                            default -> true;
                        };
                if (!alike) {
                    return false;
                }
                token = parser.nextToken();
            }
            return true;
        } catch (JacksonException e) {
            return false;
        }
    }

    /**
     * The text of an interoperable value with the card numbers in its texts, names and numbers cut;
     * what is cut of a number is a text.
     */
    static String cut(String text, CardNumbers cards) {
        int before = cards.found();
        if (cards.in(text).equals(text) && !HIDES_DIGITS.matcher(text).find()) {
            return text;
        }
        cards.keep(before);
        StringWriter copy = new StringWriter(text.length());
        try (JsonParser parser = STRICT.createParser(ObjectReadContext.empty(), text);
                JsonGenerator json = STRICT.createGenerator(ObjectWriteContext.empty(), copy)) {
            JsonToken token = parser.nextToken();
            while (token != null) {
                copy(parser, token, json, cards);
                token = parser.nextToken();
            }
        }
        return cards.found() == before ? text : copy.toString();
    }

    private static void copy(
            JsonParser parser, JsonToken token, JsonGenerator json, CardNumbers cards) {
        switch (token) {
            case PROPERTY_NAME -> json.writeName(cards.in(parser.getString()));
            case VALUE_STRING -> json.writeString(cards.in(parser.getString()));
            case VALUE_NUMBER_INT, VALUE_NUMBER_FLOAT -> {
                String number = parser.getString();
                String cut = cards.inNumber(number);
                if (cut.equals(number)) {
                    json.writeNumber(number);
                } else {
                    json.writeString(cut);
                }
            }
            default -> json.copyCurrentEvent(parser);
        }
    }

    /** Whether a double tells the number apart from its neighbours, as most readers keep it. */
    private static boolean isExact(String number) {
        double nearest = Double.parseDouble(number);
        if (!Double.isFinite(nearest)) {
            return false;
        }
        if (EXPONENT_TOO_LONG.matcher(number).find()) {
            return false; // 1e-99999999999, which a double takes for zero
        }
        BigDecimal exact = new BigDecimal(number);
        boolean integer = number.chars().allMatch(c -> c == '-' || (c >= '0' && c <= '9'));
        return integer
                ? exact.abs().compareTo(INTEGER_MAX) <= 0
                : exact.compareTo(new BigDecimal(Double.toString(nearest))) == 0;
    }

    private static boolean isText(String text) {
        return StandardCharsets.UTF_8.newEncoder().canEncode(text);
    }
}
