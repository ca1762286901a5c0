package dev.sallyport.audit.search;

import com.fasterxml.jackson.annotation.JsonValue;
import dev.sallyport.schema.event.ApprovalDenied;
import dev.sallyport.schema.event.ApprovalGranted;
import dev.sallyport.schema.event.ApprovalRequested;
import dev.sallyport.schema.event.CallAuthorized;
import dev.sallyport.schema.event.Event;
import dev.sallyport.schema.id.EventId;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.UUID;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * What an entry is in the life of an approval. Nothing of it is evidence: that is the entry itself.
 *
 * @param approval the approval's id
 * @param kind what it is
 * @param expires of a request: from when on no decision counts
 * @param requester of a request: who asked
 * @param approvers of a request: who may decide
 */
public record ApprovalStep(
        UUID approval,
        Kind kind,
        Optional<Instant> expires,
        Optional<String> requester,
        List<String> approvers) {
    /** The steps that an approval can take. */
    public enum Kind {
        /** It was asked for. */
        REQUESTED,
        /** Somebody allowed it. */
        GRANTED,
        /** Somebody refused it. */
        DENIED,
        /** A call ran by it. */
        USED;

        /** The name in the database and in the API. */
        @JsonValue
        public String wire() {
            return name().toLowerCase(Locale.ROOT);
        }

        private static Kind of(String wire) {
            return Stream.of(values())
                    .filter(kind -> kind.wire().equals(wire))
                    .findFirst()
                    .orElseThrow(() -> new IllegalArgumentException("no such step: " + wire));
        }
    }

    /** The columns of the table {@code approval a} that make a step. */
    public static final String COLUMNS = "a.approval, a.step, a.expires, a.requester, a.approvers";

    public ApprovalStep {
        approvers = List.copyOf(approvers);
        // as the database can hold it
        expires = expires.map(ApprovalStep::storable);
    }

    /** No event may stop the ingestion, whatever it says. */
    private static Instant storable(Instant time) {
        if (time.isBefore(EntryFilter.TIME_MIN)) {
            return EntryFilter.TIME_MIN;
        }
        return time.isAfter(EntryFilter.TIME_MAX)
                ? EntryFilter.TIME_MAX
                : time.truncatedTo(ChronoUnit.MICROS);
    }

    /** The step in the row that a query for {@link #COLUMNS} found; empty where none could be. */
    public static Optional<ApprovalStep> of(ResultSet row) throws SQLException {
        try {
            return Optional.of(
                    new ApprovalStep(
                            row.getObject("approval", UUID.class),
                            Kind.of(row.getString("step")),
                            Optional.ofNullable(row.getObject("expires", OffsetDateTime.class))
                                    .map(OffsetDateTime::toInstant),
                            Optional.ofNullable(row.getString("requester")),
                            SearchRow.texts(row, "approvers")));
        } catch (IllegalArgumentException altered) {
            return Optional.empty();
        }
    }

    /** The step that the event is; empty for most events. */
    public static Optional<ApprovalStep> of(Event<?> event) {
        return switch (event.data()) {
            // a request is known by the id of its event: there is no second one
            case ApprovalRequested asked when asked.approval().equals(event.id().toString()) ->
                    step(
                            asked.approval(),
                            Kind.REQUESTED,
                            Optional.of(asked.expires()),
                            Optional.of(StorableText.name(asked.requester().subject())),
                            asked.approvers().stream().map(StorableText::name).toList());
            case ApprovalGranted granted -> later(granted.approval(), Kind.GRANTED);
            case ApprovalDenied denied -> later(denied.approval(), Kind.DENIED);
            case CallAuthorized call -> later(call.approval(), Kind.USED);
            default -> Optional.empty();
        };
    }

    private static Optional<ApprovalStep> later(@Nullable String approval, Kind kind) {
        return step(approval, kind, Optional.empty(), Optional.empty(), List.of());
    }

    private static Optional<ApprovalStep> step(
            @Nullable String approval,
            Kind kind,
            Optional<Instant> expires,
            Optional<String> requester,
            List<String> approvers) {
        if (approval == null) {
            return Optional.empty();
        }
        try {
            return Optional.of(
                    new ApprovalStep(
                            EventId.of(approval).value(), kind, expires, requester, approvers));
        } catch (IllegalArgumentException noId) {
            return Optional.empty();
        }
    }
}
