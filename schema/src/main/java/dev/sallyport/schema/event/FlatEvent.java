package dev.sallyport.schema.event;

import dev.sallyport.schema.id.CallId;
import dev.sallyport.schema.id.DatabaseName;
import dev.sallyport.schema.id.EventId;
import dev.sallyport.schema.id.TenantId;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * An event of any kind as one row of columns: what search, the index, the detectors and exports
 * look at. This is the one place that knows which member of which kind is which column. What a kind
 * of event does not say is null, or an empty list. A sealed field is in no column.
 *
 * @param trace the trace that the event belongs to
 * @param call the call that the event belongs to
 * @param subject whom the event speaks of: the caller, reader, approver, or whose access changed
 * @param client the OAuth client of that subject
 * @param agent the name that the subject's MCP client gives itself; unproved
 * @param address the IP address that the subject came from
 * @param issuer who issued the token that was refused
 * @param outcome one word for what happened, such as {@code succeeded} or {@code refused}
 * @param code the stable code of what went wrong
 * @param sqlState the database's SQLSTATE
 * @param count how many occurrences were folded into the event; 1 for most
 * @param rows rows returned, shown or exported
 * @param rowsAffected rows that a write changed, or would change
 * @param bytes bytes of the result
 * @param executor the executor, or the gateway that answered by itself
 * @param digest of what the event stands for, base64url: a result, an effect, a registry entry or
 *     an export
 * @param evidence the calls that an alert names
 * @param observed what the detector measured
 * @param expected what it expected, in the same unit
 * @param from start of the time that the event speaks of
 * @param to end of that time
 * @param by who did it, where that is not the subject
 * @param detail a few words on what the event is about, where it concerns no statement; {@code
 *     rehearsal} where a statement is run to be taken back
 */
