package dev.sallyport.schema.id;

import java.util.regex.Pattern;

/** The one form of a name: safe in a topic name, a URL path, a file name and a registry key. */
final class Names {
    private static final Pattern FORM = Pattern.compile("[a-z0-9](?:[a-z0-9_-]{0,61}[a-z0-9])?");

    private Names() {}

    static void require(String what, String value) {
        if (!FORM.matcher(value).matches()) {
            throw new IllegalArgumentException(
                    what
                            + " must be 1 to 63 of a-z, 0-9, - and _, starting and ending with a letter or digit: "
                            + (value.length() > 80 ? value.substring(0, 80) + "..." : value));
        }
    }
}
