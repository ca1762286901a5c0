package dev.sallyport.audit.access;

import dev.sallyport.audit.problem.AuditProblem;
import dev.sallyport.schema.event.AuthenticationFailed;
import dev.sallyport.schema.id.TenantId;
import dev.sallyport.schema.registry.RegistryFeed;
import dev.sallyport.schema.signal.Refusals;
import dev.sallyport.schema.token.AccessTokens;
import dev.sallyport.schema.token.Caller;
import dev.sallyport.schema.token.TokenProblem;
import dev.sallyport.schema.token.Verification;
import java.time.Instant;
import java.time.InstantSource;
import org.jspecify.annotations.Nullable;

/**
 * Decides who may read and who may decide: whoever brings an access token for this service with one
 * of the scopes, and only of the tenant that the token leads to. Who brings another token is told
 * to the log first.
 *
 * @param tokens the check of tokens
 * @param registry who is suspended: they read nothing either
 * @param refusals tells the log
 */
public record Access(
        AccessTokens tokens, RegistryFeed registry, Refusals refusals, InstantSource clock) {
    private static final int UNAUTHORIZED = 401;
    private static final int FORBIDDEN = 403;
    private static final String NO_CHALLENGE = "Bearer";
    private static final String INVALID_TOKEN = "Bearer error=\"invalid_token\"";

    /** As {@link #admit}, of the value of an {@code Authorization} header. */
    public Admission admitHeader(@Nullable String authorization, String address, Aim aim) {
        return admission(tokens.verifyHeader(authorization), address, aim);
    }

    /**
     * Whether the bearer of this token may do that.
     *
     * @param address where the request came from
     */
    public Admission admit(String token, String address, Aim aim) {
        return admission(tokens.verify(token), address, aim);
    }

    private Admission admission(Verification verification, String address, Aim aim) {
        if (!registry.isCurrent()) {
            return unavailable(
                    AuditProblem.REGISTRY_OUTDATED.code(),
                    "the registry cannot be followed just now, and a suspension in it might be missed: try again");
        }
        return switch (verification) {
            case Verification.Verified(var caller) -> scoped(caller, address, aim);
            case Verification.Rejected(var problem, var message, var proved) ->
                    rejected(problem, message, proved, address);
        };
    }

    private Admission rejected(
            TokenProblem problem, String message, @Nullable Caller proved, String address) {
        return switch (problem) {
            case TOKEN_MISSING ->
                    new Admission.Denied(UNAUTHORIZED, problem.code(), message, NO_CHALLENGE);
            case ISSUER_UNREACHABLE -> unavailable(problem.code(), message);
            default ->
                    told(
                            proved,
                            address,
                            new Admission.Denied(
                                    UNAUTHORIZED, problem.code(), message, INVALID_TOKEN));
        };
    }

    private Admission scoped(Caller caller, String address, Aim aim) {
        if (registry.get().suspension(caller.tenant(), caller.subject()).isPresent()) {
            return told(
                    caller,
                    address,
                    new Admission.Denied(
                            FORBIDDEN,
                            "principal_suspended",
                            "you are suspended; ask your administrator",
                            "Bearer error=\"access_denied\""));
        }
        if (aim.isOpenTo(caller)) {
            return new Admission.Admitted(caller);
        }
        String scope = aim.scope().wire();
        return told(
                caller,
                address,
                new Admission.Denied(
                        AuditProblem.INSUFFICIENT_SCOPE.status(),
                        AuditProblem.INSUFFICIENT_SCOPE.code(),
                        aim.words() + " needs a token with the scope " + scope,
                        "Bearer error=\"insufficient_scope\", scope=\"" + scope + "\""));
    }

    /**
     * Tells the log that somebody tried what that person may not do.
     *
     * @param code what was wrong
     * @return false where the log did not take it: then it must not be answered
     */
    public boolean tellRefused(Caller caller, String address, String code) {
        return tell(caller, address, code);
    }

    /** The denial, once the log knows of it. */
    private Admission told(@Nullable Caller who, String address, Admission.Denied denied) {
        return tell(who, address, denied.code())
                ? denied
                : unavailable(
                        AuditProblem.READ_NOT_RECORDED.code(),
                        "the log cannot be written just now, so nothing is decided: try again");
    }

    private boolean tell(@Nullable Caller who, String address, String code) {
        Instant now = clock.instant();
        return refusals.tell(
                who == null ? TenantId.PLATFORM : who.tenant(),
                new AuthenticationFailed(
                        code,
                        who == null ? null : who.issuer().toString(),
                        who == null ? null : who.subject(),
                        address,
                        1,
                        now,
                        now));
    }

    private static Admission unavailable(String code, String message) {
        return new Admission.Denied(Admission.Denied.TEMPORARY, code, message, NO_CHALLENGE);
    }
}
