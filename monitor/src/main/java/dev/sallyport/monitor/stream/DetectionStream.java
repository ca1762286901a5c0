package dev.sallyport.monitor.stream;

import dev.sallyport.monitor.fault.MonitorException;
import dev.sallyport.schema.topic.KafkaSettings;
import dev.sallyport.schema.topic.Topics;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicReference;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.common.Metric;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;
import org.apache.kafka.streams.CloseOptions;
import org.apache.kafka.streams.KafkaStreams;
import org.apache.kafka.streams.StreamsConfig;
import org.apache.kafka.streams.errors.StreamsUncaughtExceptionHandler.StreamThreadExceptionResponse;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The topology at work: one stream thread, exactly once. */
public final class DetectionStream implements AutoCloseable {
    /** The application id: consumer group, and prefix of the changelogs' names. */
    public static final String APPLICATION = "sallyport-monitor";

    private static final Logger LOG = LoggerFactory.getLogger(DetectionStream.class);
    private static final Duration COMMIT = Duration.ofMillis(500);
    private static final Duration GATHER = Duration.ofMillis(100);
    private static final Duration SESSION = Duration.ofSeconds(10);
    private static final Duration HEARTBEAT = Duration.ofSeconds(2);
    private static final Duration TRANSACTION = Duration.ofSeconds(10);
    private static final Duration BEFORE_REPLACEMENT = Duration.ofSeconds(1);
    private static final Duration REBALANCE_MAX = Duration.ofSeconds(30);
    private static final Duration CLOSE = Duration.ofSeconds(5);
    private static final Duration TOPICS_WITHIN = Duration.ofSeconds(30);

    private final KafkaStreams streams;
    private final InstantSource clock;
    private final AtomicReference<Instant> lastRunning;
    private final CountDownLatch running = new CountDownLatch(1);
    private final CountDownLatch stopped = new CountDownLatch(1);

    private DetectionStream(KafkaStreams streams, InstantSource clock) {
        this.streams = streams;
        this.clock = clock;
        this.lastRunning = new AtomicReference<>(clock.instant());
    }

    /**
     * Starts to read. Returns before the stream runs: see {@link #awaitRunning}.
     *
     * @param instance a name that this instance alone has, at each of its starts
     * @param stateDir a folder of this instance alone
     */
    public static DetectionStream start(
            KafkaSettings kafka, String instance, Path stateDir, DetectionTopology topology) {
        KafkaStreams streams =
                new KafkaStreams(
                        topology.get(), new StreamsConfig(settings(kafka, instance, stateDir)));
        DetectionStream stream = new DetectionStream(streams, topology.clock());
        streams.setStateListener(stream::stateChanged);
        streams.setUncaughtExceptionHandler(failure -> stream.replaced(failure, topology.tally()));
        streams.start();
        return stream;
    }

    static Map<String, Object> settings(KafkaSettings kafka, String instance, Path stateDir) {
        Map<String, Object> settings = new HashMap<>(kafka.client(APPLICATION));
        settings.put(StreamsConfig.APPLICATION_ID_CONFIG, APPLICATION);
        settings.put(StreamsConfig.STATE_DIR_CONFIG, stateDir.toString());
        settings.put(StreamsConfig.PROCESSING_GUARANTEE_CONFIG, StreamsConfig.EXACTLY_ONCE_V2);
        settings.put(StreamsConfig.COMMIT_INTERVAL_MS_CONFIG, COMMIT.toMillis());
        settings.put(StreamsConfig.NUM_STREAM_THREADS_CONFIG, 1);
        // -1: as many copies as the broker gives a topic by default
        settings.put(StreamsConfig.REPLICATION_FACTOR_CONFIG, -1);
        settings.put(
                StreamsConfig.consumerPrefix(ConsumerConfig.AUTO_OFFSET_RESET_CONFIG), "earliest");
        settings.put(
                StreamsConfig.consumerPrefix(ConsumerConfig.GROUP_INSTANCE_ID_CONFIG), instance);
        settings.put(
                StreamsConfig.consumerPrefix(ConsumerConfig.SESSION_TIMEOUT_MS_CONFIG),
                (int) SESSION.toMillis());
        settings.put(
                StreamsConfig.consumerPrefix(ConsumerConfig.HEARTBEAT_INTERVAL_MS_CONFIG),
                (int) HEARTBEAT.toMillis());
        // nobody sees a record before the commit, which sends what is left
        settings.put(
                StreamsConfig.producerPrefix(ProducerConfig.LINGER_MS_CONFIG), COMMIT.toMillis());
        KafkaSettings.gathering(GATHER)
                .forEach((name, value) ->
                        settings.put(StreamsConfig.mainConsumerPrefix(name), value));
        // readers of committed events wait for a transaction that its writer died in: not for long
        settings.put(
                StreamsConfig.producerPrefix(ProducerConfig.TRANSACTION_TIMEOUT_CONFIG),
                (int) TRANSACTION.toMillis());
        return settings;
    }

