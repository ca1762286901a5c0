package dev.sallyport.schema.topic;

import dev.sallyport.schema.SchemaException;
import dev.sallyport.schema.id.CellId;
import dev.sallyport.schema.id.GatewayId;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.errors.TopicExistsException;
import org.apache.kafka.common.utils.Utils;

/**
 * The topics. Commands, outcomes and signals have the same number of partitions and the tenant as
 * key, so that one consumer sees all of a tenant in order.
 */
public final class Topics {
    /** Topics of commands start so; the cell follows. */
    public static final String COMMANDS_PREFIX = "sallyport.commands.";

    public static final String OUTCOMES = "sallyport.outcomes";
    public static final String SIGNALS = "sallyport.signals";
    public static final String REPLIES = "sallyport.replies";
    public static final String REGISTRY = "sallyport.registry";

    /** The last signed checkpoint of each log. */
    public static final String CHECKPOINTS = "sallyport.checkpoints";

    /** A reply: the largest result and its headers. */
    public static final int REPLY_BYTES_MAX = 8 * 1024 * 1024;

    private static final Duration EVENTS_KEPT = Duration.ofDays(30);
    private static final Duration REPLIES_KEPT = Duration.ofMinutes(10);
    private static final Duration WITHIN = Duration.ofSeconds(30);

    private Topics() {}

    /** The topic of the cell's commands. */
    public static String commands(CellId cell) {
        return COMMANDS_PREFIX + cell;
    }

    /** The consumer group of the cell's executors. */
    public static String executors(CellId cell) {
        return "sallyport-executor-" + cell;
    }

    /** The partition of {@link #REPLIES} that the gateway reads. */
    public static int repliesPartition(GatewayId gateway, int partitions) {
        return Utils.toPositive(Utils.murmur2(Utils.utf8(gateway.value()))) % partitions;
    }

    /**
     * The topics as they are to be created.
     *
     * @param partitions of commands, outcomes, signals and replies
     * @param replication how many brokers keep a copy; with three or more, two must acknowledge
     */
    public static List<NewTopic> all(Set<CellId> cells, int partitions, short replication) {
        String inSync = replication >= 3 ? "2" : "1";
        Map<String, String> events =
                Map.of(
                        "cleanup.policy",
                        "delete",
                        "retention.ms",
                        millis(EVENTS_KEPT),
                        "min.insync.replicas",
                        inSync,
                        "compression.type",
                        "producer");
        List<NewTopic> topics = new ArrayList<>();
        for (CellId cell : cells) {
            topics.add(new NewTopic(commands(cell), partitions, replication).configs(events));
        }
        topics.add(new NewTopic(OUTCOMES, partitions, replication).configs(events));
        topics.add(new NewTopic(SIGNALS, partitions, replication).configs(events));
        topics.add(
                new NewTopic(REPLIES, partitions, replication)
                        .configs(
                                Map.of(
                                        "cleanup.policy", "delete",
                                        "retention.ms", millis(REPLIES_KEPT),
                                        "segment.ms", millis(REPLIES_KEPT),
                                        "max.message.bytes", Integer.toString(REPLY_BYTES_MAX),
                                        "min.insync.replicas", "1")));
        Map<String, String> newest =
                Map.of("cleanup.policy", "compact", "min.insync.replicas", inSync);
        topics.add(new NewTopic(REGISTRY, 1, replication).configs(newest));
        topics.add(new NewTopic(CHECKPOINTS, 1, replication).configs(newest));
        return topics;
    }

    /**
     * Creates the topics that are not there yet.
     *
     * @throws SchemaException {@code broker_unavailable}
     */
    public static void createMissing(
            Admin admin, Set<CellId> cells, int partitions, short replication) {
        try {
            Set<String> present =
                    admin.listTopics().names().get(WITHIN.toSeconds(), TimeUnit.SECONDS);
            List<NewTopic> missing =
                    all(cells, partitions, replication).stream()
                            .filter(topic -> !present.contains(topic.name()))
                            .toList();
            for (KafkaFuture<Void> created : admin.createTopics(missing).values().values()) {
                awaitCreated(created);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new SchemaException(
                    "broker_unavailable", "interrupted while topics were created", e);
        } catch (ExecutionException | TimeoutException e) {
            throw new SchemaException(
                    "broker_unavailable", "the topics could not be created: " + e.getMessage(), e);
        }
    }

    /**
     * Somebody else may have created it meanwhile, or this client itself, whose first answer was
     * lost.
     */
    private static void awaitCreated(KafkaFuture<Void> created)
            throws InterruptedException, ExecutionException, TimeoutException {
        try {
            created.get(WITHIN.toSeconds(), TimeUnit.SECONDS);
        } catch (ExecutionException e) {
            if (!(e.getCause() instanceof TopicExistsException)) {
                throw e;
            }
        }
    }

    private static String millis(Duration duration) {
        return Long.toString(duration.toMillis());
    }
}
