package dev.sallyport.audit.ingest;

import dev.sallyport.schema.id.TenantId;
import dev.sallyport.schema.topic.KafkaSettings;
import dev.sallyport.schema.topic.Topics;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.stream.IntStream;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.InterruptException;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;
import org.apache.kafka.common.utils.Utils;

/** The topics that the events of all tenants stand in. Not for several threads at once. */
final class EventTopics implements AutoCloseable {
    private static final Duration WITHIN = Duration.ofSeconds(10);
    private static final Duration CLOSE_WITHIN = Duration.ofSeconds(2);

    private final Admin admin;
    private Map<String, Topic> topics = Map.of();

    private record Topic(UUID id, int partitions) {}

    EventTopics(KafkaSettings kafka) {
        this.admin = Admin.create(kafka.client("audit-ingest-topics"));
    }

    /** Looks which ones there are now. */
    void look() {
        try {
            var names =
                    admin.listTopics().names().get(WITHIN.toSeconds(), TimeUnit.SECONDS).stream()
                            .filter(EventTopics::isOurs)
                            .toList();
            var found = new HashMap<String, Topic>();
            for (var description : admin.describeTopics(names).topicNameValues().entrySet()) {
                described(description.getValue())
                        .ifPresent(topic -> found.put(description.getKey(), topic));
            }
            topics = found;
        } catch (ExecutionException | TimeoutException e) {
            throw new KafkaException("the topics of events cannot be told", e);
        } catch (InterruptedException e) {
            throw new InterruptException(e);
        }
    }

    /** Empty where it was deleted in the meantime. */
    private static Optional<Topic> described(KafkaFuture<TopicDescription> description)
            throws InterruptedException, ExecutionException, TimeoutException {
        try {
            return Optional.of(topic(description.get(WITHIN.toSeconds(), TimeUnit.SECONDS)));
        } catch (ExecutionException e) {
            if (e.getCause() instanceof UnknownTopicOrPartitionException) {
                return Optional.empty();
            }
            throw e;
        }
    }

    private static Topic topic(TopicDescription description) {
        var id = description.topicId();
        return new Topic(
                new UUID(id.getMostSignificantBits(), id.getLeastSignificantBits()),
                description.partitions().size());
    }

    private static boolean isOurs(String topic) {
        return topic.startsWith(Topics.COMMANDS_PREFIX)
                || topic.equals(Topics.OUTCOMES)
                || topic.equals(Topics.SIGNALS);
    }

    /** Their partitions. */
    List<TopicPartition> partitions() {
        return topics.entrySet().stream()
                .flatMap(topic ->
                        IntStream.range(0, topic.getValue().partitions())
                                .mapToObj(number -> new TopicPartition(topic.getKey(), number)))
                .toList();
    }

    /** The id of the partition's topic, which only this one topic has ever had. */
    UUID idOf(TopicPartition partition) {
        return topic(partition).id();
    }

    /** Whether producers put the tenant's events into the partition. */
    boolean holds(TopicPartition partition, TenantId tenant) {
        int hash = Utils.toPositive(Utils.murmur2(Utils.utf8(tenant.value())));
        return hash % topic(partition).partitions() == partition.partition();
    }

    /** Where there are transactions there are records that no reader gets. */
    static boolean hasTransactions(TopicPartition partition) {
        return partition.topic().equals(Topics.SIGNALS);
    }

    private Topic topic(TopicPartition partition) {
        return Objects.requireNonNull(topics.get(partition.topic()), "a topic that was not seen");
    }

    @Override
    public void close() {
        admin.close(CLOSE_WITHIN);
    }
}
