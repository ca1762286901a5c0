package dev.sallyport.schema.seal;

/** How a data key's id and base64url are spelled. */
final class DataKeyForm {
    private static final int ID_CHARS_MAX = 63;

    private DataKeyForm() {}

    /** Whether these characters are a data key's id: 1 to 63 of a-z, 0-9, - and _. */
    static boolean id(String text, int from, int to) {
        if (to - from < 1 || to - from > ID_CHARS_MAX) {
            return false;
        }
        for (int i = from; i < to; i++) {
            char c = text.charAt(i);
            boolean letterOrDigit = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
            if (!letterOrDigit && (i == from || (c != '-' && c != '_'))) {
                return false;
            }
        }
        return true;
    }

    /** Whether these characters are of the alphabet of base64url (RFC 4648 section 5). */
    static boolean base64url(String text, int from, int to) {
        for (int i = from; i < to; i++) {
            char c = text.charAt(i);
            if (!((c >= 'a' && c <= 'z')
                    || (c >= 'A' && c <= 'Z')
                    || (c >= '0' && c <= '9')
                    || c == '-'
                    || c == '_')) {
                return false;
            }
        }
        return to > from;
    }
}
