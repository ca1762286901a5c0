package dev.sallyport.monitor.stream;

import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * How a principal stands with the response.
 *
 * @param suspended whether it is suspended already
 * @param alertedAtMillis event time of the latest alert of each detector
 */
record Standing(boolean suspended, SortedMap<String, Long> alertedAtMillis) {
    static final Standing GOOD = new Standing(false, new TreeMap<>());

    /** Whether an alert of that detector still speaks for what is found at that time. */
    boolean alerted(String detector, long atMillis, long cooldownMillis) {
        Long at = alertedAtMillis.get(detector);
        return at != null && atMillis - at < cooldownMillis;
    }

    Standing withAlert(String detector, long atMillis) {
        SortedMap<String, Long> changed = new TreeMap<>(alertedAtMillis);
        changed.merge(detector, atMillis, Math::max);
        return new Standing(suspended, changed);
    }

    Standing withSuspension() {
        return new Standing(true, new TreeMap<>(Map.copyOf(alertedAtMillis)));
    }
}
