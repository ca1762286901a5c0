package dev.sallyport.audit.access;

import dev.sallyport.schema.registry.Scope;
import dev.sallyport.schema.token.Caller;
import java.util.Set;

/** What somebody comes for, and the scopes of which one is enough. */
public enum Aim {
    /** Reading the log. */
    READ("reading the audit trail", Scope.AUDIT_READ),
    /** Seeing approvals: who may decide sees those that the person may decide on. */
    APPROVALS("seeing approvals", Scope.AUDIT_APPROVE),
    /** Deciding on an approval, which no other scope includes. */
    DECIDE("deciding on approvals", Scope.AUDIT_APPROVE);

    private final String words;
    private final Scope scope;

    Aim(String words, Scope scope) {
        this.words = words;
        this.scope = scope;
    }

    /** What it is, in plain words. */
    String words() {
        return words;
    }

    /** The scope to ask for. */
    Scope scope() {
        return scope;
    }

    /** Whether the caller's scopes are enough. */
    public boolean isOpenTo(Caller caller) {
        return caller.scopes().stream().anyMatch(enough()::contains);
    }

    private Set<Scope> enough() {
        return switch (this) {
            case READ -> Set.of(Scope.AUDIT_READ, Scope.ADMIN);
            case APPROVALS -> Set.of(Scope.AUDIT_APPROVE, Scope.AUDIT_READ, Scope.ADMIN);
            case DECIDE -> Set.of(Scope.AUDIT_APPROVE);
        };
    }
}