public record FlatEvent(
        EventId id,
        EventType type,
        Instant time,
        TenantId tenant,
        @Nullable TraceContext trace,
        @Nullable CallId call,
        @Nullable String subject,
        @Nullable String client,
        @Nullable String agent,
        @Nullable String address,
        @Nullable String issuer,
        @Nullable String tool,
        @Nullable DatabaseName database,
        @Nullable StatementClass statementClass,
        List<String> tables,
        List<String> columns,
        List<String> scopes,
        @Nullable String fingerprint,
        @Nullable LiteralFeatures literals,
        String outcome,
        @Nullable String code,
        @Nullable String sqlState,
        int count,
        @Nullable Long rows,
        @Nullable Long rowsAffected,
        @Nullable Long bytes,
        @Nullable Boolean truncated,
        @Nullable Integer cardNumbersCut,
        @Nullable Timings timings,
        @Nullable Attested attested,
        @Nullable String executor,
        @Nullable Integer attempt,
        @Nullable String digest,
        @Nullable String approval,
        @Nullable String alert,
        @Nullable String detector,
        @Nullable Severity severity,
        List<CallId> evidence,
        @Nullable Double observed,
        @Nullable Double expected,
        @Nullable Instant from,
        @Nullable Instant to,
        @Nullable String by,
        @Nullable String detail) {
    private static final String REHEARSAL = "rehearsal";

    public FlatEvent {
        tables = List.copyOf(tables);
        columns = List.copyOf(columns);
        scopes = List.copyOf(scopes);
        evidence = List.copyOf(evidence);
    }

    /** A rehearsal that succeeded changed nothing, and is no call that succeeded. */
    private static String outcome(CallSettled call) {
        if (call.refused()) {
            return "refused";
        }
        return call.rehearsed() != null && call.ended() == Ended.SUCCEEDED
                ? "rehearsed"
                : call.ended().wire();
    }

    /** The columns of the event. */
    public static FlatEvent of(Event<?> event) {
        FlatEventDraft flat = new FlatEventDraft();
        String outcome =
                switch (event.data()) {
                    case CallAuthorized call -> {
                        flat.whose(call.principal());
                        flat.call = call.call();
                        flat.statement(
                                call.tool(),
                                call.database(),
                                call.statementClass(),
                                call.fingerprint());
                        flat.tables = call.tables();
                        flat.columns = call.columns();
                        flat.scopes = call.scopes();
                        flat.literals = call.literals();
                        flat.approval = call.approval();
                        flat.digest = call.effectDigest();
                        flat.detail = call.access() == Access.REHEARSE ? REHEARSAL : null;
                        yield "authorized";
                    }
                    case CallWithdrawn call -> {
                        flat.whose(call.principal());
                        flat.call = call.call();
                        flat.detail = call.reason().wire();
                        yield "withdrawn";
                    }
                    case CallSettled call -> {
                        flat.whose(call.principal());
                        flat.call = call.call();
                        flat.statement(
                                call.tool(),
                                call.database(),
                                call.statementClass(),
                                call.fingerprint());
                        flat.tables = call.tables();
                        flat.code = call.code();
                        flat.sqlState = call.sqlState();
                        flat.rows = call.rows();
                        flat.rowsAffected = call.rowsAffected();
                        flat.bytes = call.bytes();
                        flat.truncated = call.truncated();
                        flat.cardNumbersCut = call.cardNumbersCut();
                        flat.timings = call.timings();
                        flat.attested = call.attested();
                        flat.executor = call.executor();
                        flat.attempt = call.attempt();
                        flat.digest = call.resultDigest();
                        flat.detail = call.rehearsed() == null ? null : REHEARSAL;
                        yield outcome(call);
                    }
                    case CallRefused call -> {
                        flat.whose(call.principal());
                        flat.call = call.call();
                        flat.statement(
                                call.tool(),
                                call.database(),
                                call.statementClass(),
                                call.fingerprint());
                        flat.scopes = call.scopes();
                        flat.code = call.code();
                        flat.count = call.count();
                        flat.span(call.first(), call.last());
                        yield "refused";
                    }
                    case AuthenticationFailed failed -> {
                        flat.subject = failed.subject();
                        flat.address = failed.address();
                        flat.issuer = failed.issuer();
                        flat.code = failed.code();
                        flat.count = failed.count();
                        flat.span(failed.first(), failed.last());
                        flat.detail = failed.address() == null ? null : "from " + failed.address();
                        yield "unauthenticated";
                    }
                    case ApprovalRequested asked -> {
                        flat.whose(asked.requester());
                        flat.call = asked.call();
                        flat.approval = asked.approval();
                        flat.statement(
                                asked.tool(), asked.database(), asked.statementClass(), null);
                        flat.rowsAffected = asked.rowsAffected();
                        flat.digest = asked.effectDigest();
                        flat.detail =
                                "approval %s by %s, %d of %s, for %d rows"
                                        .formatted(
                                                asked.approval(),
                                                asked.by().wire(),
                                                asked.needed(),
                                                asked.approvers(),
                                                asked.rowsAffected());
                        yield "requested";
                    }
                    case ApprovalGranted granted -> {
                        flat.whose(granted.approver());
                        flat.approval = granted.approval();
                        flat.digest = granted.effectDigest();
                        flat.detail =
                                "approval %s by %s%s"
                                        .formatted(
                                                granted.approval(),
                                                granted.by().wire(),
                                                granted.note() == null
                                                        ? ""
                                                        : ": " + granted.note());
                        yield "granted";
                    }
                    case ApprovalDenied denied -> {
                        flat.whose(denied.approver());
                        flat.approval = denied.approval();
                        flat.detail = "approval " + denied.approval() + ": " + denied.reason();
                        yield "denied";
                    }
                    case RegistryChanged change -> {
                        flat.subject = change.by();
                        flat.digest = change.valueDigest();
                        flat.detail =
                                change.reason() == null
                                        ? change.key()
                                        : change.key() + ": " + change.reason();
                        yield "changed";
                    }
                    case PrincipalSuspended suspended -> {
                        flat.subject = suspended.subject();
                        flat.alert = suspended.alert();
                        flat.by = suspended.by();
                        flat.detail = suspended.reason();
                        yield "suspended";
                    }
                    case PrincipalReinstated reinstated -> {
                        flat.subject = reinstated.subject();
                        flat.by = reinstated.by();
                        flat.detail = reinstated.reason();
                        yield "reinstated";
                    }
                    case AlertRaised raised -> {
                        flat.whose(raised.principal());
                        flat.alert = raised.alert();
                        flat.detector = raised.detector();
                        flat.severity = raised.severity();
                        flat.evidence = raised.evidence();
                        flat.observed = raised.observed();
                        flat.expected = raised.expected();
                        flat.span(raised.windowStart(), raised.windowEnd());
                        flat.detail = raised.reason();
                        yield "alerted";
                    }
                    case AuditRead read -> {
                        flat.whose(read.reader());
                        flat.rows = (long) read.results();
                        flat.detail =
                                read.filter().isEmpty()
                                        ? read.action()
                                        : read.action() + ": " + read.filter();
                        yield "read";
                    }
                    case ExportMade export -> {
                        flat.whose(export.reader());
                        flat.rows = export.entries();
                        flat.digest = export.digest();
                        flat.span(export.from(), export.to());
                        flat.detail =
                                export.format() + " from " + export.from() + " to " + export.to();
                        yield "exported";
                    }
                    case KeyErased erased -> {
                        flat.subject = erased.subject();
                        flat.by = erased.by();
                        flat.detail = "key " + erased.dataKey() + ": " + erased.reason();
                        yield "erased";
                    }
                    case GapFound gap -> {
                        flat.code = gap.cause().wire();
                        flat.detail = gap.place() + ": " + gap.reason();
                        yield "gap";
                    }
                };
        return flat.of(event, outcome);
    }
}
