package dev.sallyport.executor.outcome;

import dev.sallyport.schema.SchemaException;
import dev.sallyport.schema.event.CallSettled;
import dev.sallyport.schema.event.Event;
import dev.sallyport.schema.event.EventCodec;
import dev.sallyport.schema.event.ReplyAddress;
import dev.sallyport.schema.id.CallId;
import dev.sallyport.schema.reply.ReplyHeaders;
import dev.sallyport.schema.seal.DataKey;
import dev.sallyport.schema.topic.KafkaSettings;
import dev.sallyport.schema.topic.Topics;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.IntSupplier;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.KafkaException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Outcomes to the topic of outcomes, acknowledged by all in-sync replicas; replies after them. The
 * reply is sealed by the call's thread and sent in the callback of the acknowledgement, on the
 * producer's own thread, which must never wait: the metadata of both topics is asked for before,
 * and replies that the producer's memory may have no room for are sent by a thread of their own.
 *
 * <p>There are two producers, since Kafka's linger is a setting of the whole producer: a record
 * goes out at once while few calls are under way, and waits a little for others while many are.
 */
public final class KafkaOutcomes implements OutcomePublisher {
    private static final Duration TRY_AGAIN_AFTER = Duration.ofMillis(250);
    private static final Duration CLOSE_WITHIN = Duration.ofSeconds(2);

    /** What of the producer's memory replies sent in callbacks may take. */
    private static final long INLINE_BYTES_MAX = KafkaSettings.CALLS_BUFFER_BYTES / 4;

    /** From so many calls under way on, records wait for others. */
    private static final int GATHERED_FROM = 4;

    private static final Logger LOG = LoggerFactory.getLogger(KafkaOutcomes.class);

    private final Producer<String, byte[]> prompt;
    private final Producer<String, byte[]> gathering;
    private final IntSupplier callsUnderWay;
    private final CountDownLatch closing = new CountDownLatch(1);
    private final AtomicLong bytesUnderWay = new AtomicLong();
    private volatile int replyPartitions;

    private record Pending(
            CallId call,
            ProducerRecord<String, byte[]> outcome,
            @Nullable ProducerRecord<String, byte[]> reply,
            Runnable acknowledged) {
        int bytes() {
            return outcome.value().length + (reply == null ? 0 : reply.value().length);
        }
    }

    /**
     * Publishes with the producers, which are asked for the topics first. Both are idempotent, with
     * acks=all and a bounded delivery timeout, and closed with this.
     *
     * @param prompt sends at once
     * @param gathering lets a record wait a little for others
     * @param callsUnderWay how many calls are under way now
     * @throws KafkaException if the topics are not known in time
     */
    public KafkaOutcomes(
            Producer<String, byte[]> prompt,
            Producer<String, byte[]> gathering,
            IntSupplier callsUnderWay) {
        this.prompt = prompt;
        this.gathering = gathering;
        this.callsUnderWay = callsUnderWay;
        try {
            for (Producer<String, byte[]> producer : List.of(prompt, gathering)) {
                producer.partitionsFor(Topics.OUTCOMES);
            }
            this.replyPartitions = replyPartitions();
        } catch (KafkaException e) {
            close();
            throw e;
        }
    }

    private Producer<String, byte[]> producer() {
        return callsUnderWay.getAsInt() < GATHERED_FROM ? prompt : gathering;
    }

    @Override
    public void publish(Outcome outcome, Runnable acknowledged) {
        Pending pending =
                new Pending(
                        outcome.settled().data().call(),
                        new ProducerRecord<>(
                                Topics.OUTCOMES,
                                outcome.settled().tenant().value(),
                                encode(outcome.settled())),
                        reply(outcome),
                        acknowledged);
        bytesUnderWay.addAndGet(pending.bytes());
        attempt(pending);
    }

    private void attempt(Pending pending) {
        try {
            // a record that was written though its acknowledgement was lost is written again with
            // the same event id, and readers keep the first
            var _ =
                    producer()
                            .send(
                                    pending.outcome(),
                                    (_, error) -> {
                                        if (error == null) {
                                            acknowledged(pending);
                                        } else {
                                            again(pending, error);
                                        }
                                    });
        } catch (KafkaException | IllegalStateException e) {
            again(pending, e);
        }
    }

