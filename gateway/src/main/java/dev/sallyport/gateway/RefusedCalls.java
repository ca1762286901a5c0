package dev.sallyport.gateway;

import dev.sallyport.gateway.gate.Decision.Code;
import dev.sallyport.gateway.gate.Decision.Refused;
import dev.sallyport.gateway.identity.ProtectedResource;
import dev.sallyport.gateway.protocol.Busy;
import dev.sallyport.gateway.protocol.ErrorCode;
import dev.sallyport.gateway.protocol.Fault;
import dev.sallyport.gateway.protocol.Outcome;
import dev.sallyport.gateway.protocol.ToolResult;
import dev.sallyport.gateway.statement.Statement;
import dev.sallyport.gateway.tool.Call;
import dev.sallyport.gateway.tool.Tool;
import dev.sallyport.schema.event.CallRefused;
import dev.sallyport.schema.event.Principal;
import dev.sallyport.schema.event.StatementClass;
import dev.sallyport.schema.id.CallId;
import dev.sallyport.schema.registry.Scope;
import dev.sallyport.schema.signal.Refusals;
import dev.sallyport.schema.token.Caller;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Answers calls that may not run, once the log knows of the refusal. */
final class RefusedCalls {

    private static final String INSUFFICIENT_SCOPE = ErrorCode.INSUFFICIENT_SCOPE.code();

    private final Refusals refusals;
    private final ProtectedResource resource;
    private final InstantSource clock;

    RefusedCalls(Refusals refusals, ProtectedResource resource, InstantSource clock) {
        this.refusals = refusals;
        this.resource = resource;
        this.clock = clock;
    }

    Outcome answer(Call call, Refused refused) {
        return told(
                call,
                refused.reason(),
                refused.code() == Code.TOOL_UNKNOWN
                        ? Outcome.failed(ErrorCode.TOOL_UNKNOWN, refused.message())
                        : ToolResult.error(refused.reason(), refused.message(), call.id()));
    }

    /** The answer to a call that nothing came of, once the log knows of it. */
    Outcome told(Call call, String code, Outcome answer) {
        return tell(call, code, List.of()) ? answer : unlogged();
    }

    /** A step-up challenge (RFC 6750): it names every scope that the call needs. */
    Outcome scopesMissing(Call call, Set<Scope> needed) {
        List<String> scopes = needed.stream().map(Scope::wire).sorted().toList();
        if (!tell(call, INSUFFICIENT_SCOPE, scopes)) {
            return unlogged();
        }
        return new Outcome.Failed(
                new Fault(
                        ErrorCode.INSUFFICIENT_SCOPE,
                        "This call needs a token with the scopes " + String.join(" ", scopes),
                        Map.of("scopes", scopes, "call", call.id().toString()),
                        Map.of(
                                ProtectedResource.CHALLENGE_HEADER,
                                resource.scopeChallenge(scopes))));
    }

    static Outcome unlogged() {
        return new Outcome.Failed(Busy.unlogged());
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
                                caller.subject(), caller.client(), Call.shown(agent), remoteAddress),
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
