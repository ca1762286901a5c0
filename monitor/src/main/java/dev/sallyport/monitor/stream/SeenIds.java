package dev.sallyport.monitor.stream;

import dev.sallyport.schema.event.FlatEvent;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;
import org.apache.kafka.streams.KeyValue;
import org.apache.kafka.streams.state.KeyValueIterator;

/**
 * The ids of events that were seen lately, to recognise an event that comes again. An id holds the
 * time at which it was made, the same in every delivery; so there is a set for each minute, and a
 * minute that is over is forgotten as a whole. An id takes 16 bytes in a row, and some 30 in
 * memory.
 *
 * <p>The rows: what one commit adds to a minute is one row of ids, one after the other.
 */
final class SeenIds {
    /** How many ids a task remembers; beyond that the oldest minutes are forgotten early. */
    static final int IDS_MAX = 1 << 20;

    /** How far ahead of this machine's clock an event may claim to be. */
    static final Duration AHEAD_MAX = Duration.ofMinutes(1);

    private static final String PREFIX = "ids/";
    private static final int ID_BYTES = 16;

    private final RowStore rows;
    private final long minutesMax;
    private final int idsMax;
    private final TreeMap<Long, Minute> minutes = new TreeMap<>();
    private int size;
    private long nextRow;

    SeenIds(RowStore rows, Duration rememberedFor, int idsMax) {
        this.rows = rows;
        this.minutesMax = rememberedFor.toMinutes();
        this.idsMax = idsMax;
        try (KeyValueIterator<String, byte[]> stored = rows.beginningWith(PREFIX)) {
            while (stored.hasNext()) {
                restore(stored.next());
            }
        }
    }

    /** Whether the event's id was not seen before. */
    boolean firstTime(FlatEvent event, long nowMillis) {
        long high = event.id().value().getMostSignificantBits();
        long madeMillis = high >>> 16;
        if (madeMillis > nowMillis + AHEAD_MAX.toMillis()) {
            // such a time would push every other id out
            return true;
        }
        long minute = madeMillis / 60_000;
        if (!minutes.isEmpty() && minute <= minutes.lastKey() - minutesMax) {
            return true;
        }
        // an id is unique within its tenant only
        long low = event.id().value().getLeastSignificantBits() ^ salt(event.tenant().value());
        Minute ids = minutes.computeIfAbsent(minute, _ -> new Minute());
        if (!ids.all.add(high, low)) {
            return false;
        }
        ids.added(high, low);
        size++;
        return true;
    }

    int size() {
        return size;
    }

    /** Writes what was added, and drops the rows of what is forgotten. */
    void write() {
        minutes.forEach(this::write);
        while (!minutes.isEmpty()
                && (minutes.firstKey() <= minutes.lastKey() - minutesMax
                        || (size > idsMax && minutes.size() > 1))) {
            Minute over = minutes.pollFirstEntry().getValue();
            size -= over.all.size();
            over.rowKeys.forEach(rows::delete);
        }
    }

    private void write(long minute, Minute ids) {
        if (ids.addedCount > 0) {
            String key = PREFIX + minute + "/" + nextRow++;
            rows.put(key, ids.takeAdded());
            ids.rowKeys.add(key);
        }
    }

    private void restore(KeyValue<String, byte[]> row) {
        String[] parts = row.key.split("/", -1);
        Minute ids = minutes.computeIfAbsent(Long.parseLong(parts[1]), _ -> new Minute());
        nextRow = Math.max(nextRow, Long.parseLong(parts[2]) + 1);
        ids.rowKeys.add(row.key);
        ByteBuffer stored = ByteBuffer.wrap(row.value);
        while (stored.remaining() >= ID_BYTES) {
            size += ids.all.add(stored.getLong(), stored.getLong()) ? 1 : 0;
        }
    }

    /** 64-bit FNV-1a (http://www.isthe.com/chongo/tech/comp/fnv/) of a tenant's name. */
    private static long salt(String tenant) {
        long hash = 0xCBF29CE484222325L;
        for (int i = 0; i < tenant.length(); i++) {
            hash = (hash ^ tenant.charAt(i)) * 0x100000001B3L;
        }
        return hash;
    }

    private static final class Minute {
        private final IdSet all = new IdSet();
        private final List<String> rowKeys = new ArrayList<>();
        private ByteBuffer added = ByteBuffer.allocate(64 * ID_BYTES);
        private int addedCount;

        void added(long high, long low) {
            if (added.remaining() < ID_BYTES) {
                added = ByteBuffer.allocate(2 * added.capacity()).put(added.flip());
            }
            added.putLong(high).putLong(low);
            addedCount++;
        }

        byte[] takeAdded() {
            byte[] taken = new byte[added.position()];
            added.get(0, taken);
            added.clear();
            addedCount = 0;
            return taken;
        }
    }
}
