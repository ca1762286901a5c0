package dev.sallyport.monitor.stream;

import dev.sallyport.monitor.detect.Detector;
import dev.sallyport.schema.id.TenantId;
import dev.sallyport.schema.topic.Topics;
import java.time.Duration;
import java.time.InstantSource;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.BiPredicate;
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
 * @param ofNewcomers what looks at all principals of a tenant together of whom too little is known;
 *     they alert and never suspend, since whoever comes next would pay for the others
 * @param suspensionGone whether the registry, as of now, holds no suspension of that subject; false
 *     where it cannot be told
 * @param rememberedFor how long an event's id is remembered, to recognise it when it comes again
 * @param forgottenAfter how long nothing may be learnt of a principal before it is forgotten
 */
public record DetectionTopology(
        List<Detector<?>> detectors,
        List<Detector<?>> ofNewcomers,
        BiPredicate<TenantId, String> suspensionGone,
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
        ofNewcomers = List.copyOf(ofNewcomers);
        Set<String> names = names(detectors);
        for (String name : policy.suspendOn()) {
            if (!names.contains(name)) {
                throw new IllegalArgumentException(
                        "suspendOn names no detector: " + name + "; there are " + names);
            }
        }
    }

    private static Set<String> names(List<Detector<?>> detectors) {
        Set<String> names = new HashSet<>();
        for (Detector<?> detector : detectors) {
            if (!names.add(detector.name())) {
                throw new IllegalArgumentException("two detectors are named " + detector.name());
            }
        }
        return names;
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
