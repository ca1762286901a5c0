package dev.sallyport.cli;

import dev.sallyport.cli.policy.PolicyException;
import dev.sallyport.schema.SchemaException;
import dev.sallyport.schema.event.Event;
import dev.sallyport.schema.event.EventCodec;
import dev.sallyport.schema.topic.KafkaSettings;
import dev.sallyport.schema.topic.Placement;
import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndTimestamp;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;

/** Reads what topics hold of a time. */
final class RecordedEvents {
    private static final Duration POLL = Duration.ofMillis(500);

    /** So long nothing may come before the broker counts as away. */
    private static final Duration SILENCE_MAX = Duration.ofSeconds(15);

    private final KafkaSettings kafka;
    private final Instant from;
    private final Instant to;

    /**
     * Of that time.
     *
     * @param to the first instant that is not looked at
     */
    RecordedEvents(KafkaSettings kafka, Instant from, Instant to) {
        this.kafka = kafka;
        this.from = from;
        this.to = to;
    }

    /**
     * Hands on every event of the topics, those of a tenant in their order. What is no event, or
     * does not belong into the topic, is left out.
     *
     * @throws PolicyException {@code log_unavailable}
     */
    void read(Collection<String> topics, Consumer<Event<?>> taking) {
        try (var consumer =
                new KafkaConsumer<String, byte[]>(kafka.consumer("sallyport-policy-backtest"))) {
            List<TopicPartition> partitions =
                    topics.stream()
                            .flatMap(topic -> consumer.partitionsFor(topic).stream())
                            .map(info -> new TopicPartition(info.topic(), info.partition()))
                            .toList();
            consumer.assign(partitions);
            Map<TopicPartition, Long> ends = new HashMap<>(consumer.endOffsets(partitions));
            seek(consumer, partitions, ends);
            long heard = System.nanoTime();
            while (ends.entrySet().stream()
                    .anyMatch(end -> consumer.position(end.getKey()) < end.getValue())) {
                var records = consumer.poll(POLL);
                if (!records.isEmpty()) {
                    heard = System.nanoTime();
                } else if (System.nanoTime() - heard > SILENCE_MAX.toNanos()) {
                    throw new PolicyException(
                            "log_unavailable",
                            "the log could not be read from " + kafka.bootstrapServers());
                }
                records.forEach(record -> take(record.topic(), record.value(), taking));
            }
        } catch (KafkaException e) {
            throw new PolicyException(
                    "log_unavailable",
                    "the log could not be read from " + kafka.bootstrapServers(),
                    e);
        }
    }

    private void seek(
            KafkaConsumer<String, byte[]> consumer,
            List<TopicPartition> partitions,
            Map<TopicPartition, Long> ends) {
        Map<TopicPartition, Long> wanted = new HashMap<>();
        partitions.forEach(partition -> wanted.put(partition, from.toEpochMilli()));
        Map<TopicPartition, OffsetAndTimestamp> starts = consumer.offsetsForTimes(wanted);
        ends.forEach((partition, end) -> {
            OffsetAndTimestamp start = starts.get(partition);
            consumer.seek(partition, start == null ? end : start.offset());
        });
    }

    private void take(String topic, byte[] value, Consumer<Event<?>> taking) {
        Event<?> event;
        try {
            event = EventCodec.decode(value);
        } catch (SchemaException e) {
            return;
        }
        if (!event.time().isBefore(from)
                && event.time().isBefore(to)
                && Placement.isRightful(topic, event.data())) {
            taking.accept(event);
        }
    }
}
