package dev.sallyport.audit.check;

import dev.sallyport.audit.ingest.SealedStretches;
import dev.sallyport.audit.store.RowSeal;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.TreeMap;
import org.apache.kafka.common.TopicPartition;
import org.jdbi.v3.core.Handle;

/**
 * The check of what was consumed: that each stretch was written by the service, that they follow
 * each other, and that the entries came from them.
 *
 * @param covered of each partition, where runs of stretches begin and end
 * @param findings what differs
 */
record ConsumedCheck(Map<TopicPartition, NavigableMap<Long, Long>> covered, List<String> findings) {
    static ConsumedCheck run(Handle handle, RowSeal seal) {
        var covered = new HashMap<TopicPartition, NavigableMap<Long, Long>>();
        var findings = new Findings();
        try (var rows = SealedStretches.all(handle, seal)) {
            var before = Optional.<SealedStretches.Read>empty();
            while (rows.hasNext()) {
                var row = rows.next();
                if (!row.ours()) {
                    findings.add(
                            "consumed: the row of "
                                    + row.partition()
                                    + " from "
                                    + row.from()
                                    + " to "
                                    + row.next()
                                    + " was not written by this service");
                    continue;
                }
                before.filter(one -> one.isBefore(row) && one.next() != row.from())
                        .ifPresent(one ->
                                findings.add(
                                        "consumed: "
                                                + row.partition()
                                                + " was consumed up to "
                                                + one.next()
                                                + ", and the next row begins at "
                                                + row.from()
                                                + ": rows between them are missing"));
                add(
                        covered.computeIfAbsent(row.partition(), _ -> new TreeMap<>()),
                        row.from(),
                        row.next());
                before = Optional.of(row);
            }
        }
        return new ConsumedCheck(covered, findings.list());
    }

    private static void add(NavigableMap<Long, Long> runs, long from, long next) {
        var run = runs.floorEntry(from);
        if (run != null && run.getValue() >= from) {
            runs.put(run.getKey(), Math.max(run.getValue(), next));
        } else {
            runs.put(from, next);
        }
    }

    /** Whether the record was consumed. */
    boolean covers(TopicPartition partition, long record) {
        var runs = covered.get(partition);
        var run = runs == null ? null : runs.floorEntry(record);
        return run != null && record < run.getValue();
    }
}
