package dev.sallyport.audit.access;

import dev.sallyport.audit.problem.AuditProblem;
import dev.sallyport.schema.registry.Registry;
import dev.sallyport.schema.registry.Scope;
import dev.sallyport.schema.token.AccessTokens;
import dev.sallyport.schema.token.Caller;
import dev.sallyport.schema.token.TokenProblem;
import dev.sallyport.schema.token.Verification;
import java.util.Set;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Decides who may read: whoever brings an access token for this service with one of the scopes, and
 * only of the tenant that the token leads to.
 *
 * @param tokens the check of tokens
 * @param registry who is suspended: they read nothing either
 */
public record Access(AccessTokens tokens, Supplier<Registry> registry) {
    /** Either is enough. */
    private static final Set<Scope> SCOPES = Set.of(Scope.AUDIT_READ, Scope.ADMIN);

    private static final int UNAUTHORIZED = 401;
    private static final int FORBIDDEN = 403;
    private static final int UNAVAILABLE = 503;

    /** As {@link #admit}, of the value of an {@code Authorization} header. */
    public Admission admitHeader(@Nullable String authorization) {
        return admission(tokens.verifyHeader(authorization));
    }

    /** Whether the bearer of this token may read. */
    public Admission admit(String token) {
        return admission(tokens.verify(token));
    }

    private Admission admission(Verification verification) {
        return switch (verification) {
            case Verification.Verified(var caller) -> scoped(caller);
            case Verification.Rejected(var problem, var message, _) ->
                    new Admission.Denied(
                            problem == TokenProblem.ISSUER_UNREACHABLE ? UNAVAILABLE : UNAUTHORIZED,
                            problem.code(),
                            message,
                            problem == TokenProblem.TOKEN_MISSING
                                    ? "Bearer"
                                    : "Bearer error=\"invalid_token\"");
        };
    }

    private Admission scoped(Caller caller) {
        if (registry.get().suspension(caller.tenant(), caller.subject()).isPresent()) {
            return new Admission.Denied(
                    FORBIDDEN,
                    "principal_suspended",
                    "you are suspended; ask your administrator",
                    "Bearer error=\"access_denied\"");
        }
        if (caller.scopes().stream().anyMatch(SCOPES::contains)) {
            return new Admission.Admitted(caller);
        }
        String scope = Scope.AUDIT_READ.wire();
        return new Admission.Denied(
                AuditProblem.INSUFFICIENT_SCOPE.status(),
                AuditProblem.INSUFFICIENT_SCOPE.code(),
                "reading the audit trail needs a token with the scope " + scope,
                "Bearer error=\"insufficient_scope\", scope=\"" + scope + "\"");
    }
}
