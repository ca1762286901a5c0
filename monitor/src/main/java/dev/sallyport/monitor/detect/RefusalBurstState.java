package dev.sallyport.monitor.detect;

import dev.sallyport.schema.id.CallId;
import java.util.ArrayList;
import java.util.List;
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

        Slot {
            first = List.copyOf(first);
        }

        static Slot empty(long startMillis) {
            return new Slot(startMillis, new TreeMap<>(), List.of());
        }

        Slot plus(Observation.Refused refused) {
            SortedMap<String, Long> counts = new TreeMap<>(byCode);
            boolean named = counts.containsKey(refused.code()) || counts.size() < CODES_MAX;
            counts.merge(named ? refused.code() : "other", refused.count(), Slot::capped);
            List<CallId> evidence = new ArrayList<>(first);
            if (evidence.size() < FIRST_MAX) {
                evidence.add(refused.call());
            }
            return new Slot(startMillis, counts, evidence);
        }

        static long capped(long a, long b) {
            return a > Long.MAX_VALUE - b ? Long.MAX_VALUE : a + b;
        }
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
