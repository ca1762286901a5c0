package dev.sallyport.monitor;

import dev.sallyport.monitor.detect.RefusalBurstDetector;
import dev.sallyport.monitor.detect.SlowVolumeDetector;
import dev.sallyport.monitor.detect.VolumeDetector;
import dev.sallyport.monitor.fault.MonitorException;
import dev.sallyport.monitor.index.Index;
import dev.sallyport.monitor.index.IndexTally;
import dev.sallyport.monitor.stream.DetectionStream;
import dev.sallyport.monitor.stream.DetectionTopology;
import dev.sallyport.monitor.stream.StreamTally;
import dev.sallyport.schema.SchemaException;
import dev.sallyport.schema.health.Health;
import dev.sallyport.schema.health.HealthServer;
import dev.sallyport.schema.registry.RegistryFeed;
import dev.sallyport.schema.secret.Secrets;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * The monitor service: detection, response, and the index. Detection does not depend on the index:
 * OpenSearch may be away without an alert being late.
 */
public final class Monitor implements AutoCloseable {
    private static final Duration STALE = Duration.ofSeconds(30);
    private static final Duration REGISTRY_WITHIN = Duration.ofSeconds(30);

    private final InstantSource clock;
    private final StreamTally detected = new StreamTally();
    private final RegistryFeed registry;
    private final DetectionStream stream;
    private final Index index;
    private final HealthServer server;

    private Monitor(MonitorConfig config, Secrets secrets, InstantSource clock) {
        this.clock = clock;
        this.registry = registry(config);
        DetectionTopology topology =
                new DetectionTopology(
                        List.of(
                                new VolumeDetector(config.volume()),
                                new SlowVolumeDetector(config.slowVolume()),
                                new RefusalBurstDetector(config.refusalBurst())),
                        List.of(VolumeDetector.ofNewcomers(config.slowVolume())),
                        (tenant, subject) ->
                                registry.isCurrent()
                                        && registry.get().suspension(tenant, subject).isEmpty(),
                        config.response(),
                        config.rememberedFor(),
                        config.forgottenAfter(),
                        clock,
                        detected);
        String instance = InstanceId.in(config.stateDir());
        this.stream = DetectionStream.start(config.kafka(), instance, config.stateDir(), topology);
        this.index = Index.start(config.kafka(), instance, config.openSearch(), secrets, clock);
        try {
            this.server =
                    HealthServer.start(
                            config.health().host(), config.health().port(), this::health);
        } catch (SchemaException e) {
            index.close();
            stream.close();
            registry.close();
            throw e;
        }
    }

    private static RegistryFeed registry(MonitorConfig config) {
        // it says which topic is missing, which the feed would wait for
        DetectionStream.requireTopics(config.kafka());
        try {
            return RegistryFeed.start(config.kafka(), DetectionStream.APPLICATION, REGISTRY_WITHIN);
        } catch (SchemaException e) {
            throw new MonitorException("broker_unavailable", "the registry could not be read", e);
        }
    }

    /**
     * Starts everything and returns; {@link #awaitRunning} tells when detection runs. The topics
     * must be there, OpenSearch need not.
     *
     * @throws dev.sallyport.schema.SallyportException {@code topics_unfit}, {@code
     *     broker_unavailable}, {@code port_unavailable}, {@code state_unusable}
     */
    public static Monitor start(MonitorConfig config, Secrets secrets, InstantSource clock) {
        return new Monitor(config, secrets, clock);
    }

    /** As the other {@code start}, for a configuration without secrets from the environment. */
    public static Monitor start(MonitorConfig config, InstantSource clock) {
        return start(config, new Secrets(Map.of()), clock);
    }

    /** Whether detection came to run within that time. */
    public boolean awaitRunning(Duration within) {
        return stream.awaitRunning(within);
    }

    /** Where {@code /healthz} is answered. */
    public int healthPort() {
        return server.port();
    }

    /**
     * How the monitor fares; what {@code /healthz} shows. An index that waits for OpenSearch is no
     * reason to be replaced.
     */
    public Health health() {
        IndexTally indexed = index.tally();
        boolean stale = indexed.lastTurn().plus(STALE).isBefore(clock.instant());
        SortedMap<String, Object> figures = new TreeMap<>();
        figures.put("detection", stream.state());
        figures.put("detectionLag", stream.lag());
        figures.put("index", stale ? "stuck" : state(indexed));
        figures.put("indexLag", indexed.lag());
        figures.put("indexFailures", indexed.failures());
        figures.put("events", detected.events());
        figures.put("duplicates", detected.duplicates());
        figures.put("undecodable", detected.undecodable());
        figures.put("misplaced", detected.misplaced());
        figures.put("detectorFailures", detected.detectorFailures());
        figures.put("threadFailures", detected.threadFailures());
        figures.put("alerts", detected.alerts());
        figures.put("alertsSuppressed", detected.suppressed());
        figures.put("suspensions", detected.suspensions());
        figures.put("documentsCreated", indexed.created());
        figures.put("documentsAlreadyThere", indexed.alreadyThere());
        figures.put("documentsRefused", indexed.refused());
        figures.put("recordsSkipped", indexed.undecodable());
        return new Health(stream.alive(clock.instant()) && !stale, figures);
    }

    private static String state(IndexTally indexed) {
        Instant holding = indexed.holdingSince();
        if (holding != null) {
            return "waiting for OpenSearch since " + holding;
        }
        // none yet, or all are with other instances
        return indexed.partitions() == 0 ? "without partitions" : "following";
    }

    @Override
    public void close() {
        server.close();
        stream.close();
        index.close();
        registry.close();
    }
}
