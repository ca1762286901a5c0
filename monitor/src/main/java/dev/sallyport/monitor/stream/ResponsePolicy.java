package dev.sallyport.monitor.stream;

import dev.sallyport.schema.config.Default;
import java.time.Duration;
import java.util.Set;

/**
 * What follows from a finding.
 *
 * @param suspendOn names of the detectors whose alerts suspend the principal at once; others only
 *     alert
 * @param cooldown how long an alert speaks for further findings of its detector about its principal
 */
public record ResponsePolicy(
        @Default("[volume]") Set<String> suspendOn, @Default("PT10M") Duration cooldown) {
    public ResponsePolicy {
        suspendOn = Set.copyOf(suspendOn);
        if (cooldown.isNegative() || cooldown.compareTo(Duration.ofDays(1)) > 0) {
            throw new IllegalArgumentException("cooldown must be 0 to 1 day: " + cooldown);
        }
    }
}
