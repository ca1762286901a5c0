package dev.sallyport.executor;

import dev.sallyport.executor.call.Calls;
import dev.sallyport.executor.engine.Engines;
import dev.sallyport.executor.failure.ExecutorException;
import dev.sallyport.executor.intake.CommandCheck;
import dev.sallyport.executor.intake.Intake;
import dev.sallyport.executor.intake.Joining;
import dev.sallyport.executor.lane.Lanes;
import dev.sallyport.executor.outcome.KafkaOutcomes;
import dev.sallyport.executor.outcome.OutcomePublisher;
import dev.sallyport.schema.health.Health;
import dev.sallyport.schema.health.HealthServer;
import dev.sallyport.schema.registry.Keyring;
import dev.sallyport.schema.registry.RegistryFeed;
import dev.sallyport.schema.seal.KeyEncryptionKey;
import dev.sallyport.schema.secret.Secrets;
import dev.sallyport.schema.topic.KafkaSettings;
import dev.sallyport.schema.topic.Topics;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.UnaryOperator;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The executor: takes the authorized calls of one cell from the log, runs each under its caller's
 * own context, and tells the log how it ended before anyone else.
 */
public final class Executor implements AutoCloseable {
    /** How many are sent in the time after which a silent executor is taken for dead. */
    private static final int HEARTBEATS = 8;

    /** After this long without a turn of its intake an executor gives its partitions away. */
    private static final Duration TURN_WITHIN = Duration.ofSeconds(30);

    /** How long an outcome or a reply waits for others while many calls are under way. */
    private static final Duration OUTCOMES_GATHERED = Duration.ofMillis(1);

    private static final Duration START_WITHIN = Duration.ofSeconds(30);

    /** A turn of the intake takes a quarter of a second, and at a rebalance some seconds. */
    private static final Duration STUCK_AFTER = Duration.ofSeconds(20);

    private static final int POLL_RECORDS_MAX = 256;
    private static final Logger LOG = LoggerFactory.getLogger(Executor.class);

    private final Deque<AutoCloseable> parts = new ArrayDeque<>();
    private @Nullable Intake intake;
    private @Nullable HealthServer health;

    /** Who is told of changes of the registry. */
    private record Parts(Calls calls, Engines engines) {}

    private Executor() {}

    /**
     * Starts an executor and returns when it takes commands.
     *
     * @param secrets what the configuration and the registry refer to
     * @throws dev.sallyport.schema.SallyportException {@code registry_unavailable}, {@code
     *     secret_unavailable}, {@code broker_unavailable}, {@code port_unavailable}
     */
    public static Executor start(ExecutorConfig config, Secrets secrets, InstantSource clock) {
        return start(config, secrets, clock, outcomes -> outcomes);
    }

    /** As the other, with the publisher of outcomes wrapped: what a test needs to come between. */
    static Executor start(
            ExecutorConfig config,
            Secrets secrets,
            InstantSource clock,
            UnaryOperator<OutcomePublisher> wrapping) {
        Executor executor = new Executor();
        try {
            executor.wire(config, secrets, clock, wrapping);
            return executor;
        } catch (RuntimeException e) {
            executor.close();
            throw e;
        }
    }