    /**
     * The inputs must be there, and a tenant's partition the same in both.
     *
     * @throws MonitorException {@code topics_unfit}, {@code broker_unavailable}
     */
    public static void requireTopics(KafkaSettings kafka) {
        List<String> inputs = List.of(Topics.OUTCOMES, Topics.SIGNALS);
        try (Admin admin = Admin.create(kafka.client(APPLICATION + "-check"))) {
            Map<String, TopicDescription> described =
                    admin.describeTopics(List.of(Topics.OUTCOMES, Topics.SIGNALS, Topics.REGISTRY))
                            .allTopicNames()
                            .get(TOPICS_WITHIN.toSeconds(), TimeUnit.SECONDS);
            List<Integer> counts =
                    described.entrySet().stream()
                            .filter(topic -> inputs.contains(topic.getKey()))
                            .map(topic -> topic.getValue().partitions().size())
                            .distinct()
                            .toList();
            if (counts.size() != 1) {
                throw new MonitorException(
                        "topics_unfit",
                        Topics.OUTCOMES
                                + " and "
                                + Topics.SIGNALS
                                + " must have the same number of partitions, not "
                                + counts);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new MonitorException(
                    "broker_unavailable", "interrupted while topics were checked", e);
        } catch (ExecutionException e) {
            if (e.getCause() instanceof UnknownTopicOrPartitionException) {
                throw new MonitorException(
                        "topics_unfit",
                        Topics.OUTCOMES
                                + ", "
                                + Topics.SIGNALS
                                + " and "
                                + Topics.REGISTRY
                                + " must be created first",
                        e);
            }
            throw new MonitorException("broker_unavailable", "the topics could not be checked", e);
        } catch (TimeoutException e) {
            throw new MonitorException(
                    "broker_unavailable",
                    "no broker answered within " + TOPICS_WITHIN.toSeconds() + " s",
                    e);
        }
    }

    private void stateChanged(KafkaStreams.State now, KafkaStreams.State before) {
        LOG.atInfo()
                .addKeyValue("from", before)
                .addKeyValue("to", now)
                .log("detection changed its state");
        if (now == KafkaStreams.State.RUNNING) {
            running.countDown();
        }
        if (before == KafkaStreams.State.RUNNING) {
            lastRunning.set(clock.instant());
        }
    }

    private StreamThreadExceptionResponse replaced(Throwable failure, StreamTally tally) {
        tally.countThreadFailure();
        LOG.atError().setCause(failure).log("the stream thread failed and is replaced");
        try {
            // on the failed thread: a fault that stays shall not spin
            if (stopped.await(BEFORE_REPLACEMENT.toMillis(), TimeUnit.MILLISECONDS)) {
                return StreamThreadExceptionResponse.SHUTDOWN_CLIENT;
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        return StreamThreadExceptionResponse.REPLACE_THREAD;
    }

    /** Whether the stream came to run within that time. */
    public boolean awaitRunning(Duration within) {
        try {
            return running.await(within.toMillis(), TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }

    /** The state in the words of Kafka Streams, such as {@code RUNNING}. */
    public String state() {
        return streams.state().name();
    }

    /**
     * Whether events are read. A rebalance is part of that for {@link #REBALANCE_MAX}: after a kill
     * the group waits for the dead member.
     */
    public boolean alive(Instant now) {
        return switch (streams.state()) {
            case RUNNING -> true;
            case REBALANCING -> now.isBefore(lastRunning.get().plus(REBALANCE_MAX));
            case CREATED, PENDING_SHUTDOWN, NOT_RUNNING, PENDING_ERROR, ERROR -> false;
        };
    }

    /** Records that are there and not yet read, of the partition that has most of them. */
    public long lag() {
        return streams.metrics().values().stream()
                .filter(metric -> metric.metricName().name().equals("records-lag-max"))
                .map(Metric::metricValue)
                .mapToLong(value -> value instanceof Double most && most > 0 ? most.longValue() : 0)
                .max()
                .orElse(0);
    }

    @Override
    public void close() {
        stopped.countDown();
        boolean clean =
                streams.close(
                        CloseOptions.groupMembershipOperation(
                                        CloseOptions.GroupMembershipOperation.LEAVE_GROUP)
                                .withTimeout(CLOSE));
        if (!clean) {
            LOG.atWarn().log("detection did not stop in time");
        }
    }
}
