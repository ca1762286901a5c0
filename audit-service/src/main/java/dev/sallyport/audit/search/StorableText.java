package dev.sallyport.audit.search;

import dev.sallyport.schema.event.Principal;

/**
 * Texts as they can be stored: PostgreSQL's text holds neither NUL nor half a surrogate pair, and
 * no event may stop the ingestion.
 */
final class StorableText {
    private static final int REPLACEMENT = 0xFFFD;

    private StorableText() {}

    /** A text that can be in an index, whose rows are bounded. */
    static String name(String text) {
        return of(
                text.length() > Principal.NAME_MAX ? text.substring(0, Principal.NAME_MAX) : text);
    }

    static String of(String text) {
        // whole pairs are met here too, and then looked at as characters
        if (text.chars().noneMatch(StorableText::isUnstorable)) {
            return text;
        }
        return text.codePoints()
                .map(point -> isUnstorable(point) ? REPLACEMENT : point)
                .collect(StringBuilder::new, StringBuilder::appendCodePoint, StringBuilder::append)
                .toString();
    }

    /** NUL, or a surrogate: among whole characters, one that lacks its other half. */
    private static boolean isUnstorable(int point) {
        return point == 0 || (point >= Character.MIN_SURROGATE && point <= Character.MAX_SURROGATE);
    }
}
