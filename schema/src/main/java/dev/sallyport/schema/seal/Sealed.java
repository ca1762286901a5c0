package dev.sallyport.schema.seal;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonValue;

/**
 * A sealed field: {@code v1.<data key id>.<base64url of nonce, ciphertext and tag>}. Its text gives
 * nothing away and may be logged.
 */
public record Sealed(@JsonValue String value) {
    private static final String VERSION = "v1.";

    /** Nonce and tag alone have 28 bytes. */
    private static final int BODY_CHARS_MIN = 38;

    @JsonCreator(mode = JsonCreator.Mode.DELEGATING)
    public Sealed {
        int dot = dotAfterId(value);
        if (!value.startsWith(VERSION)
                || !DataKeyForm.id(value, VERSION.length(), dot)
                || value.length() - dot - 1 < BODY_CHARS_MIN
                || !DataKeyForm.base64url(value, dot + 1, value.length())) {
            throw new IllegalArgumentException(
                    "a sealed field must have the form v1.<data key id>.<base64url>");
        }
    }

    /** The id of the data key that opens it. */
    public String dataKeyId() {
        return value.substring(VERSION.length(), dotAfterId(value));
    }

    String body() {
        return value.substring(dotAfterId(value) + 1);
    }

    /** Neither an id nor base64url holds a dot; negative where there is none. */
    private static int dotAfterId(String value) {
        return value.indexOf('.', VERSION.length());
    }

    @Override
    public String toString() {
        return value;
    }
}
