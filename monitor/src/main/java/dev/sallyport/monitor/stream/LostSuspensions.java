package dev.sallyport.monitor.stream;

import dev.sallyport.monitor.stream.Notice.Whose;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Notices that the registry no longer holds the suspension of a principal whom no human has
 * reinstated.
 *
 * <p>A human's reinstatement is two records, one in the registry and one in the signals, and the
 * first may be seen before the second. So what is missing is not written again at once: an alert is
 * raised first. It comes back behind everything that was in the signals before, and if the
 * principal is suspended still when it is read, the registry lost the entry.
 */
final class LostSuspensions {
    /** The detector's name in these alerts. */
    static final String DETECTOR = "suspension_lost";

    /** How long one must be missing: our own entries take some time until they are read. */
    static final long MISSING_MILLIS = 10_000;

    /** How long an alert has to come back before it is raised again. */
    static final long ALERT_MILLIS = 60_000;

    private final Map<Whose, Missing> missing = new HashMap<>();

    private record Missing(long sinceMillis, long alertAtMillis) {}

    /** Says of whom to raise an alert, and since when the suspension is missing. */
    interface Alerting {
        void alert(Whose whose, long sinceMillis);
    }

    /**
     * Looks once.
     *
     * @param suspended who is suspended
     * @param gone those of them of whom the registry says otherwise
     */
    void look(List<Whose> suspended, Set<Whose> gone, long nowMillis, Alerting alerting) {
        missing.keySet().retainAll(new HashSet<>(suspended));
        missing.keySet().retainAll(gone);
        for (Whose whose : gone) {
            Missing now =
                    missing.computeIfAbsent(
                            whose, _ -> new Missing(nowMillis, nowMillis + MISSING_MILLIS));
            if (nowMillis >= now.alertAtMillis()) {
                missing.put(whose, new Missing(now.sinceMillis(), nowMillis + ALERT_MILLIS));
                alerting.alert(whose, now.sinceMillis());
            }
        }
    }
}
