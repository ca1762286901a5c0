package dev.sallyport.schema.registry;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonValue;
import java.util.Optional;
import java.util.stream.Stream;

/** The scopes of access tokens, and of grants within them. */
public enum Scope {
    /** Read rows. */
    READ("mcp:read"),
    /** Add and change rows. */
    WRITE("mcp:write"),
    /** Remove rows. */
    DELETE("mcp:delete"),
    /** Run statements that nobody could classify, and DDL. */
    SQL("mcp:sql"),
    /** Manage the tenant. */
    ADMIN("mcp:admin"),
    /** Read the tenant's audit trail. */
    AUDIT_READ("audit:read"),
    /** Decide on the approvals that calls of the tenant wait for. */
    AUDIT_APPROVE("audit:approve");

    private final String wire;

    Scope(String wire) {
        this.wire = wire;
    }

    @JsonValue
    public String wire() {
        return wire;
    }

    /**
     * The scope of that name.
     *
     * @throws IllegalArgumentException if there is no such scope
     */
    @JsonCreator
    public static Scope of(String wire) {
        return find(wire).orElseThrow(() -> new IllegalArgumentException("no such scope: " + wire));
    }

    /** The scope of that name, if there is one: tokens may carry scopes that are not ours. */
    public static Optional<Scope> find(String wire) {
        return Stream.of(values()).filter(scope -> scope.wire.equals(wire)).findFirst();
    }
}
