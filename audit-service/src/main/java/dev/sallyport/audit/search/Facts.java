package dev.sallyport.audit.search;

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
import dev.sallyport.schema.event.PrincipalReinstated;
import dev.sallyport.schema.event.PrincipalSuspended;
import dev.sallyport.schema.event.RegistryChanged;
import dev.sallyport.schema.id.CallId;
import dev.sallyport.schema.id.DatabaseName;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * What an event can be found by. Nothing of it is evidence: that is the event itself.
 *
 * @param time when the event says that it happened
 * @param kind the event's kind, such as {@code CallSettled}, or {@code Unreadable}
 * @param call the call that it belongs to
 * @param principal the subject that it speaks of
 * @param client the OAuth client of that subject
 * @param outcome one word for what happened, such as {@code succeeded} or {@code refused}
 * @param code the stable code of what went wrong
 * @param rows rows returned or, for a write, affected
 * @param tables the tables that the statement names
 * @param fingerprint the statement with its literals replaced
 * @param detail a few words that tell what the event is about, where it concerns no statement
 * @param further other texts by which it should be found
 */
public record Facts(
        Instant time,
        String kind,
        Optional<CallId> call,
        Optional<String> principal,
        Optional<String> client,
        Optional<String> tool,
        Optional<DatabaseName> database,
        Optional<String> statementClass,
        Optional<String> outcome,
        Optional<String> code,
        Optional<Long> rows,
        List<String> tables,
        Optional<String> fingerprint,
        Optional<String> detail,
        List<String> further) {
    /** The kind of entries that hold no event: records that could not be read. */
    public static final String UNREADABLE = "Unreadable";

    /** The outcomes that entries can have. */
    public static final List<String> OUTCOMES =
            List.of(
                    "authorized",
                    "succeeded",
                    "failed",
                    "expired",
                    "cancelled",
                    "unknown",
                    "refused",
                    "unauthenticated",
                    "requested",
                    "granted",
                    "denied",
                    "changed",
                    "suspended",
                    "reinstated",
                    "alerted",
                    "read",
                    "exported",
                    "erased",
                    "rejected");

    public Facts {
        tables = List.copyOf(tables);
        further = List.copyOf(further);
    }

    /** What an event can be found by. */
    public static Facts of(Event<?> event) {
        var draft = new Draft(event.time(), event.type().kind());
        return switch (event.data()) {
            case CallAuthorized call ->
                    draft.call(call.call())
                            .by(call.principal().subject(), call.principal().client())
                            .statement(
                                    call.tool(),
                                    call.database(),
                                    call.statementClass().wire(),
                                    call.fingerprint())
                            .tables(call.tables())
                            .also(call.columns())
                            .ended("authorized", null);
            case CallSettled call ->
                    draft.call(call.call())
                            .by(call.principal().subject(), call.principal().client())
                            .statement(
                                    call.tool(),
                                    call.database(),
                                    call.statementClass().wire(),
                                    call.fingerprint())
                            .tables(call.tables())
                            .rows(Math.max(call.rows(), call.rowsAffected()))
                            .also(call.sqlState(), call.executor())
                            .ended(call.ended().wire(), call.code());
            case CallRefused call ->
                    draft.call(call.call())
                            .by(call.principal().subject(), call.principal().client())
                            .statement(
                                    call.tool(),
                                    call.database(),
                                    call.statementClass().wire(),
                                    call.fingerprint())
                            .also(call.scopes())
                            .ended("refused", call.code());
            case AuthenticationFailed failed ->
                    draft.by(failed.subject(), null)
                            .about(failed.address() == null ? null : "from " + failed.address())
                            .also(failed.issuer())
                            .ended("unauthenticated", failed.code());
            case ApprovalRequested asked ->
                    draft.call(asked.call())
                            .by(asked.requester().subject(), asked.requester().client())
                            .about(
                                    "approval "
                                            + asked.approval()
                                            + " for "
                                            + asked.rowsAffected()
                                            + " rows")
                            .ended("requested", null);
            case ApprovalGranted granted ->
                    draft.by(granted.approver().subject(), granted.approver().client())
                            .about("approval " + granted.approval())
                            .ended("granted", null);
            case ApprovalDenied denied ->
                    draft.by(denied.approver().subject(), denied.approver().client())
                            .about("approval " + denied.approval() + ": " + denied.reason())
                            .ended("denied", null);
            case RegistryChanged change ->
                    draft.by(change.by(), null).about(change.key()).ended("changed", null);
            case PrincipalSuspended suspended ->
                    draft.by(suspended.subject(), null)
                            .about(suspended.reason())
                            .also(suspended.alert(), suspended.by())
                            .ended("suspended", null);
            case PrincipalReinstated reinstated ->
                    draft.by(reinstated.subject(), null)
                            .about(reinstated.reason())
                            .also(reinstated.by())
                            .ended("reinstated", null);
            case AlertRaised alert ->
                    draft.by(alert.principal().subject(), alert.principal().client())
                            .about(alert.reason())
                            .also(alert.alert(), alert.severity().wire())
                            .ended("alerted", alert.detector());
            case AuditRead read ->
                    draft.by(read.reader().subject(), read.reader().client())
                            .rows(read.results())
                            .about(
                                    read.filter().isEmpty()
                                            ? read.action()
                                            : read.action() + ": " + read.filter())
                            .ended("read", null);
            case ExportMade export ->
                    draft.by(export.reader().subject(), export.reader().client())
                            .rows(export.entries())
                            .about(
                                    export.format()
                                            + " from "
                                            + export.from()
                                            + " to "
                                            + export.to())
                            .also(export.digest())
                            .ended("exported", null);
            case KeyErased erased ->
                    draft.by(erased.subject(), null)
                            .about("key " + erased.dataKey() + ": " + erased.reason())
                            .also(erased.by())
                            .ended("erased", null);
        };
    }

    /** What a record can be found by that could not be read. */
    public static Facts ofUnreadable(Instant time, String code, String topic) {
        return new Draft(time, UNREADABLE).about(topic).ended("rejected", code);
    }

    /** The words under which the event is found. */
    public List<String> words() {
        var texts = new ArrayList<String>(further);
        texts.add(kind);
        texts.addAll(tables);
        for (var text :
                List.of(
                        principal,
                        client,
                        tool,
                        statementClass,
                        outcome,
                        code,
                        fingerprint,
                        detail)) {
            text.ifPresent(texts::add);
        }
        database.ifPresent(name -> texts.add(name.value()));
        return Words.of(texts);
    }
}
