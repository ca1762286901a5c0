package dev.sallyport.schema.id;

/** The one form of a name: safe in a topic name, a URL path, a file name and a registry key. */
final class Names {
    private static final int CHARS_MAX = 63;

    private Names() {}

    static void require(String what, String value) {
        if (!wellFormed(value)) {
            throw new IllegalArgumentException(
                    what
                            + " must be 1 to 63 of a-z, 0-9, - and _, starting and ending with a letter or digit: "
                            + (value.length() > 80 ? value.substring(0, 80) + "..." : value));
        }
    }

    private static boolean wellFormed(String value) {
        int length = value.length();
        if (length == 0
                || length > CHARS_MAX
                || !letterOrDigit(value.charAt(0))
                || !letterOrDigit(value.charAt(length - 1))) {
            return false;
        }
        for (int i = 1; i < length - 1; i++) {
            char c = value.charAt(i);
            if (!letterOrDigit(c) && c != '-' && c != '_') {
                return false;
            }
        }
        return true;
    }

    private static boolean letterOrDigit(char c) {
        return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
    }
}
