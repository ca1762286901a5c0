package dev.sallyport.schema.id;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonValue;
import java.time.Instant;
import java.util.UUID;

/**
 * One tool call, from the gateway that admits it to the log that proves it. A UUIDv7 (RFC 9562).
 */
public record CallId(@JsonValue UUID value) {
    @JsonCreator(mode = JsonCreator.Mode.DELEGATING)
    public CallId {
        Uuids.requireVersion7("call id", value);
    }

    /**
     * The id that the text spells.
     *
     * @throws IllegalArgumentException if the text is not a UUIDv7
     */
    public static CallId of(String text) {
        return new CallId(Uuids.parse("call id", text));
    }

    public static CallId next() {
        return new CallId(Uuids.next());
    }

    /** When it was made, to the millisecond (RFC 9562 section 5.7). */
    public Instant at() {
        return Uuids.at(value);
    }

    @Override
    public String toString() {
        return value.toString();
    }
}
