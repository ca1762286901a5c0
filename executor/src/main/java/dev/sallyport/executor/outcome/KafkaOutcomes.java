package dev.sallyport.executor.outcome;

import dev.sallyport.schema.SchemaException;
import dev.sallyport.schema.event.CallSettled;
import dev.sallyport.schema.event.Event;
import dev.sallyport.schema.event.EventCodec;
import dev.sallyport.schema.reply.ReplyHeaders;
import dev.sallyport.schema.seal.DataKey;
import dev.sallyport.schema.topic.Topics;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.KafkaException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Outcomes to the topic of outcomes, acknowledged by all in-sync replicas; replies after them. */
public final class KafkaOutcomes implements OutcomePublisher {
    private static final Duration TRY_AGAIN_AFTER = Duration.ofMillis(250);
    private static final Duration CLOSE_WITHIN = Duration.ofSeconds(2);
    private static final Logger LOG = LoggerFactory.getLogger(KafkaOutcomes.class);

    private final Producer<String, byte[]> producer;
    private final CountDownLatch closing = new CountDownLatch(1);

    /**
     * Publishes with the producer.
     *
     * @param producer idempotent, acks=all, with a bounded delivery timeout; closed with this
     */
    public KafkaOutcomes(Producer<String, byte[]> producer) {
        this.producer = producer;
    }

    @Override
    public boolean publish(Outcome outcome) throws InterruptedException {
        byte[] event = encode(outcome.settled());
        String tenant = outcome.settled().tenant().value();
        while (closing.getCount() > 0) {
            try {
                // a record that was written though its acknowledgement was lost is written again
                // with the same event id, and readers keep the first
                var _ = producer.send(new ProducerRecord<>(Topics.OUTCOMES, tenant, event)).get();
                reply(outcome);
                return true;
            } catch (ExecutionException | KafkaException e) {
                LOG.atWarn()
                        .addKeyValue("callId", outcome.settled().data().call())
                        .setCause(e)
                        .log("an outcome was not acknowledged, its reply waits");
                boolean _ = closing.await(TRY_AGAIN_AFTER.toMillis(), TimeUnit.MILLISECONDS);
            }
        }
        return false;
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

    private void reply(Outcome outcome) {
        CallSettled settled = outcome.settled().data();
        DataKey key = outcome.replyKey();
        if (key == null) {
            LOG.atWarn()
                    .addKeyValue("callId", settled.call())
                    .log("the key to seal a reply with is gone, so nothing is answered");
            return;
        }
        var address = outcome.command().data().reply();
        ProducerRecord<String, byte[]> reply =
                new ProducerRecord<>(
                        Topics.REPLIES,
                        address.partition(),
                        outcome.settled().tenant().value(),
                        outcome.reply().seal(key, settled.call()));
        ReplyHeaders.put(reply.headers(), ReplyHeaders.CALL, settled.call().toString());
        ReplyHeaders.put(reply.headers(), ReplyHeaders.GATEWAY, address.gateway().value());
        try {
            var _ =
                    producer.send(
                            reply,
                            (_, error) -> {
                                if (error != null) {
                                    unsent(settled, error);
                                }
                            });
        } catch (KafkaException e) {
            unsent(settled, e);
        }
    }

    /** The outcome stands; the gateway's caller sees its deadline pass. */
    private static void unsent(CallSettled settled, Exception error) {
        LOG.atWarn()
                .addKeyValue("callId", settled.call())
                .addKeyValue("error", error.getClass().getSimpleName())
                .log("a reply could not be sent");
    }

    @Override
    public void close() {
        closing.countDown();
        producer.close(CLOSE_WITHIN);
    }
}
