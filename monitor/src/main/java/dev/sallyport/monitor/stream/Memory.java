package dev.sallyport.monitor.stream;

import dev.sallyport.monitor.detect.Detector;
import dev.sallyport.schema.id.TenantId;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.LongPredicate;
import java.util.stream.LongStream;
import org.apache.kafka.streams.KeyValue;
import org.apache.kafka.streams.state.KeyValueIterator;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What a task keeps of its principals: one row each, and the rows of those who are active as
 * objects. Objects that changed become rows when the stream commits. The same rows give the same
 * objects again, so a task that is killed between two commits goes on from the last one. Beside
 * them stands one row a tenant, for what all its newcomers do together.
 */
final class Memory {
    /** How many principals are kept as objects; the others wait as rows. */
    static final int LIVE_MAX = 10_000;

    /** How many rows a task keeps. */
    static final long ROWS_MAX = 200_000;

    private static final Logger LOG = LoggerFactory.getLogger(Memory.class);
    private static final String PRINCIPAL = "principal/";
    private static final String NEWCOMERS = "newcomers/";

    private final RowStore rows;
    private final List<Detector<?>> detectors;
    private final List<Detector<?>> ofNewcomers;
    private final long rowsMax;
    private final Map<String, Entry> live = new LinkedHashMap<>(256, 0.75f, true);
    private final List<Entry> changed = new ArrayList<>();
    private final Set<String> suspended = new HashSet<>();

    /**
     * @param detectors for each principal
     * @param ofNewcomers for all newcomers of a tenant together
     * @param rowsMax how many rows may stand; beyond that those unseen for longest go
     */
    Memory(
            RowStore rows,
            List<Detector<?>> detectors,
            List<Detector<?>> ofNewcomers,
            long rowsMax) {
        this.rows = rows;
        this.detectors = detectors;
        this.ofNewcomers = ofNewcomers;
        this.rowsMax = rowsMax;
        try (KeyValueIterator<String, byte[]> stored = rows.beginningWith(PRINCIPAL)) {
            while (stored.hasNext()) {
                KeyValue<String, byte[]> row = stored.next();
                if (PrincipalState.readable(row.value) && PrincipalState.isSuspended(row.value)) {
                    suspended.add(row.key);
                }
            }
        }
    }

    /** One principal as an object. */
    final class Entry {
        private final String key;
        private final PrincipalState state;
        private boolean dirty;

        private Entry(String key, PrincipalState state) {
            this.key = key;
            this.state = state;
        }

        PrincipalState state() {
            return state;
        }

        void stands(Standing after, long nowMillis) {
            if (after.equals(state.standing())) {
                return;
            }
            state.stands(after);
            if (after.suspended()) {
                suspended.add(key);
            } else {
                suspended.remove(key);
            }
            changed(nowMillis);
        }

        /** The state is another one than the row: it is written at the next commit. */
        void changed(long nowMillis) {
            state.seen(nowMillis);
            if (!dirty) {
                dirty = true;
                changed.add(this);
            }
        }
    }

    Entry of(Notice.Whose whose) {
        return live.computeIfAbsent(PRINCIPAL + whose.key(), key -> read(key, detectors));
    }

    Entry ofNewcomers(TenantId tenant) {
        return live.computeIfAbsent(NEWCOMERS + tenant, key -> read(key, ofNewcomers));
    }

    /** Who is suspended, as far as this task knows. */
    List<Notice.Whose> suspended() {
        return suspended.stream()
                .map(key -> Notice.Whose.ofKey(key.substring(PRINCIPAL.length())))
                .toList();
    }

    private Entry read(String key, List<Detector<?>> detectors) {
        byte[] row = rows.get(key);
        if (row != null) {
            try {
                return new Entry(key, PrincipalState.ofRow(row, detectors));
            } catch (IOException | IllegalArgumentException e) {
                LOG.atWarn()
                        .addKeyValue("problem", e.getClass().getSimpleName())
                        .log("the state of a principal could not be read; it is learnt anew");
            }
        }
        return new Entry(key, PrincipalState.fresh(detectors));
    }

    /** Writes what changed. */
    void write() {
        for (Entry entry : changed) {
            rows.put(entry.key, entry.state.toRow());
            entry.dirty = false;
        }
        changed.clear();
        if (rows.size() > rowsMax) {
            evict();
        }
        Iterator<Entry> longestUnused = live.values().iterator();
        while (live.size() > LIVE_MAX) {
            longestUnused.next();
            longestUnused.remove();
        }
    }

    /**
     * Drops the principals that were not seen for that long, and rows of other versions. Who is
     * suspended stays.
     */
    int forget(long nowMillis, Duration after) {
        long since = nowMillis - after.toMillis();
        return drop(seen -> seen < since);
    }

    /** The tenth that was not seen for longest. */
    private void evict() {
        long[] seen = seen().toArray();
        Arrays.sort(seen);
        long upTo = seen.length == 0 ? Long.MIN_VALUE : seen[seen.length / 10];
        int dropped = drop(each -> each <= upTo);
        LOG.atWarn()
                .addKeyValue("principals", dropped)
                .addKeyValue("rowsMax", rowsMax)
                .log("too many principals: those unseen for longest are forgotten");
    }

    private LongStream seen() {
        LongStream.Builder seen = LongStream.builder();
        forEachRow(row -> {
            if (PrincipalState.readable(row.value)) {
                seen.add(PrincipalState.seenMillis(row.value));
            }
        });
        return seen.build();
    }

    private int drop(LongPredicate seenThen) {
        List<String> dropped = new ArrayList<>();
        forEachRow(row -> {
            Entry entry = live.get(row.key);
            boolean dirty = entry != null && entry.dirty;
            if (!dirty
                    && !suspended.contains(row.key)
                    && (!PrincipalState.readable(row.value)
                            || seenThen.test(PrincipalState.seenMillis(row.value)))) {
                dropped.add(row.key);
            }
        });
        for (String key : dropped) {
            live.remove(key);
            rows.delete(key);
        }
        return dropped.size();
    }

    private void forEachRow(Consumer<KeyValue<String, byte[]>> action) {
        for (String prefix : List.of(PRINCIPAL, NEWCOMERS)) {
            try (KeyValueIterator<String, byte[]> stored = rows.beginningWith(prefix)) {
                stored.forEachRemaining(action);
            }
        }
    }
}
