package dev.sallyport.schema.seal;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonValue;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A sealed field: {@code v1.<data key id>.<base64url of nonce, ciphertext and tag>}. Its text gives
 * nothing away and may be logged.
 */
public record Sealed(@JsonValue String value) {
    private static final Pattern FORM =
            Pattern.compile("v1\\.([a-z0-9][a-z0-9_-]{0,62})\\.([A-Za-z0-9_-]{38,})");

    @JsonCreator(mode = JsonCreator.Mode.DELEGATING)
    public Sealed {
        if (!FORM.matcher(value).matches()) {
            throw new IllegalArgumentException(
                    "a sealed field must have the form v1.<data key id>.<base64url>");
        }
    }

    /** The id of the data key that opens it. */
    public String dataKeyId() {
        return match().group(1);
    }

    String body() {
        return match().group(2);
    }

    private Matcher match() {
        Matcher matcher = FORM.matcher(value);
        if (!matcher.matches()) {
            throw new IllegalStateException("checked on construction");
        }
        return matcher;
    }

    @Override
    public String toString() {
        return value;
    }
}
