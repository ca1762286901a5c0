package dev.sallyport.gateway.approval;

import dev.sallyport.gateway.limit.StoreAwayException;
import dev.sallyport.schema.id.GatewayId;
import dev.sallyport.schema.registry.Registry;
import dev.sallyport.schema.topic.KafkaSettings;
import dev.sallyport.schema.topic.Topics;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.WakeupException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Follows what people decide, and notes it in the store. The gateways share the partitions as one
 * group; a position is committed once what stands before it was noted, so that a decision is noted
 * at least once, and twice is as good as once.
 */
public final class Decisions implements AutoCloseable {

    /** The consumer group of all gateways. */
    public static final String GROUP = "sallyport-gateway-approvals";

    private static final Logger LOG = LoggerFactory.getLogger(Decisions.class);
    private static final Duration POLL = Duration.ofSeconds(1);
    private static final Duration PAUSE = Duration.ofSeconds(1);
    private static final Duration CLOSE_WITHIN = Duration.ofSeconds(5);

    private static final Duration CURRENT_FOR = Duration.ofSeconds(10);

    /** How soon another gateway takes over from one that died. */
    private static final Duration GONE_AFTER = Duration.ofSeconds(10);

    private final Consumer<String, byte[]> consumer;
    private final Supplier<Registry> registry;
    private final ApprovalStore store;

    /** By {@link System#nanoTime}: when nothing was left to be noted. */
    private volatile long currentAt = System.nanoTime();

    private final CountDownLatch closing = new CountDownLatch(1);
    private final Thread thread;

    private Decisions(
            Consumer<String, byte[]> consumer, Supplier<Registry> registry, ApprovalStore store) {
        this.consumer = consumer;
        this.registry = registry;
        this.store = store;
        this.thread = Thread.ofPlatform().name("decisions").daemon().unstarted(this::run);
    }

    /**
     * Starts to follow.
     *
     * @param registry whose keys sign decisions, and who is suspended
     */
    public static Decisions start(
            KafkaSettings kafka,
            GatewayId gateway,
            Supplier<Registry> registry,
            ApprovalStore store) {
        Map<String, Object> settings =
                new HashMap<>(kafka.callConsumer(gateway + "-decisions", GROUP));
        settings.put(ConsumerConfig.SESSION_TIMEOUT_MS_CONFIG, (int) GONE_AFTER.toMillis());
        settings.put(ConsumerConfig.HEARTBEAT_INTERVAL_MS_CONFIG, (int) GONE_AFTER.toMillis() / 4);
        var decisions = new Decisions(new KafkaConsumer<>(settings), registry, store);
        decisions.thread.start();
        return decisions;
    }

    private void run() {
        try (consumer) {
            consumer.subscribe(List.of(Topics.SIGNALS));
            while (closing.getCount() > 0) {
                try {
                    turn();
                } catch (WakeupException e) {
                    LOG.atDebug().log("woken to close");
                } catch (RuntimeException e) {
                    LOG.atWarn().setCause(e).log("decisions cannot be followed just now");
                    pause();
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void turn() throws InterruptedException {
        var records = consumer.poll(POLL);
        Map<TopicPartition, Long> left = new HashMap<>();
        for (ConsumerRecord<String, byte[]> record : records) {
            var partition = new TopicPartition(record.topic(), record.partition());
            if (!left.containsKey(partition) && !isNoted(record)) {
                left.put(partition, record.offset());
            }
        }
        left.forEach(consumer::seek);
        if (!records.isEmpty()) {
            consumer.commitSync();
        }
        if (left.isEmpty()) {
            currentAt = System.nanoTime();
        } else {
            pause();
        }
    }

    /**
     * Whether everything that the broker gave a few seconds ago was noted. Where not, calls that
     * people have allowed may be answered as pending.
     */
    public boolean isCurrent() {
        return System.nanoTime() - currentAt < CURRENT_FOR.toNanos();
    }

    private void pause() throws InterruptedException {
        boolean _ = closing.await(PAUSE.toMillis(), TimeUnit.MILLISECONDS);
    }

    /** Whether nothing of the record is left to be noted. */
    private boolean isNoted(ConsumerRecord<String, byte[]> record) {
        if (record.value() == null || !SignedDecision.mayBe(record.value())) {
            return true;
        }
        Optional<SignedDecision> decision =
                SignedDecision.of(record.key(), record.value(), registry.get());
        if (decision.isEmpty()) {
            return true;
        }
        SignedDecision said = decision.get();
        try {
            Optional<Kept> request = store.find(said.tenant(), said.approval());
            if (request.isPresent() && said.isFor(request.get())) {
                store.decide(
                        said.tenant(), said.approval(), said.approver(), said.granted(), said.at());
            } else {
                LOG.atWarn()
                        .addKeyValue("approval", said.approval())
                        .addKeyValue("tenant", said.tenant())
                        .log(
                                "a decision counts for nothing: no such request, or not its approver's");
            }
            return true;
        } catch (StoreAwayException e) {
            LOG.atWarn()
                    .addKeyValue("approval", said.approval())
                    .setCause(e)
                    .log("a decision waits for the store of approvals");
            return false;
        } catch (RuntimeException e) {
            // a decision that was skipped would be lost: nobody can decide twice
            LOG.atError()
                    .addKeyValue("approval", said.approval())
                    .addKeyValue("offset", record.offset())
                    .setCause(e)
                    .log("a decision could not be noted, and is tried again");
            return false;
        }
    }

    @Override
    public void close() {
        closing.countDown();
        consumer.wakeup();
        try {
            thread.join(CLOSE_WITHIN);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
