package dev.sallyport.monitor.index;

import dev.sallyport.schema.secret.Secrets;
import dev.sallyport.schema.topic.KafkaSettings;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.apache.kafka.clients.consumer.CloseOptions;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.RangeAssignor;
import org.apache.kafka.common.errors.WakeupException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The index, kept by a thread of its own: whether OpenSearch is up or slow is no concern of
 * detection.
 */
public final class Index implements AutoCloseable {
    /** The consumer group; its offsets are the index's place in the topics. */
    public static final String GROUP = "sallyport-monitor-index";

    /** Most documents of one bulk request. */
    static final int DOCUMENTS_MAX = 2_000;

    private static final Logger LOG = LoggerFactory.getLogger(Index.class);
    private static final Duration GATHER = Duration.ofSeconds(1);
    private static final Duration SESSION = Duration.ofSeconds(10);
    private static final Duration HEARTBEAT = Duration.ofSeconds(2);
    private static final Duration AFTER_FAILURE = Duration.ofSeconds(1);
    private static final Duration CLOSE = Duration.ofSeconds(2);
    private static final Duration STOP = Duration.ofSeconds(5);

    private final KafkaSettings kafka;
    private final String instance;
    private final OpenSearchSettings openSearch;
    private final Secrets secrets;
    private final InstantSource clock;
    private final IndexTally tally;
    private final CountDownLatch stopped = new CountDownLatch(1);
    private final AtomicReference<@Nullable Consumer<String, byte[]>> reading =
            new AtomicReference<>();
    private final Thread thread;

    private Index(
            KafkaSettings kafka,
            String instance,
            OpenSearchSettings openSearch,
            Secrets secrets,
            InstantSource clock) {
        this.kafka = kafka;
        this.instance = instance;
        this.openSearch = openSearch;
        this.secrets = secrets;
        this.clock = clock;
        this.tally = new IndexTally(clock.instant());
        this.thread = Thread.ofPlatform().name("monitor-index").daemon().unstarted(this::run);
    }

    /**
     * Starts to index at once; whether OpenSearch is there does not matter.
     *
     * @param instance a name that this instance alone has, at each of its starts
     */
    public static Index start(
            KafkaSettings kafka,
            String instance,
            OpenSearchSettings openSearch,
            Secrets secrets,
            InstantSource clock) {
        Index index = new Index(kafka, instance, openSearch, secrets, clock);
        index.thread.start();
        return index;
    }

    public IndexTally tally() {
        return tally;
    }

    private void run() {
        while (stopped.getCount() > 0) {
            try (DocumentStore store = OpenSearchStore.connect(openSearch, secrets);
                    Consumer<String, byte[]> consumer = new KafkaConsumer<>(consumerSettings())) {
                reading.set(consumer);
                follow(new Indexer(consumer, store, clock, tally));
                // what waits for the broker without an end otherwise
                consumer.close(
                        CloseOptions.timeout(CLOSE)
                                .withGroupMembershipOperation(
                                        CloseOptions.GroupMembershipOperation.LEAVE_GROUP));
            } catch (RuntimeException e) {
                tally.countFailure();
                LOG.atError().setCause(e).log("the index failed and starts again");
                pause();
            } finally {
                reading.set(null);
            }
        }
    }

    private void follow(Indexer indexer) {
        try {
            while (stopped.getCount() > 0) {
                indexer.turn();
            }
        } catch (WakeupException e) {
            LOG.atDebug().setCause(e).log("the index stops");
        }
    }

    private Map<String, Object> consumerSettings() {
        Map<String, Object> settings = kafka.consumer(GROUP, GROUP);
        settings.putAll(KafkaSettings.gathering(GATHER));
        settings.put(ConsumerConfig.MAX_POLL_RECORDS_CONFIG, DOCUMENTS_MAX);
        settings.put(ConsumerConfig.GROUP_INSTANCE_ID_CONFIG, instance);
        // a killed instance gives its partitions away after that time
        settings.put(ConsumerConfig.SESSION_TIMEOUT_MS_CONFIG, (int) SESSION.toMillis());
        settings.put(ConsumerConfig.HEARTBEAT_INTERVAL_MS_CONFIG, (int) HEARTBEAT.toMillis());
        settings.put(
                ConsumerConfig.PARTITION_ASSIGNMENT_STRATEGY_CONFIG, RangeAssignor.class.getName());
        return settings;
    }

    private void pause() {
        try {
            if (stopped.await(AFTER_FAILURE.toMillis(), TimeUnit.MILLISECONDS)) {
                LOG.atDebug().log("the index stops");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            stopped.countDown();
        }
    }

    @Override
    public void close() {
        stopped.countDown();
        Consumer<String, byte[]> consumer = reading.get();
        if (consumer != null) {
            consumer.wakeup();
        }
        try {
            if (!thread.join(STOP)) {
                LOG.atWarn().log("the index did not stop in time");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