    private void wire(
            ExecutorConfig config,
            Secrets secrets,
            InstantSource clock,
            UnaryOperator<OutcomePublisher> wrapping) {
        KafkaSettings kafka = config.kafka();
        Keyring keyring =
                new Keyring(new KeyEncryptionKey(secrets.resolve(config.keyEncryptionKey())));
        AtomicReference<@Nullable Parts> calls = new AtomicReference<>();
        RegistryFeed registry =
                closing(
                        RegistryFeed.start(
                                kafka,
                                config.name(),
                                START_WITHIN,
                                changed -> {
                                    Parts known = calls.get();
                                    if (known != null) {
                                        known.calls().registryChanged(changed);
                                        known.engines().leaveGone(changed);
                                    }
                                }));
        Engines engines = closing(new Engines(secrets, clock, config.plainDatabaseConnections()));
        OutcomePublisher outcomes =
                closing(
                        wrapping.apply(
                                new KafkaOutcomes(
                                        new KafkaProducer<>(kafka.callProducer(config.name())),
                                        new KafkaProducer<>(
                                                kafka.gatheringProducer(
                                                        config.name() + "-gathering",
                                                        OUTCOMES_GATHERED)),
                                        this::underWay)));
        Calls started =
                closing(
                        new Calls(
                                config.name(),
                                new Lanes(config.laneRunningMax(), config.laneWaitingMax()),
                                new CommandCheck(config.cell()),
                                registry,
                                registry::isCurrent,
                                keyring,
                                engines::of,
                                outcomes,
                                clock));
        calls.set(new Parts(started, engines));
        Joining joining = new Joining();
        Intake taking =
                closing(
                        new Intake(
                                new KafkaConsumer<>(consumer(config, joining)),
                                started::take,
                                config.underWayMax(),
                                joining));
        intake = taking;
        taking.start(Topics.commands(config.cell()));
        awaitJoined(taking, config);
        health =
                closing(
                        HealthServer.start(
                                config.health().host(),
                                config.health().port(),
                                () -> health(taking, registry)));
    }

    /**
     * How the executor fares; what {@code /healthz} shows. A registry that cannot be followed is no
     * reason to be replaced: calls are refused meanwhile.
     */
    private static Health health(Intake intake, RegistryFeed registry) {
        SortedMap<String, Object> figures = new TreeMap<>();
        figures.put("partitions", intake.partitions());
        figures.put("lag", intake.lag());
        figures.put("underWay", intake.underWay());
        figures.put("registry", registry.isCurrent() ? "current" : "outdated");
        return health(intake.sinceLastTurn(), figures);
    }

    static Health health(Duration sinceLastTurn, SortedMap<String, Object> figures) {
        figures.put("sinceLastTurnMillis", sinceLastTurn.toMillis());
        return new Health(sinceLastTurn.compareTo(STUCK_AFTER) < 0, figures);
    }

    /** Where {@code /healthz} is answered. */
    public int healthPort() {
        if (health == null) {
            throw new IllegalStateException("the executor has not started");
        }
        return health.port();
    }

    private static Map<String, Object> consumer(ExecutorConfig config, Joining joining) {
        Map<String, Object> settings =
                config.kafka().callConsumer(config.name(), Topics.executors(config.cell()));
        // who starts again under its name has its partitions back at once, however it ended
        settings.put(ConsumerConfig.GROUP_INSTANCE_ID_CONFIG, config.name());
        settings.put(ConsumerConfig.MAX_POLL_RECORDS_CONFIG, POLL_RECORDS_MAX);
        settings.put(ConsumerConfig.SESSION_TIMEOUT_MS_CONFIG, config.goneAfterMillis());
        settings.put(
                ConsumerConfig.HEARTBEAT_INTERVAL_MS_CONFIG, config.goneAfterMillis() / HEARTBEATS);
        settings.put(ConsumerConfig.MAX_POLL_INTERVAL_MS_CONFIG, (int) TURN_WITHIN.toMillis());
        settings.putAll(joining.settings());
        return settings;
    }

    private static void awaitJoined(Intake intake, ExecutorConfig config) {
        try {
            if (intake.awaitJoined(START_WITHIN)) {
                return;
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        throw new ExecutorException(
                "broker_unavailable",
                "no commands could be taken from "
                        + Topics.commands(config.cell())
                        + " at "
                        + config.kafka().bootstrapServers()
                        + " within "
                        + START_WITHIN.toSeconds()
                        + " s");
    }

    /** How many calls were taken from the log and have not settled. */
    public int underWay() {
        return intake == null ? 0 : intake.underWay();
    }

    private <T extends AutoCloseable> T closing(T part) {
        parts.push(part);
        return part;
    }

    /**
     * Takes no more calls, waits a little for those under way, and lets go of everything. What has
     * not settled by then is delivered again.
     */
    @Override
    public void close() {
        while (!parts.isEmpty()) {
            try {
                parts.pop().close();
            } catch (Exception e) {
                LOG.atWarn().setCause(e).log("a part of the executor did not close cleanly");
            }
        }
    }
}
