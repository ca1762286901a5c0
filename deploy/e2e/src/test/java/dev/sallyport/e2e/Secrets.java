package dev.sallyport.e2e;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;

import java.security.SecureRandom;
import java.util.Base64;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** Texts and numbers that occur nowhere else, each with what it stands for. */
final class Secrets {
    private static final int DIGITS = 15;
    private static final int BYTES = 9;
    private final SecureRandom random = new SecureRandom();
    private final Map<String, String> whatByMark = new LinkedHashMap<>();

    /** A text in lower case, since some places keep words so. */
    String text(String what) {
        byte[] bytes = new byte[BYTES];
        random.nextBytes(bytes);
        return mark(what, "zq" + HexFormat.of().formatHex(bytes));
    }

    /** A whole number that no counter reaches, and that a double holds. */
    String number(String what) {
        return mark(
                what,
                Long.toString(
                        random.nextLong(
                                (long) Math.pow(10, DIGITS - 1),
                                9L * (long) Math.pow(10, DIGITS - 1))));
    }

    /** Something that is made elsewhere, such as a token. */
    String mark(String what, String secret) {
        whatByMark.put(secret.toLowerCase(Locale.ROOT), what);
        return secret;
    }

    /** What stands in there, as it is, in hexadecimal or in base64. */
    List<String> foundIn(byte[] there) {
        // one character a byte: marks are ASCII, and whatever else is there stays where it is
        String text = new String(there, ISO_8859_1);
        String lower = text.toLowerCase(Locale.ROOT);
        return whatByMark.entrySet().stream()
                .filter(mark -> isIn(mark.getKey(), text, lower))
                .map(Map.Entry::getValue)
                .toList();
    }

    private static boolean isIn(String mark, String text, String lower) {
        if (lower.contains(mark)
                || lower.contains(HexFormat.of().formatHex(mark.getBytes(UTF_8)))) {
            return true;
        }
        for (int before = 0; before < 3; before++) {
            // the groups of four that hold nothing but bytes of the mark
            String encoded =
                    Base64.getEncoder().encodeToString(("x".repeat(before) + mark).getBytes(UTF_8));
            int whole = (before + mark.length()) / 3 * 4;
            if (text.contains(encoded.substring(before == 0 ? 0 : 4, whole))) {
                return true;
            }
        }
        return false;
    }
}