    private void again(Pending pending, Exception error) {
        if (closing.getCount() == 0) {
            return;
        }
        LOG.atWarn()
                .addKeyValue("callId", pending.call())
                .addKeyValue("error", error.getClass().getSimpleName())
                .log("an outcome was not acknowledged, its reply waits");
        Thread.ofVirtual()
                .name("outcome-again")
                .start(() -> {
                    try {
                        if (!closing.await(TRY_AGAIN_AFTER.toMillis(), TimeUnit.MILLISECONDS)) {
                            attempt(pending);
                        }
                    } catch (InterruptedException e) {
                        Thread.currentThread().interrupt();
                    }
                });
    }

    /** On the producer's thread. */
    private void acknowledged(Pending pending) {
        ProducerRecord<String, byte[]> reply = pending.reply();
        if (reply == null) {
            bytesUnderWay.addAndGet(-pending.bytes());
        } else if (bytesUnderWay.get() <= INLINE_BYTES_MAX) {
            send(reply, pending);
        } else {
            Thread.ofVirtual().name("large-reply").start(() -> send(reply, pending));
        }
        pending.acknowledged().run();
    }

    private void send(ProducerRecord<String, byte[]> reply, Pending pending) {
        try {
            var _ =
                    producer()
                            .send(
                                    reply,
                                    (_, error) -> {
                                        bytesUnderWay.addAndGet(-pending.bytes());
                                        if (error != null) {
                                            unsent(pending, error);
                                        }
                                    });
        } catch (KafkaException | IllegalStateException e) {
            bytesUnderWay.addAndGet(-pending.bytes());
            unsent(pending, e);
        }
    }

    /** Without what is only repeated from the command, where it would be too large with it. */
    private static byte[] encode(Event<CallSettled> event) {
        try {
            return EventCodec.encode(event);
        } catch (SchemaException e) {
            return EventCodec.encode(
                    Event.of(
                            event.id(),
                            event.source(),
                            event.time(),
                            event.tenant(),
                            event.trace(),
                            event.data().withoutStatement()));
        }
    }

    /** Null where nothing can be answered. */
    private @Nullable ProducerRecord<String, byte[]> reply(Outcome outcome) {
        CallSettled settled = outcome.settled().data();
        DataKey key = outcome.replyKey();
        if (key == null) {
            LOG.atWarn()
                    .addKeyValue("callId", settled.call())
                    .log("the key to seal a reply with is gone, so nothing is answered");
            return null;
        }
        ReplyAddress address = outcome.command().data().reply();
        if (!isKnown(address.partition())) {
            LOG.atWarn()
                    .addKeyValue("callId", settled.call())
                    .addKeyValue("partition", address.partition())
                    .log("a reply's partition is not known, so nothing is answered");
            return null;
        }
        ProducerRecord<String, byte[]> reply =
                new ProducerRecord<>(
                        Topics.REPLIES,
                        address.partition(),
                        outcome.settled().tenant().value(),
                        outcome.reply().seal(key, settled.call()));
        ReplyHeaders.put(reply.headers(), ReplyHeaders.CALL, settled.call().toString());
        ReplyHeaders.put(reply.headers(), ReplyHeaders.GATEWAY, address.gateway().value());
        return reply;
    }

    /** A topic gets more partitions at times, never fewer. */
    private boolean isKnown(int partition) {
        if (partition >= replyPartitions) {
            try {
                replyPartitions = replyPartitions();
            } catch (KafkaException e) {
                return false;
            }
        }
        return partition < replyPartitions;
    }

    /** Those that both producers know. */
    private int replyPartitions() {
        return Math.min(
                gathering.partitionsFor(Topics.REPLIES).size(),
                prompt.partitionsFor(Topics.REPLIES).size());
    }

    /** The outcome stands; the gateway's caller sees its deadline pass. */
    private static void unsent(Pending pending, Exception error) {
        LOG.atWarn()
                .addKeyValue("callId", pending.call())
                .addKeyValue("error", error.getClass().getSimpleName())
                .log("a reply could not be sent");
    }

    @Override
    public void close() {
        closing.countDown();
        prompt.close(CLOSE_WITHIN);
        gathering.close(CLOSE_WITHIN);
    }
}
