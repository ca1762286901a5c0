package dev.sallyport.cli.policy;

/** Text for a terminal, which must not act on it. */
final class Shown {
    private Shown() {}

    /** Whether the character shows as itself: no control, direction or half of one. */
    static boolean visible(int character) {
        return switch (Character.getType(character)) {
            case Character.CONTROL,
                    Character.FORMAT,
                    Character.LINE_SEPARATOR,
                    Character.PARAGRAPH_SEPARATOR,
                    Character.SURROGATE,
                    Character.PRIVATE_USE,
                    Character.UNASSIGNED ->
                    false;
            default -> true;
        };
    }

    /** The text with what does not show written as code points. */
    static String text(String text) {
        StringBuilder out = new StringBuilder(text.length());
        text.codePoints()
                .forEach(c -> {
                    if (visible(c)) {
                        out.appendCodePoint(c);
                    } else {
                        out.append("\\u{%04X}".formatted(c));
                    }
                });
        return out.toString();
    }
}
