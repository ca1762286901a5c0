package dev.sallyport.schema.topic;

import dev.sallyport.schema.config.Default;
import dev.sallyport.schema.config.Example;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import org.apache.kafka.clients.CommonClientConfigs;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;

/**
 * How to reach the broker; part of every service's configuration.
 *
 * @param bootstrapServers {@code host:port} of some brokers, separated by commas
 * @param properties further client properties of Apache Kafka, such as {@code security.protocol}
 */
public record KafkaSettings(
        @Example("localhost:9092") String bootstrapServers,
        @Default("{}") Map<String, String> properties) {
    /** How long a producer tries before a record counts as not delivered. */
    public static final Duration DELIVERY_TIMEOUT = Duration.ofSeconds(10);

    /** The memory of a producer of calls, in bytes: some of the largest replies, and the rest. */
    public static final long CALLS_BUFFER_BYTES = 64L * 1024 * 1024;

    /** A producer of calls never forgets the topics it was asked for when it started. */
    private static final Duration TOPICS_KNOWN_FOR = Duration.ofDays(365);

    /** What is worth a fetch before the time is over. */
    private static final int GATHERED_BYTES = 1024 * 1024;

    public KafkaSettings {
        if (bootstrapServers.isBlank()) {
            throw new IllegalArgumentException(
                    "bootstrapServers must name a broker, such as localhost:9092");
        }
        properties = Map.copyOf(properties);
    }

    /** Settings of an admin client, and what all clients share. */
    public Map<String, Object> client(String clientId) {
        Map<String, Object> settings = new HashMap<>(properties);
        settings.put(CommonClientConfigs.BOOTSTRAP_SERVERS_CONFIG, bootstrapServers);
        settings.put(CommonClientConfigs.CLIENT_ID_CONFIG, clientId);
        return settings;
    }

    /** As the other {@code producer}, giving up after {@link #DELIVERY_TIMEOUT}. */
    public Map<String, Object> producer(String clientId) {
        return producer(clientId, DELIVERY_TIMEOUT);
    }

    /**
     * Settings of a producer of tenant-keyed bytes: idempotent, acknowledged by all in-sync
     * replicas, never waiting for a batch.
     *
     * @param within how long it tries before a record counts as not delivered; half of it for the
     *     first attempt
     */
    public Map<String, Object> producer(String clientId, Duration within) {
        int millis = (int) within.toMillis();
        int attempt = Math.max(1, millis / 2);
        Map<String, Object> settings = client(clientId);
        settings.put(ProducerConfig.ACKS_CONFIG, "all");
        settings.put(ProducerConfig.ENABLE_IDEMPOTENCE_CONFIG, true);
        settings.put(ProducerConfig.LINGER_MS_CONFIG, 0);
        settings.put(ProducerConfig.MAX_REQUEST_SIZE_CONFIG, Topics.REPLY_BYTES_MAX);
        settings.put(ProducerConfig.DELIVERY_TIMEOUT_MS_CONFIG, millis);
        settings.put(ProducerConfig.REQUEST_TIMEOUT_MS_CONFIG, attempt);
        settings.put(ProducerConfig.MAX_BLOCK_MS_CONFIG, (long) attempt);
        settings.put(ProducerConfig.KEY_SERIALIZER_CLASS_CONFIG, StringSerializer.class);
        settings.put(ProducerConfig.VALUE_SERIALIZER_CLASS_CONFIG, ByteArraySerializer.class);
        return settings;
    }

    /** As the other {@code callProducer}, giving up after {@link #DELIVERY_TIMEOUT}. */
    public Map<String, Object> callProducer(String clientId) {
        return callProducer(clientId, DELIVERY_TIMEOUT);
    }

    /**
     * Settings of a producer on the way of calls. One request is under way to a broker at a time:
     * what comes meanwhile goes together in the next, so that requests are fuller the more calls
     * overlap, and a call that is alone waits for nothing. Ask for the topics when starting ({@code
     * partitionsFor}): they stay known, and no {@code send} waits for them.
     */
    public Map<String, Object> callProducer(String clientId, Duration within) {
        Map<String, Object> settings = producer(clientId, within);
        settings.put(ProducerConfig.MAX_IN_FLIGHT_REQUESTS_PER_CONNECTION, 1);
        settings.put(ProducerConfig.BUFFER_MEMORY_CONFIG, CALLS_BUFFER_BYTES);
        settings.put(ProducerConfig.METADATA_MAX_IDLE_CONFIG, TOPICS_KNOWN_FOR.toMillis());
        return settings;
    }

    /**
     * As {@code callProducer}, but a record waits a little for others. For records that come while
     * so many calls overlap that a fuller request is worth more than the time.
     *
     * @param linger how long it waits at the most
     */
    public Map<String, Object> gatheringProducer(String clientId, Duration linger) {
        Map<String, Object> settings = callProducer(clientId);
        settings.put(ProducerConfig.LINGER_MS_CONFIG, linger.toMillis());
        return settings;
    }

    /**
     * Settings of a producer of transactions. Readers of committed records wait for one whose
     * writer died in it, and so no longer than {@link #DELIVERY_TIMEOUT}.
     */
    public Map<String, Object> transactional(String clientId, String transactionalId) {
        Map<String, Object> settings = producer(clientId);
        settings.put(ProducerConfig.TRANSACTIONAL_ID_CONFIG, transactionalId);
        settings.put(ProducerConfig.TRANSACTION_TIMEOUT_CONFIG, (int) DELIVERY_TIMEOUT.toMillis());
        return settings;
    }

    /**
     * Settings of a consumer of the same; it sees committed transactions only and commits no offset
     * by itself.
     */
    public Map<String, Object> consumer(String clientId) {
        Map<String, Object> settings = client(clientId);
        settings.put(ConsumerConfig.ISOLATION_LEVEL_CONFIG, "read_committed");
        settings.put(ConsumerConfig.ENABLE_AUTO_COMMIT_CONFIG, false);
        settings.put(ConsumerConfig.FETCH_MIN_BYTES_CONFIG, 1);
        settings.put(ConsumerConfig.AUTO_OFFSET_RESET_CONFIG, "earliest");
        settings.put(ConsumerConfig.KEY_DESERIALIZER_CLASS_CONFIG, StringDeserializer.class);
        settings.put(ConsumerConfig.VALUE_DESERIALIZER_CLASS_CONFIG, ByteArrayDeserializer.class);
        return settings;
    }

    /** Settings of a consumer that somebody waits for: it gets a record as soon as there is one. */
    public Map<String, Object> callConsumer(String clientId) {
        Map<String, Object> settings = consumer(clientId);
        settings.put(ConsumerConfig.FETCH_MIN_BYTES_CONFIG, 1);
        return settings;
    }

    /** As the other {@code callConsumer}, sharing its partitions with the others of its group. */
    public Map<String, Object> callConsumer(String clientId, String group) {
        Map<String, Object> settings = callConsumer(clientId);
        settings.put(ConsumerConfig.GROUP_ID_CONFIG, group);
        return settings;
    }

    /**
     * Settings under which the broker gathers records for a consumer that no caller waits for: one
     * fetch, one transaction, one request for what came in that time instead of one for each call.
     *
     * @param atMost how long a record waits for others
     */
    public static Map<String, Object> gathering(Duration atMost) {
        return Map.of(
                ConsumerConfig.FETCH_MIN_BYTES_CONFIG,
                GATHERED_BYTES,
                ConsumerConfig.FETCH_MAX_WAIT_MS_CONFIG,
                (int) atMost.toMillis());
    }

    /** Settings of a consumer that shares its partitions with the others of its group. */
    public Map<String, Object> consumer(String clientId, String group) {
        Map<String, Object> settings = consumer(clientId);
        settings.put(ConsumerConfig.GROUP_ID_CONFIG, group);
        return settings;
    }
}
