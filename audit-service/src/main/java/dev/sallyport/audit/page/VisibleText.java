package dev.sallyport.audit.page;

import java.util.ArrayList;
import java.util.List;

/**
 * A text of somebody else's as it is: whatever does not show by itself, or moves what stands around
 * it, is written as its code point, and letters that could be taken for others are told apart. What
 * shows is a list of kinds; what is not in it is marked.
 *
 * @param pieces the text, in its order
 */
public record VisibleText(List<Piece> pieces) {
    /** Marks that one letter may carry and still be read. */
    private static final int MARKS_MAX = 2;

    private static final int ASCII_MAX = 0x7E;

    public VisibleText {
        pieces = List.copyOf(pieces);
    }

    /** How a piece is shown. */
    public enum Look {
        /** As it is. */
        PLAIN,
        /** As it is, told apart: it is outside of ASCII and may look like something else. */
        FOREIGN,
        /** By its code point. */
        HIDDEN
    }

    /**
     * A piece of the text.
     *
     * @param text what is shown
     * @param look how
     * @param name the character's name in Unicode; empty for plain text
     */
    public record Piece(String text, Look look, String name) {
        /** True for plain text. */
        public boolean plain() {
            return look == Look.PLAIN;
        }

        /** True where the code point is shown instead of the character. */
        public boolean hidden() {
            return look == Look.HIDDEN;
        }
    }

    /** A text of several lines, such as a statement. */
    public static VisibleText lines(String text) {
        return of(text, true);
    }

    /** A text of one line, such as a name: ends of lines do not belong there. */
    public static VisibleText line(String text) {
        return of(text, false);
    }

    private static VisibleText of(String text, boolean lines) {
        var pieces = new ArrayList<Piece>();
        var plain = new StringBuilder();
        int marks = MARKS_MAX;
        for (int point : text.codePoints().toArray()) {
            boolean mark = isMark(point);
            marks = mark ? marks + 1 : isLetter(point) ? 0 : MARKS_MAX;
            boolean shows =
                    (lines && (point == '\n' || point == '\t'))
                            || (mark ? marks <= MARKS_MAX && !isIgnorable(point) : shows(point));
            if (shows && point <= ASCII_MAX) {
                plain.appendCodePoint(point);
                continue;
            }
            if (!plain.isEmpty()) {
                pieces.add(new Piece(plain.toString(), Look.PLAIN, ""));
                plain.setLength(0);
            }
            pieces.add(
                    shows
                            ? new Piece(Character.toString(point), Look.FOREIGN, name(point))
                            : new Piece("U+%04X".formatted(point), Look.HIDDEN, name(point)));
        }
        if (!plain.isEmpty()) {
            pieces.add(new Piece(plain.toString(), Look.PLAIN, ""));
        }
        return new VisibleText(pieces);
    }

    /** How many characters are marked because they do not show. */
    public long hidden() {
        return pieces.stream().filter(Piece::hidden).count();
    }

    /** How many characters are outside of ASCII and show. */
    public long foreign() {
        return pieces.stream().filter(piece -> piece.look() == Look.FOREIGN).count();
    }

    private static boolean shows(int point) {
        if (point == ' ') {
            return true;
        }
        return switch (Character.getType(point)) {
            case Character.UPPERCASE_LETTER,
                    Character.LOWERCASE_LETTER,
                    Character.TITLECASE_LETTER,
                    Character.MODIFIER_LETTER,
                    Character.OTHER_LETTER,
                    Character.DECIMAL_DIGIT_NUMBER,
                    Character.LETTER_NUMBER,
                    Character.OTHER_NUMBER,
                    Character.CONNECTOR_PUNCTUATION,
                    Character.DASH_PUNCTUATION,
                    Character.START_PUNCTUATION,
                    Character.END_PUNCTUATION,
                    Character.INITIAL_QUOTE_PUNCTUATION,
                    Character.FINAL_QUOTE_PUNCTUATION,
                    Character.OTHER_PUNCTUATION,
                    Character.MATH_SYMBOL,
                    Character.CURRENCY_SYMBOL,
                    Character.MODIFIER_SYMBOL,
                    Character.OTHER_SYMBOL ->
                    !isIgnorable(point);
            default -> false;
        };
    }

    private static boolean isLetter(int point) {
        return Character.isLetter(point) && shows(point);
    }

    private static boolean isMark(int point) {
        int type = Character.getType(point);
        return type == Character.NON_SPACING_MARK || type == Character.COMBINING_SPACING_MARK;
    }

    /** Letters, marks and symbols that show nothing (Unicode, Default_Ignorable_Code_Point). */
    private static boolean isIgnorable(int point) {
        return point == 0x034F
                || (point >= 0x115F && point <= 0x1160)
                || (point >= 0x17B4 && point <= 0x17B5)
                || (point >= 0x180B && point <= 0x180F)
                || point == 0x2800 // a braille cell without a dot
                || point == 0x3164
                || (point >= 0xFE00 && point <= 0xFE0F)
                || point == 0xFFA0
                || (point >= 0xE0000 && point <= 0xE0FFF);
    }

    private static String name(int point) {
        String name = Character.getName(point);
        return name == null ? "no character" : name;
    }
}
