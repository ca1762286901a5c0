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
import java.util.stream.Stream;
import org.apache.kafka.common.config.TopicConfig;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.serialization.Serde;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.apache.kafka.streams.Topology;
import org.apache.kafka.streams.state.StoreBuilder;
import org.apache.kafka.streams.state.Stores;

/**
 * Events to alerts and suspensions, through any set of detectors:
 *
 * <pre>
 * outcomes, signals -> intake (each event once) -> a station for each detector -> response -> signals, registry
 * </pre>
 *
 * A tenant's events are in the same partition of both topics, so one task sees all of a tenant.
 *
 * @param detectors each with a store of its own, named after it
 * @param rememberedFor how long an event's id is remembered, to recognise it when it comes again
 */
public record DetectionTopology(
        List<Detector<?>> detectors,
        ResponsePolicy policy,
        Duration rememberedFor,
        InstantSource clock,
        StreamTally tally)
        implements Supplier<Topology> {
    private static final String SOURCE = "events";
    private static final Duration ID_WINDOW = Duration.ofSeconds(1);

    /**
     * Segments of the stores' changelogs are small and short, for what is overwritten or over shall
     * soon be gone.
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
        Topology topology =
                new Topology()
                        .addSource(
                                SOURCE,
                                new StringDeserializer(),
                                new ByteArrayDeserializer(),
                                Topics.OUTCOMES,
                                Topics.SIGNALS)
                        .addProcessor(Intake.NAME, () -> new Intake(tally), SOURCE)
                        .addStateStore(seen(), Intake.NAME);
        for (Detector<?> detector : detectors) {
            addStation(topology, detector);
        }
        String[] parents =
                Stream.concat(
                                Stream.of(Intake.NAME),
                                detectors.stream().map(DetectionTopology::station))
                        .toArray(String[]::new);
        return topology.addProcessor(
                        Response.NAME, () -> new Response(policy, clock, tally), parents)
                .addStateStore(
                        keyValue(Response.STANDINGS, new StateSerde<>(Standing.class)),
                        Response.NAME)
                .addSink(
                        Response.TO_SIGNALS,
                        Topics.SIGNALS,
                        new StringSerializer(),
                        new ByteArraySerializer(),
                        Response.NAME)
                .addSink(
                        Response.TO_REGISTRY,
                        Topics.REGISTRY,
                        new StringSerializer(),
                        new ByteArraySerializer(),
                        Response.NAME);
    }

    private <S> void addStation(Topology topology, Detector<S> detector) {
        topology.addProcessor(
                        station(detector), () -> new Detection<>(detector, tally), Intake.NAME)
                .addStateStore(
                        keyValue(detector.name(), new StateSerde<>(detector.stateType())),
                        station(detector));
    }

    private static String station(Detector<?> detector) {
        return "detector-" + detector.name();
    }

    private StoreBuilder<?> seen() {
        return Stores.windowStoreBuilder(
                        Stores.inMemoryWindowStore(Intake.SEEN, rememberedFor, ID_WINDOW, false),
                        Serdes.String(),
                        Serdes.ByteArray())
                .withLoggingEnabled(CHANGELOG);
    }

    private static <S> StoreBuilder<?> keyValue(String name, Serde<S> serde) {
        return Stores.keyValueStoreBuilder(
                        Stores.inMemoryKeyValueStore(name), Serdes.String(), serde)
                .withCachingEnabled()
                .withLoggingEnabled(CHANGELOG);
    }
}
