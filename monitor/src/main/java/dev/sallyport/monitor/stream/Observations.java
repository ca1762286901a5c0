package dev.sallyport.monitor.stream;

import dev.sallyport.monitor.detect.Observation;
import dev.sallyport.monitor.detect.Volume;
import dev.sallyport.monitor.stream.Notice.Whose;
import dev.sallyport.schema.event.AlertRaised;
import dev.sallyport.schema.event.ApprovalDenied;
import dev.sallyport.schema.event.ApprovalGranted;
import dev.sallyport.schema.event.ApprovalRequested;
import dev.sallyport.schema.event.AuditRead;
import dev.sallyport.schema.event.AuthenticationFailed;
import dev.sallyport.schema.event.CallAuthorized;
import dev.sallyport.schema.event.CallRefused;
import dev.sallyport.schema.event.CallSettled;
import dev.sallyport.schema.event.Event;
import dev.sallyport.schema.event.ExportMade;
import dev.sallyport.schema.event.KeyErased;
import dev.sallyport.schema.event.Principal;
import dev.sallyport.schema.event.PrincipalReinstated;
import dev.sallyport.schema.event.PrincipalSuspended;
import dev.sallyport.schema.event.RegistryChanged;
import java.time.Instant;
import java.util.List;

/** What an event means to the detectors; a pure function. */
final class Observations {
    /** SQLSTATE insufficient_privilege: the database itself refused. */
    static final String INSUFFICIENT_PRIVILEGE = "42501";

    private Observations() {}

    static List<Notice> of(Event<?> event, Instant at) {
        return switch (event.data()) {
            case CallSettled settled -> settled(event, settled, at);
            case CallRefused refused ->
                    List.of(
                            observed(
                                    event,
                                    refused.principal(),
                                    new Observation.Refused(
                                            at, refused.call(), refused.code(), refused.count())));
            case PrincipalSuspended suspended ->
                    List.of(new Notice.Suspended(new Whose(event.tenant(), suspended.subject())));
            case PrincipalReinstated reinstated -> {
                Whose whose = new Whose(event.tenant(), reinstated.subject());
                yield List.of(
                        new Notice.Reinstated(whose),
                        new Notice.Observed(
                                whose, null, event.trace(), new Observation.Reinstated(at)));
            }
            case CallAuthorized _,
                    AuthenticationFailed _,
                    ApprovalRequested _,
                    ApprovalGranted _,
                    ApprovalDenied _,
                    RegistryChanged _,
                    AlertRaised _,
                    AuditRead _,
                    ExportMade _,
                    KeyErased _ ->
                    List.of();
        };
    }

    private static List<Notice> settled(Event<?> event, CallSettled settled, Instant at) {
        if (settled.database() == null) {
            // answered by the gateway itself: no data left a database
            return List.of();
        }
        if (INSUFFICIENT_PRIVILEGE.equals(settled.sqlState())) {
            return List.of(
                    observed(
                            event,
                            settled.principal(),
                            new Observation.Refused(
                                    at, settled.call(), "sqlstate_" + INSUFFICIENT_PRIVILEGE, 1)));
        }
        return List.of(
                observed(
                        event,
                        settled.principal(),
                        new Observation.Returned(
                                at, settled.call(), new Volume(settled.rows(), settled.bytes()))));
    }

    private static Notice observed(Event<?> event, Principal principal, Observation observation) {
        Whose whose = new Whose(event.tenant(), principal.subject());
        return new Notice.Observed(whose, principal, event.trace(), observation);
    }
}
