package dev.sallyport.audit.search;

import com.fasterxml.jackson.annotation.JsonProperty;
import dev.sallyport.audit.log.LogStage;
import dev.sallyport.schema.id.CallId;
import dev.sallyport.schema.id.DatabaseName;
import java.time.Instant;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * An entry as search shows it: found by the search tables, and read from the log.
 *
 * @param index its place in the log, from 0
 * @param stage how far it has come in the log; only what is published is proved
 * @param check whether the log holds what was found
 */
public record FoundEntry(
        long index,
        UUID eventId,
        Instant time,
        String kind,
        @JsonProperty("callId") @Nullable UUID call,
        @Nullable String principal,
        @Nullable String client,
        @Nullable String tool,
        @Nullable String database,
        @Nullable String statementClass,
        @Nullable String outcome,
        @Nullable String code,
        @Nullable Long rows,
        List<String> tables,
        @Nullable String fingerprint,
        @Nullable String detail,
        LogStage stage,
        RowCheck check) {
    /** The kind of what is in no log. */
    public static final String NO_ENTRY = "NoEntry";

    public FoundEntry {
        tables = List.copyOf(tables);
    }

    static FoundEntry of(long index, UUID eventId, Facts facts, LogStage stage, RowCheck check) {
        return new FoundEntry(
                index,
                eventId,
                facts.time(),
                facts.kind(),
                facts.call().map(CallId::value).orElse(null),
                facts.principal().orElse(null),
                facts.client().orElse(null),
                facts.tool().orElse(null),
                facts.database().map(DatabaseName::value).orElse(null),
                facts.statementClass().orElse(null),
                facts.outcome().orElse(null),
                facts.code().orElse(null),
                facts.rows().orElse(null),
                facts.tables(),
                facts.fingerprint().orElse(null),
                facts.detail().orElse(null),
                stage,
                check);
    }

    /** What was found but is no entry that can be read: nothing of it is shown but its place. */
    static FoundEntry unreadable(SearchRow row, String kind, RowCheck check) {
        return new FoundEntry(
                row.index(),
                row.eventId(),
                row.time(),
                kind,
                null,
                null,
                null,
                null,
                null,
                null,
                null,
                null,
                null,
                List.of(),
                null,
                null,
                LogStage.SEQUENCED,
                check);
    }
}
