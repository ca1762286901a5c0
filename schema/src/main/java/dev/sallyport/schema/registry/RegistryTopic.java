package dev.sallyport.schema.registry;

import dev.sallyport.schema.topic.Topics;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.ListOffsetsOptions;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.common.IsolationLevel;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.InterruptException;

/** The one partition that the registry is in. */
final class RegistryTopic {
    static final TopicPartition PARTITION = new TopicPartition(Topics.REGISTRY, 0);
    private static final Duration ASKED_WITHIN = Duration.ofSeconds(2);

    private RegistryTopic() {}

    /**
     * Where the topic ends, with what is not committed yet: behind the transaction of a writer that
     * died in it there may be a suspension that no reader sees.
     *
     * @throws KafkaException if the broker does not tell
     */
    static long end(Admin admin) {
        var options = new ListOffsetsOptions(IsolationLevel.READ_UNCOMMITTED);
        try {
            return admin.listOffsets(Map.of(PARTITION, OffsetSpec.latest()), options)
                    .partitionResult(PARTITION)
                    .get(ASKED_WITHIN.toMillis(), TimeUnit.MILLISECONDS)
                    .offset();
        } catch (ExecutionException | TimeoutException e) {
            throw new KafkaException("the end of the registry cannot be told", e);
        } catch (InterruptedException e) {
            throw new InterruptException(e);
        }
    }
}
