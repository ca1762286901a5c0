package dev.sallyport.monitor.stream;

import dev.sallyport.monitor.detect.Detector;
import dev.sallyport.schema.topic.Topics;
import java.time.Duration;
import java.time.InstantSource;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Supplier;
import org.apache.kafka.common.config.TopicConfig;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.apache.kafka.streams.Topology;

/**
 * Events to alerts and suspensions, through any set of detectors:
 *
 * <pre>
 * outcomes, signals -> detection (each event once, all detectors, response) -> signals, registry
 * </pre>
 *
 * A tenant's events are in the same partition of both topics, so one task sees all of a tenant.
 *
 * @param detectors each with a name of its own
 * @param rememberedFor how long an event's id is remembered, to recognise it when it comes again
 * @param forgottenAfter how long nothing may be learnt of a principal before it is forgotten
 */
public record DetectionTopology(
        List<Detector<?>> detectors,
        ResponsePolicy policy,
        Duration rememberedFor,
        Duration forgottenAfter,
        InstantSource clock,
        StreamTally tally)
        implements Supplier<Topology> {
    private static final String SOURCE = "events";

    /**
     * Segments of the changelog are small and short, for what is overwritten or over shall soon be
     * gone.
     */
    private static final Map<String, String> CHANGELOG =
            Map.of(
                    TopicConfig.SEGMENT_BYTES_CONFIG, "8388608",
                    TopicConfig.SEGMENT_MS_CONFIG, "600000");

    public DetectionTopology {
        detectors = List.copyOf(detectors);
        Set<String> names = new HashSet<>();
        for (Detector<?> detector : detectors) {
            if (!names.add(detector.name())) {
                throw new IllegalArgumentException("two detectors are named " + detector.name());
            }
        }
        for (String name : policy.suspendOn()) {
            if (!names.contains(name)) {
                throw new IllegalArgumentException(
                        "suspendOn names no detector: " + name + "; there are " + names);
            }
        }
    }

    @Override
    public Topology get() {
        return new Topology()
                .addSource(
                        SOURCE,
                        new StringDeserializer(),
                        new ByteArrayDeserializer(),
                        Topics.OUTCOMES,
                        Topics.SIGNALS)
                .addProcessor(Detection.NAME, () -> new Detection(this), SOURCE)
                .addStateStore(RowStore.builder(Detection.ROWS, CHANGELOG), Detection.NAME)
                .addSink(
                        Response.TO_SIGNALS,
                        Topics.SIGNALS,
                        new StringSerializer(),
                        new ByteArraySerializer(),
                        Detection.NAME)
                .addSink(
                        Response.TO_REGISTRY,
                        Topics.REGISTRY,
                        new StringSerializer(),
                        new ByteArraySerializer(),
                        Detection.NAME);
    }
}
