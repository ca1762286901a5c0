package dev.sallyport.gateway;

import dev.sallyport.schema.event.Event;
import dev.sallyport.schema.event.EventCodec;
import dev.sallyport.schema.event.Payload;
import dev.sallyport.schema.topic.KafkaSettings;
import dev.sallyport.schema.topic.Topics;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;

/** All that stands on the topic of signals at this moment. */
final class Signals {

    private Signals() {}

    /** The events of that kind, in the order in which they were written. */
    static <P extends Payload> List<Event<P>> of(KafkaSettings kafka, Class<P> kind) {
        List<Event<P>> found = new ArrayList<>();
        try (var consumer = new KafkaConsumer<String, byte[]>(kafka.consumer("signals-test"))) {
            List<TopicPartition> partitions =
                    consumer.partitionsFor(Topics.SIGNALS).stream()
                            .map(info -> new TopicPartition(info.topic(), info.partition()))
                            .toList();
            consumer.assign(partitions);
            consumer.seekToBeginning(partitions);
            Map<TopicPartition, Long> ends = consumer.endOffsets(partitions);
            while (ends.entrySet().stream()
                    .anyMatch(end -> consumer.position(end.getKey()) < end.getValue())) {
                for (var entry : consumer.poll(Duration.ofMillis(200))) {
                    Event<?> event = EventCodec.decode(entry.value());
                    if (kind.isInstance(event.data())) {
                        found.add(
                                new Event<>(
                                        event.id(),
                                        event.source(),
                                        event.time(),
                                        event.tenant(),
                                        event.trace(),
                                        event.signedBy(),
                                        kind.cast(event.data())));
                    }
                }
            }
        }
        return found;
    }
}
