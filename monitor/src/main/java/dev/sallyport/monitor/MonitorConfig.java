package dev.sallyport.monitor;

import dev.sallyport.monitor.detect.RefusalBurstTuning;
import dev.sallyport.monitor.detect.SlowVolumeTuning;
import dev.sallyport.monitor.detect.VolumeTuning;
import dev.sallyport.monitor.health.HealthSettings;
import dev.sallyport.monitor.index.OpenSearchSettings;
import dev.sallyport.monitor.stream.ResponsePolicy;
import dev.sallyport.schema.config.Default;
import dev.sallyport.schema.config.Example;
import dev.sallyport.schema.topic.KafkaSettings;
import java.nio.file.Path;
import java.time.Duration;

/**
 * The monitor's configuration.
 *
 * @param stateDir a folder for the stream's own files; each instance needs one of its own
 * @param rememberedFor how long an event's id is remembered, to recognise it when it comes again
 * @param forgottenAfter how long nothing may be learnt of a principal before it is forgotten
 */
public record MonitorConfig(
        KafkaSettings kafka,
        @Example("/var/lib/sallyport/monitor") Path stateDir,
        @Default("PT10M") Duration rememberedFor,
        @Default("P30D") Duration forgottenAfter,
        VolumeTuning volume,
        SlowVolumeTuning slowVolume,
        RefusalBurstTuning refusalBurst,
        ResponsePolicy response,
        OpenSearchSettings openSearch,
        HealthSettings health) {
    public MonitorConfig {
        if (rememberedFor.compareTo(Duration.ofMinutes(1)) < 0
                || rememberedFor.compareTo(Duration.ofDays(1)) > 0) {
            throw new IllegalArgumentException(
                    "rememberedFor must be 1 minute to 1 day: " + rememberedFor);
        }
        if (forgottenAfter.compareTo(Duration.ofDays(2)) < 0) {
            // longer than any window, grace or cooldown can be
            throw new IllegalArgumentException(
                    "forgottenAfter must be at least 2 days: " + forgottenAfter);
        }
    }
}
