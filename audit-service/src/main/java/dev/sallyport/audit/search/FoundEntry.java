package dev.sallyport.audit.search;

import com.fasterxml.jackson.annotation.JsonProperty;
import dev.sallyport.audit.log.LogStage;
import java.time.Instant;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * An entry as search shows it.
 *
 * @param index its place in the log, from 0
 * @param stage how far it has come in the log; only what is published is proved
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
        LogStage stage) {
    public FoundEntry {
        tables = List.copyOf(tables);
    }
}
