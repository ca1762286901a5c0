package dev.sallyport.executor.intake;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.sallyport.embedded.TestServers;
import dev.sallyport.schema.id.CellId;
import dev.sallyport.schema.topic.KafkaSettings;
import dev.sallyport.schema.topic.Topics;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerGroupMetadata;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.consumer.OffsetCommitCallback;
import org.apache.kafka.clients.consumer.RetriableCommitFailedException;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.DisconnectException;
import org.junit.jupiter.api.Test;

/** The rules of {@link Ownership} with a broker and a consumer of the real kind. */
final class IntakeIT {
    private static final CellId CELL = new CellId("intake-it");
    private static final Duration WITHIN = Duration.ofSeconds(60);

    private final KafkaSettings kafka =
            new KafkaSettings(TestServers.kafka().bootstrapServers(), Map.of());
    private final Joining joining = new Joining();
    private final List<Delivery> delivered = new CopyOnWriteArrayList<>();

    /** Gets no answer to one commit where it is told so. */
    private static final class Disconnected extends KafkaConsumer<String, byte[]> {
        private final Joining joining;
        private final List<String> members = new CopyOnWriteArrayList<>();
        private volatile boolean disconnects;

        Disconnected(Map<String, Object> settings, Joining joining) {
            super(settings);
            this.joining = joining;
        }

        @Override
        public void commitAsync(
                Map<TopicPartition, OffsetAndMetadata> offsets, OffsetCommitCallback callback) {
            if (disconnects) {
                disconnects = false;
                callback.onComplete(
                        offsets, new RetriableCommitFailedException(DisconnectException.INSTANCE));
            } else {
                super.commitAsync(offsets, callback);
            }
        }

        /** The intake asks for it at the end of each join. */
        @Override
        public ConsumerGroupMetadata groupMetadata() {
            ConsumerGroupMetadata metadata = super.groupMetadata();
            if (joining.isUnderWay()) {
                members.add(metadata.memberId());
            }
            return metadata;
        }
    }

    @Test
    void afterACommitThatGotNoAnswerItIsAnotherMemberAndIsDeliveredAgain() throws Exception {
        try (Admin admin = Admin.create(kafka.client("intake-it"))) {
            Topics.createMissing(admin, Set.of(CELL), 4, (short) 1);
        }
        Map<String, Object> settings =
                new HashMap<>(kafka.callConsumer("intake-it", Topics.executors(CELL)));
        settings.put(ConsumerConfig.GROUP_INSTANCE_ID_CONFIG, "intake-it");
        settings.putAll(joining.settings());
        Disconnected consumer = new Disconnected(settings, joining);
        try (Intake intake = new Intake(consumer, delivered::add, 100, joining);
                KafkaProducer<String, byte[]> producer =
                        new KafkaProducer<>(kafka.producer("intake-it"))) {
            intake.start(Topics.commands(CELL));
            assertThat(intake.awaitJoined(WITHIN)).isTrue();
            var _ =
                    producer.send(
                                    new ProducerRecord<>(
                                            Topics.commands(CELL), "acme", new byte[] {1}))
                            .get();
            await().atMost(WITHIN).until(() -> delivered.size() == 1);
            Delivery first = delivered.getFirst();
            assertThat(first.past()).isEqualTo(Past.NONE);
            assertThat(first.confirm().await()).isTrue();

            consumer.disconnects = true;
            assertThat(first.noteDecided()).isFalse();

            await().atMost(WITHIN).until(() -> delivered.size() == 2);
            Delivery second = delivered.getLast();
            assertThat(second.place()).isEqualTo(first.place());
            assertThat(second.past()).isEqualTo(Past.MAY_HAVE_RUN);
            assertThat(second.confirm().await()).isTrue();
            assertThat(second.noteDecided()).isTrue();
            assertThat(Set.copyOf(consumer.members)).hasSize(2);
        }
    }
}
