package dev.sallyport.executor.intake;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.MockConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.TimeoutException;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class IntakeTest {
    private static final String COMMANDS = "commands";
    private static final TopicPartition PARTITION = new TopicPartition(COMMANDS, 0);

    private final MockConsumer<String, byte[]> consumer = new MockConsumer<>("earliest");
    private final List<Delivery> delivered = new ArrayList<>();
    private final Intake intake = new Intake(consumer, delivered::add, 100);
    private long end;

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

    private void publish(int records) {
        for (int i = 0; i < records; i++) {
            consumer.addRecord(new ConsumerRecord<>(COMMANDS, 0, end++, "acme", new byte[] {1}));
        }
    }
}
