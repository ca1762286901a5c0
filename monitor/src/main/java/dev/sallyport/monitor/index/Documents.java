package dev.sallyport.monitor.index;

import com.fasterxml.jackson.annotation.JsonProperty;
import dev.sallyport.schema.event.AlertRaised;
import dev.sallyport.schema.event.ApprovalDenied;
import dev.sallyport.schema.event.ApprovalGranted;
import dev.sallyport.schema.event.ApprovalRequested;
import dev.sallyport.schema.event.Attested;
import dev.sallyport.schema.event.AuditRead;
import dev.sallyport.schema.event.AuthenticationFailed;
import dev.sallyport.schema.event.CallAuthorized;
import dev.sallyport.schema.event.CallRefused;
import dev.sallyport.schema.event.CallSettled;
import dev.sallyport.schema.event.Ended;
import dev.sallyport.schema.event.Event;
import dev.sallyport.schema.event.ExportMade;
import dev.sallyport.schema.event.KeyErased;
import dev.sallyport.schema.event.Principal;
import dev.sallyport.schema.event.PrincipalReinstated;
import dev.sallyport.schema.event.PrincipalSuspended;
import dev.sallyport.schema.event.RegistryChanged;
import dev.sallyport.schema.event.Severity;
import dev.sallyport.schema.event.StatementClass;
import dev.sallyport.schema.event.Timings;
import dev.sallyport.schema.event.TraceContext;
import dev.sallyport.schema.id.CallId;
import dev.sallyport.schema.id.DatabaseName;
import dev.sallyport.schema.id.EventId;
import dev.sallyport.schema.id.TenantId;
import dev.sallyport.schema.json.Json;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Which events become documents, and what of them. Each member is named here: what an event may
 * hold later does not reach the index by itself.
 */
final class Documents {
    private Documents() {}

    static Optional<Document> of(Event<?> event) {
        return switch (event.data()) {
            case CallSettled settled ->
                    Optional.of(document(Document.CALLS, event, call(event, settled)));
            case AlertRaised raised ->
                    Optional.of(document(Document.ALERTS, event, alert(event, raised)));
            case CallAuthorized _,
                    CallRefused _,
                    AuthenticationFailed _,
                    ApprovalRequested _,
                    ApprovalGranted _,
                    ApprovalDenied _,
                    RegistryChanged _,
                    PrincipalSuspended _,
                    PrincipalReinstated _,
                    AuditRead _,
                    ExportMade _,
                    KeyErased _ ->
                    Optional.empty();
        };
    }

    private static Document document(String index, Event<?> event, Object content) {
        return new Document(
                index, event.id().toString(), Json.mapper().writeValueAsString(content));
    }

    private static CallDocument call(Event<?> event, CallSettled settled) {
        TraceContext trace = event.trace();
        return new CallDocument(
                event.time(),
                event.id(),
                event.tenant(),
                settled.call(),
                settled.principal(),
                settled.tool(),
                settled.database(),
                settled.statementClass(),
                settled.tables(),
                settled.fingerprint(),
                settled.ended(),
                settled.code(),
                settled.sqlState(),
                settled.rows(),
                settled.rowsAffected(),
                settled.bytes(),
                settled.truncated(),
                settled.timings(),
                settled.attested(),
                settled.executor(),
                settled.attempt(),
                trace == null ? null : trace.traceparent());
    }

    private static AlertDocument alert(Event<?> event, AlertRaised raised) {
        return new AlertDocument(
                event.time(),
                event.id(),
                event.tenant(),
                raised.alert(),
                raised.detector(),
                raised.severity(),
                raised.principal(),
                raised.reason(),
                raised.evidence(),
                raised.observed(),
                raised.expected(),
                raised.windowStart(),
                raised.windowEnd());
    }

    private record CallDocument(
            @JsonProperty("@timestamp") Instant timestamp,
            EventId id,
            TenantId tenant,
            CallId call,
            Principal principal,
            String tool,
            @Nullable DatabaseName database,
            StatementClass statementClass,
            List<String> tables,
            @Nullable String fingerprint,
            Ended ended,
            @Nullable String code,
            @Nullable String sqlState,
            long rows,
            long rowsAffected,
            long bytes,
            boolean truncated,
            Timings timings,
            @Nullable Attested attested,
            String executor,
            int attempt,
            @Nullable String traceparent) {}

    private record AlertDocument(
            @JsonProperty("@timestamp") Instant timestamp,
            EventId id,
            TenantId tenant,
            String alert,
            String detector,
            Severity severity,
            Principal principal,
            String reason,
            List<CallId> evidence,
            double observed,
            double expected,
            Instant windowStart,
            Instant windowEnd) {}
}
