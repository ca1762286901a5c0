package dev.sallyport.schema.registry;

import dev.sallyport.schema.SchemaException;
import dev.sallyport.schema.id.TenantId;
import dev.sallyport.schema.topic.KafkaSettings;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.errors.WakeupException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Follows the registry topic: reads it whole at the start, then every change as it comes. An entry
 * that cannot be read takes nothing away from safety: it counts as absent, and a suspension that
 * cannot be read still suspends.
 */
public final class RegistryFeed implements AutoCloseable, Supplier<Registry> {
    private static final Logger LOG = LoggerFactory.getLogger(RegistryFeed.class);
    private static final Duration POLL = Duration.ofMillis(500);
    private static final Duration PAUSE_AFTER_FAILURE = Duration.ofMillis(250);
    private static final Duration ASKED_EVERY = Duration.ofSeconds(2);
    private static final Duration CURRENT_FOR = Duration.ofSeconds(10);
    private static final Duration CLOSE_WITHIN = Duration.ofSeconds(2);

    /** Records of one poll make one version, so that a long topic is read in few. */
    private static final int POLLED_MAX = 10_000;

    private final KafkaConsumer<String, byte[]> consumer;
    private final Admin admin;
    private final Consumer<Registry> listener;
    private final CountDownLatch whole = new CountDownLatch(1);
    private final CountDownLatch closing = new CountDownLatch(1);
    private final Thread thread;
    private volatile Registry current = Registry.EMPTY;

    /** By {@link System#nanoTime}: when the broker last told that nothing was missing here. */
    private volatile long currentAt;

    private long wholeAt = -1;

    /** What was read and is in no version yet, by key; absent for what was removed. */
    private Map<String, Optional<RegistryEntry>> changes = new HashMap<>();

    private RegistryFeed(KafkaSettings kafka, String clientId, Consumer<Registry> listener) {
        Map<String, Object> settings = kafka.consumer(clientId + "-registry");
        settings.put(ConsumerConfig.MAX_POLL_RECORDS_CONFIG, POLLED_MAX);
        this.consumer = new KafkaConsumer<>(settings);
        this.admin = Admin.create(kafka.client(clientId + "-registry-end"));
        this.listener = listener;
        this.currentAt = System.nanoTime();
        this.thread =
                Thread.ofPlatform().name(clientId + "-registry").daemon().unstarted(this::run);
    }

    /** As the other {@code start}, without a listener. */
    public static RegistryFeed start(KafkaSettings kafka, String clientId, Duration within) {
        return start(kafka, clientId, within, _ -> {});
    }

    /**
     * Starts to follow the registry and returns when it was read whole.
     *
     * @param listener told of every new state, on the feed's thread: it must be quick
     * @throws SchemaException {@code registry_unavailable} if the broker did not give it in that
     *     time
     */
    public static RegistryFeed start(
            KafkaSettings kafka, String clientId, Duration within, Consumer<Registry> listener) {
        RegistryFeed feed = new RegistryFeed(kafka, clientId, listener);
        feed.thread.start();
        try {
            if (feed.whole.await(within.toMillis(), TimeUnit.MILLISECONDS)) {
                return feed;
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        feed.close();
        throw new SchemaException(
                "registry_unavailable",
                "the registry could not be read from "
                        + kafka.bootstrapServers()
                        + " within "
                        + within.toSeconds()
                        + " s");
    }

    /** The registry as of the last change. */
    @Override
    public Registry get() {
        return current;
    }

    /**
     * Whether {@link #get} is what the broker had a few seconds ago. Where not, a suspension may be
     * missing here, and who decides by the registry decides nothing.
     */
    public boolean isCurrent() {
        return System.nanoTime() - currentAt < CURRENT_FOR.toNanos();
    }

    private void run() {
        try (consumer;
                admin) {
            consumer.assign(List.of(RegistryTopic.PARTITION));
            consumer.seekToBeginning(List.of(RegistryTopic.PARTITION));
            while (closing.getCount() > 0) {
                try {
                    turn();
                } catch (WakeupException e) {
                    LOG.atDebug().log("registry feed woken to close");
                } catch (RuntimeException e) {
                    LOG.atWarn().setCause(e).log("registry cannot be followed just now");
                    closing.await(PAUSE_AFTER_FAILURE.toMillis(), TimeUnit.MILLISECONDS);
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void turn() {
        if (wholeAt < 0) {
            wholeAt = RegistryTopic.end(admin);
        }
        ConsumerRecords<String, byte[]> records = consumer.poll(POLL);
        records.forEach(this::take);
        long position = consumer.position(RegistryTopic.PARTITION);
        // what was read before the end is no state that there was last: it makes one version
        boolean readWhole = position >= wholeAt;
        if (readWhole && !changes.isEmpty()) {
            publish(position);
        }
        // an empty poll says nothing of the broker, and the lag is this client's own memory
        long now = System.nanoTime();
        if (now - currentAt >= ASKED_EVERY.toNanos()) {
            if (position >= RegistryTopic.end(admin)) {
                currentAt = now;
            }
        }
        if (readWhole) {
            whole.countDown();
        }
    }

    private void publish(long position) {
        Registry next = current.with(position, changes);
        changes = new HashMap<>();
        current = next;
        listener.accept(next);
    }

    private void take(ConsumerRecord<String, byte[]> record) {
        String key = record.key();
        byte @Nullable [] value = record.value();
        if (key == null) {
            LOG.atWarn()
                    .addKeyValue("offset", record.offset())
                    .log("registry record without a key skipped");
            return;
        }
        changes.put(
                key,
                value == null ? Optional.empty() : Optional.ofNullable(read(key, value, record)));
    }

    private static @Nullable RegistryEntry read(
            String key, byte[] value, ConsumerRecord<String, byte[]> record) {
        try {
            RegistryEntry entry = RegistryCodec.decode(key, value);
            if (entry == null) {
                LOG.atWarn()
                        .addKeyValue("key", key)
                        .log("registry entry of an unknown kind skipped");
            }
            return entry;
        } catch (RuntimeException e) {
            LOG.atError()
                    .addKeyValue("key", key)
                    .addKeyValue("offset", record.offset())
                    .log("registry entry cannot be read");
            return restraintOf(key, Instant.ofEpochMilli(record.timestamp()));
        }
    }

    /**
     * The suspension that the key alone tells of, or a rule that nobody can meet, or null where it
     * tells of neither.
     */
    private static @Nullable RegistryEntry restraintOf(String key, Instant since) {
        String[] parts = key.split("/", 3);
        if (parts.length < 3) {
            return null;
        }
        try {
            return switch (parts[0]) {
                case "suspension" ->
                        new Suspension(
                                new TenantId(parts[1]),
                                parts[2],
                                "the record of the suspension cannot be read",
                                null,
                                since);
                case "rule" -> Rule.unreadable(new TenantId(parts[1]), parts[2]);
                default -> null;
            };
        } catch (IllegalArgumentException e) {
            LOG.atError()
                    .addKeyValue("key", key)
                    .log("what restrains a tenant names none that could exist");
            return null;
        }
    }

    @Override
    public void close() {
        closing.countDown();
        consumer.wakeup();
        try {
            thread.join(CLOSE_WITHIN.toMillis());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
