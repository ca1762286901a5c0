package dev.sallyport.schema.event;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonValue;
import org.jspecify.annotations.Nullable;

/** What a call's transaction may do, whatever its statement is. */
public enum Access {
    /** A READ ONLY transaction that always ends by ROLLBACK. */
    READ("read"),
    /** A transaction that is entered in the ledger and ends by COMMIT. */
    WRITE("write"),
    /**
     * A transaction that may write, of which only the effect is told, and that always ends by
     * ROLLBACK. The ledger has no entry of it.
     */
    REHEARSE("rehearse"),
    /**
     * A transaction that is entered in the ledger, and ends by COMMIT where its effect has the
     * command's digest, else by ROLLBACK.
     */
    COMMIT_IF("commit_if");

    private final String wire;

    Access(String wire) {
        this.wire = wire;
    }

    /** The name in events. */
    @JsonValue
    public String wire() {
        return wire;
    }

    /** The value of that name; null where there is none, so that such a command can be refused. */
    @JsonCreator
    public static @Nullable Access of(String wire) {
        for (Access value : values()) {
            if (value.wire.equals(wire)) {
                return value;
            }
        }
        return null;
    }
}
