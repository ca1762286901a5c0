package dev.sallyport.monitor.stream;

import dev.sallyport.monitor.detect.Observation;
import dev.sallyport.monitor.detect.Volume;
import dev.sallyport.monitor.stream.Notice.Whose;
import dev.sallyport.schema.event.FlatEvent;
import dev.sallyport.schema.event.Principal;
import dev.sallyport.schema.id.CallId;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What an event means to the detectors; a pure function. */
final class Observations {
    /** SQLSTATE insufficient_privilege: the database itself refused. */
    static final String INSUFFICIENT_PRIVILEGE = "42501";

    private Observations() {}

    static List<Notice> of(FlatEvent event, Instant at) {
        return switch (event.type()) {
            case CALL_SETTLED -> settled(event, at);
            case CALL_REFUSED ->
                    List.of(
                            observed(
                                    event,
                                    new Observation.Refused(
                                            at,
                                            said(event.call()),
                                            said(event.code()),
                                            event.count())));
            case ALERT_RAISED ->
                    LostSuspensions.DETECTOR.equals(event.detector())
                            ? List.of(new Notice.SuspensionLost(whose(event), said(event.alert())))
                            : List.of();
            case PRINCIPAL_SUSPENDED -> List.of(new Notice.Suspended(whose(event)));
            case PRINCIPAL_REINSTATED ->
                    List.of(
                            new Notice.Reinstated(whose(event)),
                            new Notice.Observed(
                                    whose(event),
                                    null,
                                    event.trace(),
                                    new Observation.Reinstated(at)));
            default -> List.of();
        };
    }

    private static List<Notice> settled(FlatEvent event, Instant at) {
        if (event.database() == null) {
            // answered by the gateway itself: no data left a database
            return List.of();
        }
        CallId call = said(event.call());
        Observation observation =
                INSUFFICIENT_PRIVILEGE.equals(event.sqlState())
                        ? new Observation.Refused(at, call, "sqlstate_" + INSUFFICIENT_PRIVILEGE, 1)
                        : new Observation.Returned(
                                at, call, new Volume(said(event.rows()), said(event.bytes())));
        return List.of(observed(event, observation));
    }

    private static Notice observed(FlatEvent event, Observation observation) {
        Principal principal =
                new Principal(
                        said(event.subject()),
                        said(event.client()),
                        event.agent(),
                        event.address());
        return new Notice.Observed(whose(event), principal, event.trace(), observation);
    }

    private static Whose whose(FlatEvent event) {
        return new Whose(event.tenant(), said(event.subject()));
    }

    /** A column that every event of the kind has. */
    private static <T> T said(@Nullable T column) {
        if (column == null) {
            throw new IllegalArgumentException("the event lacks what its kind always says");
        }
        return column;
    }
}
