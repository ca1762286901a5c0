package dev.sallyport.gateway.statement;

/** Names as the lists of a {@link Statement} hold them. */
final class Names {
    private Names() {}

    /**
     * One part of a name: bare where PostgreSQL would read it the same without quotes, in quotes
     * where not.
     */
    static String part(String text) {
        boolean bare = !text.isEmpty() && !(text.charAt(0) >= '0' && text.charAt(0) <= '9');
        for (int i = 0; bare && i < text.length(); i++) {
            char c = text.charAt(i);
            bare = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c >= 0x80;
        }
        return bare ? text : '"' + text.replace("\"", "\"\"") + '"';
    }
}
