package dev.sallyport.audit.access;

import dev.sallyport.schema.registry.Scope;
import dev.sallyport.schema.token.Caller;
import java.util.Set;

/** What somebody comes for, and the scopes of which one is enough. */
public enum Aim {
    /** Reading the log. */
    READ("reading the audit trail", Scope.AUDIT_READ, Set.of(Scope.AUDIT_READ, Scope.ADMIN)),
    /** Seeing approvals: who may decide sees those that the person may decide on. */
    APPROVALS(
            "seeing approvals",
            Scope.AUDIT_APPROVE,
            Set.of(Scope.AUDIT_APPROVE, Scope.AUDIT_READ, Scope.ADMIN)),
    /** Deciding on an approval, which no other scope includes. */
    DECIDE("deciding on approvals", Scope.AUDIT_APPROVE, Set.of(Scope.AUDIT_APPROVE));

    private final String words;
    private final Scope scope;
    private final Set<Scope> enough;

    Aim(String words, Scope scope, Set<Scope> enough) {
        this.words = words;
        this.scope = scope;
        this.enough = enough;
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
        return caller.scopes().stream().anyMatch(enough::contains);
    }
}
