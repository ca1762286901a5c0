package dev.sallyport.schema.secret;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonValue;
import java.util.regex.Pattern;

/**
 * Where a secret is: {@code env:NAME} or {@code file:/absolute/path}. The reference itself is no
 * secret.
 */
public record SecretReference(@JsonValue String value) {
    private static final Pattern FORM = Pattern.compile("env:[A-Za-z_][A-Za-z0-9_]*|file:/.+");

    @JsonCreator(mode = JsonCreator.Mode.DELEGATING)
    public SecretReference {
        if (!FORM.matcher(value).matches()) {
            // the value is not repeated: it may be a secret that somebody wrote where a reference
            // belongs
            throw new IllegalArgumentException(
                    "a secret reference must be env:NAME or file:/absolute/path");
        }
    }

    @Override
    public String toString() {
        return value;
    }
}
