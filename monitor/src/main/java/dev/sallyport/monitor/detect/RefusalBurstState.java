package dev.sallyport.monitor.detect;

import dev.sallyport.schema.id.CallId;
import java.io.DataInput;
import java.io.DataOutput;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * What the refusal detector keeps of a principal.
 *
 * @param newestMillis latest event time seen
 * @param slots refusals lately, oldest first
 */
public record RefusalBurstState(long newestMillis, List<Slot> slots) {
    static final RefusalBurstState FRESH = new RefusalBurstState(Long.MIN_VALUE, List.of());

    public RefusalBurstState {
        slots = List.copyOf(slots);
    }

    /**
     * A short stretch of time.
     *
     * @param byCode refusals by code; codes beyond the first few are counted as {@code other}
     * @param first the calls of its first refusals
     */
    record Slot(long startMillis, SortedMap<String, Long> byCode, List<CallId> first) {
        private static final int CODES_MAX = 8;
        private static final int FIRST_MAX = 4;

        /** Codes come from outside; the stable ones are far shorter. */
        private static final int CODE_CHARS_MAX = 64;

        Slot {
            first = List.copyOf(first);
        }

        static Slot empty(long startMillis) {
            return new Slot(startMillis, new TreeMap<>(), List.of());
        }

        Slot plus(Observation.Refused refused) {
            SortedMap<String, Long> counts = new TreeMap<>(byCode);
            String code = shortened(refused.code());
            boolean named = counts.containsKey(code) || counts.size() < CODES_MAX;
            counts.merge(named ? code : "other", refused.count(), Slot::capped);
            List<CallId> evidence = new ArrayList<>(first);
            if (evidence.size() < FIRST_MAX) {
                evidence.add(refused.call());
            }
            return new Slot(startMillis, counts, evidence);
        }

        private static String shortened(String code) {
            return code.length() > CODE_CHARS_MAX ? code.substring(0, CODE_CHARS_MAX) : code;
        }

        void write(DataOutput out) throws IOException {
            out.writeLong(startMillis);
            out.writeByte(byCode.size());
            for (Map.Entry<String, Long> code : byCode.entrySet()) {
                out.writeUTF(code.getKey());
                out.writeLong(code.getValue());
            }
            out.writeByte(first.size());
            for (CallId call : first) {
                CallIdBytes.write(call, out);
            }
        }

        static Slot read(DataInput in) throws IOException {
            long startMillis = in.readLong();
            SortedMap<String, Long> byCode = new TreeMap<>();
            for (int left = in.readByte(); left > 0; left--) {
                byCode.put(in.readUTF(), in.readLong());
            }
            List<CallId> first = new ArrayList<>(FIRST_MAX);
            for (int left = in.readByte(); left > 0; left--) {
                first.add(CallIdBytes.read(in));
            }
            return new Slot(startMillis, byCode, first);
        }

        static long capped(long a, long b) {
            return a > Long.MAX_VALUE - b ? Long.MAX_VALUE : a + b;
        }
    }

    void write(DataOutput out) throws IOException {
        out.writeLong(newestMillis);
        out.writeInt(slots.size());
        for (Slot slot : slots) {
            slot.write(out);
        }
    }

    static RefusalBurstState read(DataInput in) throws IOException {
        long newestMillis = in.readLong();
        List<Slot> slots = new ArrayList<>();
        for (int left = in.readInt(); left > 0; left--) {
            slots.add(Slot.read(in));
        }
        return new RefusalBurstState(newestMillis, slots);
    }

    RefusalBurstState with(
            long slotMillis, long millis, Sliding sliding, Observation.Refused refused) {
        long newest = Math.max(newestMillis, millis);
        long openSince = sliding.openSince(newest);
        if (slotMillis < openSince) {
            return this;
        }
        List<Slot> changed = new ArrayList<>();
        slots.stream().filter(slot -> slot.startMillis() >= openSince).forEach(changed::add);
        int index = changed.size();
        while (index > 0 && changed.get(index - 1).startMillis() > slotMillis) {
            index--;
        }
        if (index > 0 && changed.get(index - 1).startMillis() == slotMillis) {
            changed.set(index - 1, changed.get(index - 1).plus(refused));
        } else {
            changed.add(index, Slot.empty(slotMillis).plus(refused));
        }
        return new RefusalBurstState(newest, changed);
    }

    List<Slot> between(long fromMillis, long toMillis) {
        return slots.stream()
                .filter(slot -> slot.startMillis() >= fromMillis && slot.startMillis() < toMillis)
                .toList();
    }
}
