package dev.sallyport.executor.intake;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.MockConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.TimeoutException;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class IntakeTest {
    private static final String COMMANDS = "commands";
    private static final TopicPartition PARTITION = new TopicPartition(COMMANDS, 0);

    private final UnluckyConsumer consumer = new UnluckyConsumer();
    private final List<Delivery> delivered = new ArrayList<>();
    private final Intake intake = new Intake(consumer, delivered::add, 100);
    private long end;

    /** Commits nothing while it is told not to. */
    private static final class UnluckyConsumer extends MockConsumer<String, byte[]> {
        private boolean commitFails;

        UnluckyConsumer() {
            super("earliest");
        }

        @Override
        public synchronized void commitSync(
                Map<TopicPartition, OffsetAndMetadata> offsets, Duration timeout) {
            if (commitFails) {
                throw new TimeoutException("no coordinator");
            }
            super.commitSync(offsets, timeout);
        }
    }

    @BeforeEach
    void join() {
        intake.join(COMMANDS);
        consumer.updateBeginningOffsets(Map.of(PARTITION, 0L));
    }

    @Test
    void onlyWhatStoodInTheLogBeforeMayHaveRun() {
        consumer.updateEndOffsets(Map.of(PARTITION, 2L));
        consumer.rebalance(List.of(PARTITION));
        publish(4);

        intake.turn();

        assertThat(delivered)
                .extracting(Delivery::mayHaveRun)
                .containsExactly(true, true, false, false);
    }

    @Test
    void whereTheLogEndedIsAskedUntilItIsTold() {
        consumer.updateEndOffsets(Map.of(PARTITION, 0L));
        consumer.setOffsetsException(new TimeoutException("no leader"));
        consumer.rebalance(List.of(PARTITION));
        consumer.setOffsetsException(new TimeoutException("still none"));
        publish(1);

        intake.turn();
        consumer.updateEndOffsets(Map.of(PARTITION, end));
        publish(1);
        intake.turn();

        assertThat(delivered).extracting(Delivery::mayHaveRun).containsExactly(true, false);
    }

    @Test
    void aPartitionThatLeavesIsForgottenThoughItsOffsetsCannotBeCommitted() {
        consumer.updateEndOffsets(Map.of(PARTITION, 0L));
        consumer.rebalance(List.of(PARTITION));
        publish(2);
        intake.turn();
        delivered.forEach(Delivery::settled);
        consumer.commitFails = true;
        consumer.rebalance(List.of());
        consumer.commitFails = false;

        // it comes back, and what was not committed with it
        consumer.updateEndOffsets(Map.of(PARTITION, 2L));
        consumer.rebalance(List.of(PARTITION));
        consumer.seek(PARTITION, 0);
        end = 0;
        publish(2);
        intake.turn();

        assertThat(delivered)
                .extracting(Delivery::mayHaveRun)
                .containsExactly(false, false, true, true);
        assertThat(intake.underWay()).isEqualTo(2);
    }

    @Test
    void whatItHasAndWhatWaitsIsToldAfterEachTurn() {
        assertThat(intake.partitions()).isZero();
        consumer.updateEndOffsets(Map.of(PARTITION, 0L));
        consumer.rebalance(List.of(PARTITION));
        publish(1);
        consumer.updateEndOffsets(Map.of(PARTITION, 3L));

        intake.turn();

        assertThat(intake.partitions()).isEqualTo(1);
        assertThat(intake.lag()).isEqualTo(2);
    }

    private void publish(int records) {
        for (int i = 0; i < records; i++) {
            consumer.addRecord(new ConsumerRecord<>(COMMANDS, 0, end++, "acme", new byte[] {1}));
        }
    }
}
