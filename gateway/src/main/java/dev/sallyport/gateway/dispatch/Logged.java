package dev.sallyport.gateway.dispatch;

import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.TopicPartition;

/** The last record of each tenant and topic that the log acknowledged to this gateway. */
final class Logged {

    private final Map<Place, Last> last = new ConcurrentHashMap<>();

    private record Place(String tenant, String topic) {}

    /** A record: a tenant's stand in one partition of a topic, as long as that has as many. */
    record Last(TopicPartition partition, long offset) {}

    void acknowledged(String tenant, RecordMetadata metadata) {
        if (!metadata.hasOffset()) {
            return;
        }
        note(
                tenant,
                new Last(
                        new TopicPartition(metadata.topic(), metadata.partition()),
                        metadata.offset()));
    }

    void note(String tenant, Last record) {
        last.merge(
                new Place(tenant, record.partition.topic()),
                record,
                (before, now) ->
                        before.partition.equals(now.partition) && before.offset > now.offset
                                ? before
                                : now);
    }

    Optional<Last> last(String tenant, String topic) {
        return Optional.ofNullable(last.get(new Place(tenant, topic)));
    }
}
