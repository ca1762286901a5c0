package dev.sallyport.audit.access;

import dev.sallyport.audit.problem.AuditException;
import dev.sallyport.audit.problem.AuditProblem;
import dev.sallyport.schema.event.AuditRead;
import dev.sallyport.schema.event.Event;
import dev.sallyport.schema.event.EventCodec;
import dev.sallyport.schema.event.Principal;
import dev.sallyport.schema.id.EventId;
import dev.sallyport.schema.token.Caller;
import dev.sallyport.schema.topic.KafkaSettings;
import dev.sallyport.schema.topic.Topics;
import java.time.Duration;
import java.time.InstantSource;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.KafkaException;

/**
 * Records who read what: acknowledged by the broker before anything is shown, and found in the same
 * log afterwards.
 */
public final class ReadRecorder implements AutoCloseable {
    private static final Duration WITHIN = KafkaSettings.DELIVERY_TIMEOUT.plusSeconds(2);
    private static final Duration CLOSE_WITHIN = Duration.ofSeconds(2);
    private static final int FILTER_CHARS_MAX = 1_000;
    private static final String SOURCE = "/audit-service";

    private final KafkaProducer<String, byte[]> producer;
    private final InstantSource clock;

    public ReadRecorder(KafkaSettings kafka, InstantSource clock) {
        this.producer = new KafkaProducer<>(kafka.producer("audit-reads"));
        this.clock = clock;
    }

    /**
     * Records a reading and returns when the broker has it.
     *
     * @param address the IP address that the reader came from
     * @param action what was done, such as {@code search}
     * @param filter what was asked for
     * @param results how many entries will be shown
     * @throws AuditException {@code read_not_recorded}: then nothing may be shown
     */
    public void record(Caller reader, String address, String action, String filter, int results) {
        var principal = new Principal(reader.subject(), reader.client(), null, address);
        var read = new AuditRead(principal, action, shortened(filter), results);
        byte[] event =
                EventCodec.encode(
                        Event.of(
                                EventId.next(),
                                SOURCE,
                                clock.instant(),
                                reader.tenant(),
                                null,
                                read));
        try {
            var _ =
                    producer.send(
                                    new ProducerRecord<>(
                                            Topics.SIGNALS, reader.tenant().value(), event))
                            .get(WITHIN.toMillis(), TimeUnit.MILLISECONDS);
        } catch (ExecutionException | TimeoutException | KafkaException failed) {
            throw new AuditException(
                    AuditProblem.READ_NOT_RECORDED,
                    "reading is recorded first, and the log cannot be reached just now: try again",
                    failed);
        } catch (InterruptedException stopped) {
            Thread.currentThread().interrupt();
            throw new AuditException(
                    AuditProblem.READ_NOT_RECORDED, "the service is stopping: try again", stopped);
        }
    }

    private static String shortened(String filter) {
        return filter.length() > FILTER_CHARS_MAX ? filter.substring(0, FILTER_CHARS_MAX) : filter;
    }

    @Override
    public void close() {
        producer.close(CLOSE_WITHIN);
    }
}
