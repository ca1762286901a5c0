package dev.sallyport.schema.sql;

/**
 * Why a text of SQL is refused as a text.
 *
 * @param where the position, perhaps with the character, such as {@code U+00A0 at character 7};
 *     empty where one position says nothing. Characters are code points, counted from 1, as in
 *     PostgreSQL
 */
public record Fault(Kind kind, String where) {
    /** The code of each is stable: clients may rely on it. */
    public enum Kind {
        TOO_LARGE(
                "statement_too_large",
                "the statement is longer than "
                        + Scanner.SQL_CHARS_MAX
                        + " characters or "
                        + Scanner.TOKENS_MAX
                        + " words and signs: pass values as parameters, or split the work"),
        TOO_DEEP(
                "statement_too_deep",
                "parentheses, brackets and CASE nest deeper than "
                        + Scanner.DEPTH_MAX
                        + ": flatten the statement"),
        MALFORMED(
                "malformed_statement",
                "the text ends inside a string, name or comment, or holds a sign that is no SQL"),
        CONTROL_CHARACTER(
                "control_character",
                "the text holds a control or invisible character, a space that is none to SQL, or broken Unicode: pass such values as parameters"),
        DRIVER_ESCAPE(
                "driver_escape",
                "braces are rewritten by database drivers: write plain SQL instead of {...}"),
        AMBIGUOUS_PLACEHOLDER(
                "ambiguous_placeholder",
                "a ? may be an operator or a placeholder here: write the placeholders as $1, $2 and so on");

        private final String code;
        private final String message;

        Kind(String code, String message) {
            this.code = code;
            this.message = message;
        }

        /** The stable code, in lower snake case. */
        public String code() {
            return code;
        }

        /** One plain sentence that says what would be right. It holds nothing of the statement. */
        public String message() {
            return message;
        }
    }

    /** The kind's sentence, with the position in front. */
    public String message() {
        return where.isEmpty() ? kind.message() : where + ": " + kind.message();
    }
}
