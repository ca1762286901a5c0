package dev.sallyport.gateway.identity;

import dev.sallyport.gateway.identity.Authentication.Authenticated;
import dev.sallyport.gateway.identity.Authentication.Refused;
import dev.sallyport.gateway.protocol.ErrorCode;
import dev.sallyport.gateway.protocol.Refusal;
import dev.sallyport.schema.event.AuthenticationFailed;
import dev.sallyport.schema.id.TenantId;
import dev.sallyport.schema.registry.RegistryFeed;
import dev.sallyport.schema.signal.Refusals;
import dev.sallyport.schema.token.AccessTokens;
import dev.sallyport.schema.token.Caller;
import dev.sallyport.schema.token.TokenProblem;
import dev.sallyport.schema.token.Verification;
import dev.sallyport.schema.token.Verification.Verified;
import java.time.Instant;
import java.time.InstantSource;
import org.jspecify.annotations.Nullable;

/**
 * Authenticates by access token. A token that is not accepted, and a principal that is suspended,
 * are told to the log before they are answered; a request without any token is how every client
 * begins and is not.
 */
public final class TokenAuthenticator implements Authenticator {

    private static final String SUSPENDED = "principal_suspended";
    private static final String UNLOGGED =
            "The audit log cannot be written just now, so nothing is decided: try again";

    private static final String OUTDATED =
            "The registry cannot be followed just now, and a suspension in it might be missed: try again";

    private final AccessTokens tokens;
    private final RegistryFeed registry;
    private final Refusals refusals;
    private final InstantSource clock;

    public TokenAuthenticator(
            AccessTokens tokens, RegistryFeed registry, Refusals refusals, InstantSource clock) {
        this.tokens = tokens;
        this.registry = registry;
        this.refusals = refusals;
        this.clock = clock;
    }

    @Override
    public Authentication authenticate(@Nullable String authorization, String remoteAddress) {
        if (!registry.isCurrent()) {
            return refused(ErrorCode.REGISTRY_OUTDATED, OUTDATED);
        }
        return switch (tokens.verifyHeader(authorization)) {
            case Verified(var caller) -> unlessSuspended(caller, remoteAddress);
            case Verification.Rejected(var problem, var message, var proved) ->
                    rejected(problem, message, proved, remoteAddress);
        };
    }

    private Authentication unlessSuspended(Caller caller, String remoteAddress) {
        if (registry.get().suspension(caller.tenant(), caller.subject()).isEmpty()) {
            return new Authenticated(caller);
        }
        return tell(SUSPENDED, caller, remoteAddress)
                ? refused(
                        ErrorCode.PRINCIPAL_SUSPENDED,
                        "This principal is suspended: its owner can have it reinstated")
                : refused(ErrorCode.LOG_UNAVAILABLE, UNLOGGED);
    }

    private Authentication rejected(
            TokenProblem problem, String message, @Nullable Caller proved, String remoteAddress) {
        if (problem == TokenProblem.TOKEN_MISSING) {
            return refused(ErrorCode.TOKEN_MISSING, message);
        }
        if (problem == TokenProblem.ISSUER_UNREACHABLE) {
            return refused(ErrorCode.ISSUER_UNREACHABLE, message);
        }
        return tell(problem.code(), proved, remoteAddress)
                ? new Refused(
                        Refusal.of(ErrorCode.TOKEN_REJECTED, message)
                                .with("reason", problem.code()))
                : refused(ErrorCode.LOG_UNAVAILABLE, UNLOGGED);
    }

    private static Refused refused(ErrorCode code, String message) {
        return new Refused(Refusal.of(code, message));
    }

    private boolean tell(String code, @Nullable Caller proved, String remoteAddress) {
        Instant now = clock.instant();
        return refusals.tell(
                proved == null ? TenantId.PLATFORM : proved.tenant(),
                new AuthenticationFailed(
                        code,
                        proved == null ? null : proved.issuer().toString(),
                        proved == null ? null : proved.subject(),
                        remoteAddress,
                        1,
                        now,
                        now));
    }
}
