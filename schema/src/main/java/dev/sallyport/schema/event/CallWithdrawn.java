package dev.sallyport.schema.event;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonValue;
import dev.sallyport.schema.id.CallId;

/**
 * Nobody waits for this call's answer any more: its executor is to stop it, unless it has ended.
 * Signed by the gateway that authorized the call, and told where it was authorized, so that it
 * comes after the command.
 *
 * @param principal who called
 * @param reason how the gateway knows
 */
public record CallWithdrawn(CallId call, Principal principal, Reason reason) implements Payload {

    /** How a gateway knows that nobody waits. */
    public enum Reason {
        /** The caller's connection was closed. */
        CONNECTION_CLOSED("connection_closed"),
        /** The caller said so. */
        CANCELLED("cancelled");

        private final String wire;

        Reason(String wire) {
            this.wire = wire;
        }

        /** The name in events. */
        @JsonValue
        public String wire() {
            return wire;
        }

        /**
         * The value of that name.
         *
         * @throws IllegalArgumentException if there is no such value
         */
        @JsonCreator
        public static Reason of(String wire) {
            for (Reason value : values()) {
                if (value.wire.equals(wire)) {
                    return value;
                }
            }
            throw new IllegalArgumentException("no such Reason: " + wire);
        }
    }
}
