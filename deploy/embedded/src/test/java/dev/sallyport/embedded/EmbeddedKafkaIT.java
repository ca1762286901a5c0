package dev.sallyport.embedded;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class EmbeddedKafkaIT {

    private static final Duration WAIT_MAX = Duration.ofSeconds(20);

    @Test
    void onlyACommittedTransactionIsRead() throws Exception {
        EmbeddedKafka kafka = TestServers.kafka();
        create(kafka, "transactions", Map.of());
        try (KafkaProducer<String, String> producer =
                producer(kafka, Map.of("transactional.id", "teller"))) {
            producer.initTransactions();
            producer.beginTransaction();
            producer.send(new ProducerRecord<>("transactions", "k", "aborted")).get();
            producer.abortTransaction();
            producer.beginTransaction();
            producer.send(new ProducerRecord<>("transactions", "k", "committed")).get();
            producer.commitTransaction();
        }
        assertThat(read(kafka, "transactions", 1)).containsExactly("committed");
    }

    @Test
    void aTopicMayBeCompactedAndNoneIsMadeByAccident() throws Exception {
        EmbeddedKafka kafka = TestServers.kafka();
        create(kafka, "compacted", Map.of("cleanup.policy", "compact"));
        try (KafkaProducer<String, String> producer = producer(kafka, Map.of())) {
            producer.send(new ProducerRecord<>("compacted", "k", "v")).get();
        }
        assertThat(read(kafka, "compacted", 1)).containsExactly("v");
        try (KafkaProducer<String, String> producer =
                producer(kafka, Map.of("max.block.ms", "1000"))) {
            assertThatThrownBy(
                            () -> producer.send(new ProducerRecord<>("misspelt", "k", "v")).get())
                    .hasMessageContaining("misspelt");
        }
        try (Admin admin = Admin.create(Map.of("bootstrap.servers", kafka.bootstrapServers()))) {
            assertThatThrownBy(
                            () -> admin.describeTopics(List.of("misspelt")).allTopicNames().get())
                    .isInstanceOf(ExecutionException.class)
                    .hasCauseInstanceOf(UnknownTopicOrPartitionException.class);
        }
    }

    @Test
    void aStoppedBrokerStartsAgainOnTheSamePortAndKeepsItsRecords(@TempDir Path folder)
            throws Exception {
        String address;
        try (EmbeddedKafka kafka = EmbeddedKafka.start(folder)) {
            address = kafka.bootstrapServers();
            create(kafka, "kept", Map.of());
            try (KafkaProducer<String, String> producer = producer(kafka, Map.of())) {
                producer.send(new ProducerRecord<>("kept", "k", "before")).get();
                kafka.stop();
                assertThat(kafka.isRunning()).isFalse();
                kafka.startAgain();
                producer.send(new ProducerRecord<>("kept", "k", "after")).get();
            }
        }
        try (EmbeddedKafka kafka = EmbeddedKafka.start(folder)) {
            assertThat(kafka.bootstrapServers()).isEqualTo(address);
            assertThat(read(kafka, "kept", 2)).containsExactly("before", "after");
        }
    }

    @Test
    void aSecondBrokerOnTheSameFolderIsRefusedWithTheHoldersPid(@TempDir Path folder) {
        try (EmbeddedKafka kafka = EmbeddedKafka.start(folder)) {
            assertThat(kafka.isRunning()).isTrue();
            assertThatThrownBy(() -> EmbeddedKafka.start(folder))
                    .isInstanceOfSatisfying(
                            EmbeddedException.class,
                            e ->
                                    assertThat(e.code())
                                            .isEqualTo(EmbeddedException.Code.FOLDER_IN_USE))
                    .hasMessageContaining("pid " + ProcessHandle.current().pid());
        }
    }

    static void create(EmbeddedKafka kafka, String topic, Map<String, String> settings)
            throws Exception {
        create(kafka.bootstrapServers(), topic, settings);
    }

    static void create(String bootstrapServers, String topic, Map<String, String> settings)
            throws Exception {
        try (Admin admin = Admin.create(Map.of("bootstrap.servers", bootstrapServers))) {
            NewTopic wanted =
                    new NewTopic(topic, Optional.of(1), Optional.empty()).configs(settings);
            admin.createTopics(List.of(wanted)).all().get();
        }
    }

    static KafkaProducer<String, String> producer(EmbeddedKafka kafka, Map<String, Object> more) {
        return producer(kafka.bootstrapServers(), more);
    }

    static KafkaProducer<String, String> producer(
            String bootstrapServers, Map<String, Object> more) {
        Map<String, Object> settings = new java.util.HashMap<>(more);
        settings.put("bootstrap.servers", bootstrapServers);
        return new KafkaProducer<>(settings, new StringSerializer(), new StringSerializer());
    }

    static List<String> read(EmbeddedKafka kafka, String topic, int wanted) {
        Map<String, Object> settings =
                Map.of(
                        "bootstrap.servers",
                        kafka.bootstrapServers(),
                        "group.id",
                        "reader-of-" + topic,
                        "auto.offset.reset",
                        "earliest",
                        "isolation.level",
                        "read_committed");
        List<String> values = new ArrayList<>();
        try (KafkaConsumer<String, String> consumer =
                new KafkaConsumer<>(settings, new StringDeserializer(), new StringDeserializer())) {
            consumer.subscribe(List.of(topic));
            long deadline = System.nanoTime() + WAIT_MAX.toNanos();
            while (values.size() < wanted && System.nanoTime() < deadline) {
                for (ConsumerRecord<String, String> consumed :
                        consumer.poll(Duration.ofMillis(200))) {
                    values.add(consumed.value());
                }
            }
        }
        return values;
    }
}
