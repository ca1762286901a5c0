package dev.sallyport.audit.ingest;

import java.time.Instant;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * How far ingestion is behind the topics.
 *
 * @param lags how many records of each partition wait to be read, where any do; without the
 *     partitions of which it is not known
 * @param known whether it is known of all partitions
 * @param since when something was written last, or nothing waited
 */
public record Progress(SortedMap<String, Long> lags, boolean known, Instant since) {
    public Progress {
        lags = new TreeMap<>(lags);
    }

    /** The state before the first turn. */
    static Progress none(Instant now) {
        return new Progress(new TreeMap<>(Map.of()), false, now);
    }

    /** How many records wait to be read. */
    public long lag() {
        return lags.values().stream().mapToLong(Long::longValue).sum();
    }
}
