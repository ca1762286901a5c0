package dev.sallyport.schema.id;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonValue;
import java.util.UUID;

/** One event, unique within its tenant: readers de-duplicate by it. A UUIDv7 (RFC 9562). */
public record EventId(@JsonValue UUID value) {
    @JsonCreator(mode = JsonCreator.Mode.DELEGATING)
    public EventId {
        Uuids.requireVersion7("event id", value);
    }

    /**
     * The id that the text spells.
     *
     * @throws IllegalArgumentException if the text is not a UUIDv7
     */
    public static EventId of(String text) {
        return new EventId(Uuids.parse("event id", text));
    }

    public static EventId next() {
        return new EventId(Uuids.next());
    }

    /** The id of the command that carries the call: the call's own. */
    public static EventId commandOf(CallId call) {
        return new EventId(call.value());
    }

    /**
     * The id of the event that settles the call. It is derived, so that a command which is
     * delivered twice settles under one id, and readers keep the first.
     */
    public static EventId settledOf(CallId call) {
        return new EventId(Uuids.derived(call.value(), "settled"));
    }

    /** The id of the event that withdraws the call. */
    public static EventId withdrawnOf(CallId call) {
        return new EventId(Uuids.derived(call.value(), "withdrawn"));
    }

    @Override
    public String toString() {
        return value.toString();
    }
}
