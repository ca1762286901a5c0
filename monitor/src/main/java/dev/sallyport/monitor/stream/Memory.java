package dev.sallyport.monitor.stream;

import dev.sallyport.monitor.detect.Detector;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.kafka.streams.KeyValue;
import org.apache.kafka.streams.state.KeyValueIterator;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What a task keeps of its principals: one row each, and the rows of those who are active as
 * objects. Objects that changed become rows when the stream commits. The same rows give the same
 * objects again, so a task that is killed between two commits goes on from the last one.
 */
final class Memory {
    /** How many principals are kept as objects; the others wait as rows. */
    static final int LIVE_MAX = 10_000;

    private static final Logger LOG = LoggerFactory.getLogger(Memory.class);
    private static final String PREFIX = "principal/";

    private final RowStore rows;
    private final List<Detector<?>> detectors;
    private final Map<String, Entry> live = new LinkedHashMap<>(256, 0.75f, true);
    private final List<Entry> changed = new ArrayList<>();

    Memory(RowStore rows, List<Detector<?>> detectors) {
        this.rows = rows;
        this.detectors = detectors;
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
        return live.computeIfAbsent(PREFIX + whose.key(), this::read);
    }

    private Entry read(String key) {
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
        Iterator<Entry> longestUnused = live.values().iterator();
        while (live.size() > LIVE_MAX) {
            longestUnused.next();
            longestUnused.remove();
        }
    }

    /** Drops the principals that were not seen for that long, and rows of other versions. */
    int forget(long nowMillis, Duration after) {
        long since = nowMillis - after.toMillis();
        List<String> forgotten = new ArrayList<>();
        try (KeyValueIterator<String, byte[]> stored = rows.beginningWith(PREFIX)) {
            while (stored.hasNext()) {
                KeyValue<String, byte[]> row = stored.next();
                Entry entry = live.get(row.key);
                boolean dirty = entry != null && entry.dirty;
                if (!dirty
                        && (!PrincipalState.readable(row.value)
                                || PrincipalState.seenMillis(row.value) < since)) {
                    forgotten.add(row.key);
                }
            }
        }
        for (String key : forgotten) {
            live.remove(key);
            rows.delete(key);
        }
        return forgotten.size();
    }
}
