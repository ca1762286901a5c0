package dev.sallyport.gateway;

import dev.sallyport.gateway.identity.ProtectedResource;
import dev.sallyport.gateway.protocol.Busy;
import dev.sallyport.gateway.protocol.Outcome;
import dev.sallyport.gateway.protocol.Refusal;
import dev.sallyport.gateway.statement.Statement;
import dev.sallyport.gateway.tool.Call;
import dev.sallyport.gateway.tool.Tool;
import dev.sallyport.schema.event.CallRefused;
import dev.sallyport.schema.event.Principal;
import dev.sallyport.schema.event.StatementClass;
import dev.sallyport.schema.id.CallId;
import dev.sallyport.schema.signal.Refusals;
import dev.sallyport.schema.token.Caller;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Answers calls that may not run, once the log knows of the refusal. */
final class RefusedCalls {

    private final Refusals refusals;
    private final ProtectedResource resource;
    private final InstantSource clock;

    RefusedCalls(Refusals refusals, ProtectedResource resource, InstantSource clock) {
        this.refusals = refusals;
        this.resource = resource;
        this.clock = clock;
    }

    /** The answer to a call that nothing comes of, once the log knows of it. */
    Outcome answer(Call call, Refusal refusal) {
        if (!tell(call, refusal.code(), refusal.scopes())) {
            return unlogged();
        }
        Refusal answer = refusal.with("call", call.id().toString());
        return new Outcome.Refused(
                refusal.scopes().isEmpty()
                        ? answer
                        // a step-up challenge names every scope that the call needs (RFC 6750)
                        : answer.withHeader(
                                ProtectedResource.CHALLENGE_HEADER,
                                resource.scopeChallenge(refusal.scopes())),
                call.id());
    }

    static Outcome unlogged() {
        return new Outcome.Refused(Busy.unlogged(), null);
    }

    /** As {@link dev.sallyport.gateway.edge.TurnedAway}: nothing is known of such a call yet. */
    boolean tell(Caller caller, String remoteAddress, @Nullable String agent, String code) {
        Instant now = clock.instant();
        return refusals.tell(
                caller.tenant(),
                null,
                new CallRefused(
                        CallId.next(),
                        new Principal(
                                caller.subject(),
                                caller.client(),
                                Call.shown(agent),
                                remoteAddress),
                        Tool.UNKNOWN.name(),
                        null,
                        StatementClass.UNKNOWN,
                        null,
                        code,
                        List.of(),
                        1,
                        now,
                        now));
    }

    private boolean tell(Call call, String code, List<String> scopes) {
        Instant now = clock.instant();
        Statement statement = call.statement();
        return refusals.tell(
                call.tenant(),
                call.trace(),
                new CallRefused(
                        call.id(),
                        call.principal(),
                        call.tool().name(),
                        call.named(),
                        statement == null ? StatementClass.UNKNOWN : statement.statementClass(),
                        statement == null ? null : statement.fingerprint(),
                        code,
                        scopes,
                        1,
                        now,
                        now));
    }
}
