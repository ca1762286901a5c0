package dev.sallyport.gateway.reply;

import dev.sallyport.gateway.admission.Place;
import dev.sallyport.gateway.config.GatewayException;
import dev.sallyport.schema.event.ReplyAddress;
import dev.sallyport.schema.id.CallId;
import dev.sallyport.schema.id.GatewayId;
import dev.sallyport.schema.reply.Reply;
import dev.sallyport.schema.reply.ReplyHeaders;
import dev.sallyport.schema.seal.DataKey;
import dev.sallyport.schema.topic.KafkaSettings;
import dev.sallyport.schema.topic.Topics;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.WakeupException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Reads the replies to this gateway. The partition is assigned, not shared within a group, so no
 * rebalance can lose a reply; it is read from its end, because what was answered before this
 * gateway started was not asked by it.
 */
public final class Replies implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(Replies.class);
    private static final Duration POLL = Duration.ofMillis(500);
    private static final Duration PAUSE_AFTER_FAILURE = Duration.ofMillis(100);
    private static final Duration CLOSE_WITHIN = Duration.ofSeconds(2);

    private static final byte[] NOTHING = new byte[0];

    private final GatewayId gateway;
    private final KafkaConsumer<String, byte[]> consumer;
    private final TopicPartition partition;
    private final Map<CallId, Waiting> waiting = new ConcurrentHashMap<>();
    private final Late late = new Late();
    private final CountDownLatch closing = new CountDownLatch(1);
    private final Thread thread;

    private Replies(
            GatewayId gateway, KafkaConsumer<String, byte[]> consumer, TopicPartition partition) {
        this.gateway = gateway;
        this.consumer = consumer;
        this.partition = partition;
        this.thread = Thread.ofPlatform().name(gateway + "-replies").daemon().unstarted(this::run);
    }

    /**
     * Takes its position at the end of the partition and starts to read. When this returns, no
     * reply to a command that is published from then on can be missed.
     *
     * @throws GatewayException {@code replies_unavailable} if the broker does not tell the position
     *     in that time
     */
    public static Replies start(KafkaSettings kafka, GatewayId gateway, Duration within) {
        Map<String, Object> settings = kafka.callConsumer(gateway + "-replies");
        // After a loss on the broker's side only new replies matter: nobody waits for older ones.
        settings.put(ConsumerConfig.AUTO_OFFSET_RESET_CONFIG, "latest");
        settings.put(ConsumerConfig.MAX_PARTITION_FETCH_BYTES_CONFIG, Topics.REPLY_BYTES_MAX);
        var consumer = new KafkaConsumer<String, byte[]>(settings);
        try {
            int partitions = consumer.partitionsFor(Topics.REPLIES, within).size();
            if (partitions == 0) {
                throw new GatewayException(
                        "replies_unavailable", "there is no topic " + Topics.REPLIES);
            }
            var partition =
                    new TopicPartition(
                            Topics.REPLIES, Topics.repliesPartition(gateway, partitions));
            consumer.assign(List.of(partition));
            consumer.seekToEnd(List.of(partition));
            // seekToEnd is lazy; asking for the position makes it happen now
            long position = consumer.position(partition, within);
            LOG.atInfo()
                    .addKeyValue("partition", partition.partition())
                    .addKeyValue("offset", position)
                    .log("replies are read");
            var replies = new Replies(gateway, consumer, partition);
            replies.thread.start();
            return replies;
        } catch (KafkaException e) {
            consumer.close();
            throw new GatewayException(
                    "replies_unavailable",
                    "the partition of replies could not be read from the broker",
                    e);
        }
    }

    /** Where executors are to send the replies for this gateway. */
    public ReplyAddress address() {
        return new ReplyAddress(gateway, partition.partition());
    }

    /**
     * Announces that somebody waits for the reply to this call, until it is closed.
     *
     * @param key what the reply must be sealed with
     * @param place whose room for results it takes
     * @param unheard told of a reply that comes after that, once at the most
     */
    public Waiting expect(CallId call, DataKey key, Place place, Consumer<Reply> unheard) {
        var waiter = new Waiting(this, call, key, place, unheard);
        waiting.put(call, waiter);
        return waiter;
    }

    /** Nobody waits for it any more, and whoever did was given its reply. */
    void forget(CallId call) {
        waiting.remove(call);
    }

    /** Nobody waits for it any more, and there was no reply yet. */
    void awaitLate(CallId call, DataKey key, Consumer<Reply> unheard) {
        late.add(call, key, unheard);
        waiting.remove(call);
    }

    /** A reply that came while nobody looked for it any more. */
    void cameLate(CallId call, byte[] sealed) {
        late.came(call, sealed);
    }

    private void run() {
        try (consumer) {
            while (closing.getCount() > 0) {
                try {
                    turn();
                } catch (WakeupException e) {
                    LOG.atDebug().log("reader of replies woken to close");
                } catch (KafkaException e) {
                    LOG.atWarn().setCause(e).log("replies cannot be read just now");
                    var _ = closing.await(PAUSE_AFTER_FAILURE.toMillis(), TimeUnit.MILLISECONDS);
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void turn() {
        for (ConsumerRecord<String, byte[]> entry : consumer.poll(POLL)) {
            deliver(entry);
        }
    }

    private void deliver(ConsumerRecord<String, byte[]> entry) {
        String addressee = ReplyHeaders.get(entry.headers(), ReplyHeaders.GATEWAY);
        if (!gateway.value().equals(addressee)) {
            return;
        }
        try {
            CallId call = CallId.of(text(entry, ReplyHeaders.CALL));
            Waiting waiter = waiting.get(call);
            if (waiter == null) {
                late.came(call, entry.value() == null ? NOTHING : entry.value());
                LOG.atInfo()
                        .addKeyValue("callId", call)
                        .log("nobody waits for this reply any more");
                return;
            }
            waiter.came(entry.value() == null ? NOTHING : entry.value(), entry.offset());
        } catch (IllegalArgumentException e) {
            LOG.atError()
                    .addKeyValue("offset", entry.offset())
                    .setCause(e)
                    .log("a reply has headers that cannot be read");
        }
    }

    private static String text(ConsumerRecord<String, byte[]> entry, String header) {
        String text = ReplyHeaders.get(entry.headers(), header);
        if (text == null) {
            throw new IllegalArgumentException("header " + header + " is missing");
        }
        return text;
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
