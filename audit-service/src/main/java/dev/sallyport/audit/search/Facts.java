package dev.sallyport.audit.search;

import dev.sallyport.schema.event.Event;
import dev.sallyport.schema.event.EventType;
import dev.sallyport.schema.event.FlatEvent;
import dev.sallyport.schema.event.Severity;
import dev.sallyport.schema.event.StatementClass;
import dev.sallyport.schema.id.CallId;
import dev.sallyport.schema.id.DatabaseName;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Stream;

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
 * @param approval what it is in the life of an approval, which has a table of its own
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
        List<String> further,
        Optional<ApprovalStep> approval) {
    /** The kind of entries that hold no event: records that could not be read. */
    public static final String UNREADABLE = "Unreadable";

    /** The outcomes that entries can have. */
    public static final List<String> OUTCOMES =
            List.of(
                    "authorized",
                    "withdrawn",
                    "succeeded",
                    "rehearsed",
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
                    "rejected",
                    "gap");

    public Facts {
        tables = List.copyOf(tables);
        further = List.copyOf(further);
    }

    /** What an event can be found by. */
    public static Facts of(Event<?> event) {
        FlatEvent flat = FlatEvent.of(event);
        return new Facts(
                flat.time(),
                flat.type().kind(),
                Optional.ofNullable(flat.call()),
                Optional.ofNullable(flat.subject()).map(StorableText::name),
                Optional.ofNullable(flat.client()).map(StorableText::name),
                Optional.ofNullable(flat.tool()).map(StorableText::name),
                Optional.ofNullable(flat.database()),
                Optional.ofNullable(flat.statementClass()).map(StatementClass::wire),
                Optional.of(flat.outcome()),
                Optional.ofNullable(flat.code())
                        .or(() -> Optional.ofNullable(flat.detector()))
                        .map(StorableText::name),
                rows(flat),
                flat.tables().stream().map(StorableText::of).toList(),
                Optional.ofNullable(flat.fingerprint()).map(StorableText::of),
                Optional.ofNullable(flat.detail()).map(StorableText::of),
                further(flat),
                ApprovalStep.of(event));
    }

    private static Optional<Long> rows(FlatEvent flat) {
        Long rows = flat.rows();
        Long affected = flat.rowsAffected();
        return rows == null || affected == null
                ? Optional.ofNullable(rows)
                : Optional.of(Math.max(rows, affected));
    }

    private static List<String> further(FlatEvent flat) {
        Severity severity = flat.severity();
        var texts = new ArrayList<>(flat.columns());
        if (flat.type() == EventType.CALL_REFUSED) {
            texts.addAll(flat.scopes());
        }
        Stream.of(
                        flat.sqlState(),
                        flat.executor(),
                        flat.issuer(),
                        flat.alert(),
                        flat.by(),
                        severity == null ? null : severity.wire(),
                        flat.type() == EventType.EXPORT_MADE ? flat.digest() : null)
                .filter(Objects::nonNull)
                .forEach(texts::add);
        return texts.stream().map(StorableText::of).toList();
    }

    /** What a record can be found by that could not be read. */
    public static Facts ofUnreadable(Instant time, String code, String topic) {
        return new Facts(
                time,
                UNREADABLE,
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                Optional.of("rejected"),
                Optional.of(StorableText.name(code)),
                Optional.empty(),
                List.of(),
                Optional.empty(),
                Optional.of(StorableText.of(topic)),
                List.of(),
                Optional.empty());
    }

    /** Whether these are the facts of a record that could not be read. */
    public boolean isUnreadable() {
        return kind.equals(UNREADABLE);
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
