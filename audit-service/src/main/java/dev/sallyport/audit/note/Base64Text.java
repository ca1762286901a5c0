package dev.sallyport.audit.note;

import java.util.Base64;

/**
 * Base64 that has one spelling for every value, so that no character of a signed text can be
 * changed unnoticed.
 */
public final class Base64Text {
    private Base64Text() {}

    /** The bytes in standard base64 with padding. */
    public static String write(byte[] bytes) {
        return Base64.getEncoder().encodeToString(bytes);
    }

    /**
     * The bytes that the text spells; another spelling of the same bytes is refused like text that
     * is no base64 at all.
     */
    public static byte[] read(String text) {
        byte[] bytes = Base64.getDecoder().decode(text);
        // the message never quotes the text, which may be a key; Java's decoder ignores the unused
        // bits of the last character and accepts missing padding
        if (!write(bytes).equals(text)) {
            throw new IllegalArgumentException("base64 with superfluous bits or without padding");
        }
        return bytes;
    }
}
