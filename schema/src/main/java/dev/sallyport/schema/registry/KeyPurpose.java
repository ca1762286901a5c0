package dev.sallyport.schema.registry;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonValue;

/** What may be signed with a key. A signature for anything else counts as none. */
public enum KeyPurpose {
    /** Commands, what withdraws them, and requests for approval: a gateway's key. */
    COMMANDS("commands"),
    /** What people decided on approvals: the audit service's key. */
    APPROVALS("approvals");

    private final String wire;

    KeyPurpose(String wire) {
        this.wire = wire;
    }

    /** The name in the registry. */
    @JsonValue
    public String wire() {
        return wire;
    }

    /**
     * The purpose of that name.
     *
     * @throws IllegalArgumentException if there is no such purpose
     */
    @JsonCreator
    public static KeyPurpose of(String wire) {
        for (KeyPurpose purpose : values()) {
            if (purpose.wire.equals(wire)) {
                return purpose;
            }
        }
        throw new IllegalArgumentException("purpose must be commands or approvals: " + wire);
    }
}
