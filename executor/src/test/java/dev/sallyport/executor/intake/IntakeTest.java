package dev.sallyport.executor.intake;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;
import static org.awaitility.Awaitility.await;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.consumer.CommitFailedException;
import org.apache.kafka.clients.consumer.ConsumerGroupMetadata;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.MockConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.consumer.OffsetCommitCallback;
import org.apache.kafka.clients.consumer.RetriableCommitFailedException;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.DisconnectException;
import org.apache.kafka.common.errors.RebalanceInProgressException;
import org.apache.kafka.common.errors.TimeoutException;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class IntakeTest {
    private static final String COMMANDS = "commands";
    private static final TopicPartition PARTITION = new TopicPartition(COMMANDS, 0);
    private static final TopicPartition OTHER = new TopicPartition(COMMANDS, 1);

    private final UnluckyConsumer consumer = new UnluckyConsumer();
    private final List<Delivery> delivered = new ArrayList<>();
    private final Joining joining = new Joining();
    private final Intake intake = new Intake(consumer, delivered::add, 100, joining);
    private long end;

    /** Takes no commits while it is told so, or takes them later. */
    private static final class UnluckyConsumer extends MockConsumer<String, byte[]> {
        private final Deque<Runnable> later = new ArrayDeque<>();
        private @Nullable KafkaException commitFails;
        private boolean answersLater;
        private int commits;
        private String member = "first";

        UnluckyConsumer() {
            super("earliest");
        }

        @Override
        public synchronized void commitSync(
                Map<TopicPartition, OffsetAndMetadata> offsets, Duration timeout) {
            if (commitFails != null) {
                throw commitFails;
            }
            super.commitSync(offsets, timeout);
        }

        @Override
        public synchronized void commitAsync(
                Map<TopicPartition, OffsetAndMetadata> offsets,
                @Nullable OffsetCommitCallback callback) {
            commits++;
            if (callback == null) {
                super.commitAsync(offsets, null);
            } else if (commitFails != null) {
                callback.onComplete(offsets, commitFails);
            } else if (answersLater) {
                later.add(() -> super.commitAsync(offsets, callback));
            } else {
                super.commitAsync(offsets, callback);
            }
        }

        @Override
        @SuppressWarnings("removal") // nothing else makes one
        public synchronized ConsumerGroupMetadata groupMetadata() {
            return new ConsumerGroupMetadata("group", 1, member, Optional.empty());
        }

        OffsetAndMetadata noted() {
            return Objects.requireNonNull(committed(Set.of(PARTITION)).get(PARTITION));
        }
    }

    @BeforeEach
    void join() {
        intake.join(COMMANDS);
        consumer.updateBeginningOffsets(Map.of(PARTITION, 0L));
    }

    private void assign(long endOfLog) {
        consumer.updateEndOffsets(Map.of(PARTITION, endOfLog));
        consumer.rebalance(List.of(PARTITION));
    }

    @Test
    void onlyWhatStoodInTheLogBeforeMayHaveRun() {
        assign(2);
        publish(4);

        intake.turn();

        assertThat(delivered)
                .extracting(Delivery::past)
                .containsExactly(Past.MAY_HAVE_RUN, Past.MAY_HAVE_RUN, Past.NONE, Past.NONE);
    }

    @Test
    void whereTheLogEndedIsAskedUntilItIsTold() {
        consumer.setOffsetsException(new TimeoutException("no leader"));
        assign(0);
        consumer.setOffsetsException(new TimeoutException("still none"));
        publish(1);

        intake.turn();
        consumer.updateEndOffsets(Map.of(PARTITION, end));
        publish(1);
        intake.turn();

        assertThat(delivered)
                .extracting(Delivery::past)
                .containsExactly(Past.MAY_HAVE_RUN, Past.NONE);
    }

    // case I6
    @Test
    void whatTheExecutorBeforeNotedIsKnown() {
        // the mock takes commits of its own partitions only
        assign(4);
        consumer.commitSync(Map.of(PARTITION, new OffsetAndMetadata(0, "1o1s1d1")));
        consumer.rebalance(List.of());
        consumer.rebalance(List.of(PARTITION));
        consumer.seek(PARTITION, 0);
        publish(5);

        intake.turn();

        assertThat(delivered)
                .extracting(Delivery::place, Delivery::past)
                .containsExactly(
                        tuple("commands-0@0", Past.MAY_HAVE_RUN),
                        tuple("commands-0@2", Past.MAY_HAVE_BEEN_TOLD),
                        tuple("commands-0@3", Past.MAY_HAVE_RUN),
                        tuple("commands-0@4", Past.NONE));
        assertThat(intake.underWay()).isEqualTo(4);
    }

    @Test
    void aPartitionThatLeavesIsForgottenThoughItsOffsetsCannotBeCommitted() {
        assign(0);
        publish(2);
        intake.turn();
        delivered.forEach(Delivery::settled);
        consumer.commitFails = new TimeoutException("no coordinator");
        consumer.rebalance(List.of());
        consumer.commitFails = null;
        assertThat(delivered).allMatch(Delivery::isLost);

        // it comes back, and what was not committed with it
        assign(2);
        consumer.seek(PARTITION, 0);
        end = 0;
        publish(2);
        intake.turn();

        assertThat(delivered)
                .extracting(Delivery::past)
                .containsExactly(Past.NONE, Past.NONE, Past.MAY_HAVE_RUN, Past.MAY_HAVE_RUN);
        assertThat(intake.underWay()).isEqualTo(2);
    }

    private interface Waiting {
        boolean forTheBroker() throws InterruptedException;
    }

    /** On a thread of its own, which waits when this returns. */
    private static CompletableFuture<Boolean> begun(Waiting waiting) {
        CompletableFuture<Boolean> told = new CompletableFuture<>();
        Thread thread =
                Thread.ofPlatform()
                        .daemon()
                        .start(() -> {
                            try {
                                told.complete(waiting.forTheBroker());
                            } catch (InterruptedException e) {
                                told.completeExceptionally(e);
                            }
                        });
        await().until(() -> thread.getState() == Thread.State.WAITING);
        return told;
    }

    private static boolean told(CompletableFuture<Boolean> awaited) throws Exception {
        return awaited.get(10, TimeUnit.SECONDS);
    }

    // case I6
    @Test
    void aPartitionIsConfirmedByACommitThoughNothingChanged() throws Exception {
        assign(0);
        publish(2);
        intake.turn();
        assertThat(told(confirmed(0))).isTrue();
        assertThat(consumer.noted()).isEqualTo(new OffsetAndMetadata(0, "1"));

        consumer.commitFails = new RebalanceInProgressException();
        CompletableFuture<Boolean> again = begun(delivered.get(1).confirm()::await);
        intake.turn();
        assertThat(again).isNotDone();
        consumer.commitFails = null;
        intake.turn();

        assertThat(told(again)).isTrue();
    }

    private CompletableFuture<Boolean> confirmed(int which) {
        CompletableFuture<Boolean> awaited = begun(delivered.get(which).confirm()::await);
        intake.turn();
        return awaited;
    }

    // case I6
    @Test
    void aDecisionGoesOnOnceItIsNoted() throws Exception {
        assign(0);
        publish(3);
        intake.turn();
        consumer.commitFails = new RebalanceInProgressException();
        CompletableFuture<Boolean> noted = begun(delivered.get(1)::noteDecided);
        intake.turn();
        assertThat(noted).isNotDone();

        consumer.commitFails = null;
        intake.turn();

        assertThat(told(noted)).isTrue();
        assertThat(consumer.noted()).isEqualTo(new OffsetAndMetadata(0, "1o1d1"));
    }

    // case I6
    @Test
    void ofALostPartitionNothingIsConfirmedAndNothingDecided() throws Exception {
        assign(0);
        publish(2);
        intake.turn();
        consumer.commitFails = new CommitFailedException();
        CompletableFuture<Boolean> confirmed = begun(delivered.getFirst().confirm()::await);
        CompletableFuture<Boolean> noted = begun(delivered.getLast()::noteDecided);
        intake.turn();
        assertThat(confirmed).isNotDone();
        assertThat(noted).isNotDone();

        consumer.rebalance(List.of());
        intake.turn();

        assertThat(told(confirmed)).isFalse();
        assertThat(told(noted)).isFalse();
    }

    // case I6
    @Test
    void whatIsAcknowledgedAfterThePartitionLeftConfirmsNothing() throws Exception {
        assign(0);
        publish(1);
        intake.turn();
        consumer.answersLater = true;
        CompletableFuture<Boolean> confirmed = confirmed(0);
        consumer.rebalance(List.of());
        consumer.rebalance(List.of(PARTITION));
        consumer.later.remove().run();

        assertThat(told(confirmed)).isFalse();
    }

    // case I6
    @Test
    void noCommitIsSentBesideOneThatIsNotAnswered() throws Exception {
        assign(0);
        publish(3);
        intake.turn();
        consumer.answersLater = true;
        CompletableFuture<Boolean> first = confirmed(0);
        CompletableFuture<Boolean> second = begun(delivered.get(1)::noteDecided);
        delivered.get(2).settled();
        intake.turn();
        assertThat(consumer.later).hasSize(1);
        assertThat(first).isNotDone();

        consumer.later.remove().run();
        assertThat(told(first)).isTrue();
        assertThat(second).isNotDone();
        assertThat(consumer.noted().metadata()).isEqualTo("1");
        intake.turn();
        consumer.later.remove().run();

        assertThat(told(second)).isTrue();
        assertThat(consumer.noted().metadata()).isEqualTo("1o1d1s1");
    }

    @Test
    void whatIsAskedIsSentWithWhatIsWaitedFor() throws Exception {
        assign(0);
        publish(3);
        intake.turn();
        Confirmation first = delivered.get(0).confirm();
        Confirmation second = delivered.get(1).confirm();
        assertThat(first.within(Duration.ZERO)).isFalse();
        assertThat(consumer.commits).isZero();

        intake.turn();

        assertThat(consumer.commits).isEqualTo(1);
        assertThat(first.await()).isTrue();
        assertThat(second.within(Duration.ZERO)).isTrue();
    }

    @Test
    void whatNobodyWaitsForIsSentALittleLater() {
        assign(0);
        publish(2);
        intake.turn();
        long asked = System.nanoTime();
        Confirmation confirmation = delivered.getFirst().confirm();

        await().pollDelay(Duration.ZERO)
                .pollInterval(Duration.ofMillis(1))
                .until(() -> {
                    intake.turn();
                    return consumer.commits == 1;
                });

        assertThat(System.nanoTime() - asked).isGreaterThan(Duration.ofMillis(5).toNanos());
        assertThat(confirmation.isHeldUp()).isFalse();
    }

    @Test
    void aLoneCallIsConfirmedAtOnce() throws Exception {
        assign(0);
        publish(1);
        intake.turn();
        Confirmation confirmation = delivered.getFirst().confirm();

        intake.turn();

        assertThat(consumer.commits).isEqualTo(1);
        assertThat(confirmation.await()).isTrue();
    }

    @Test
    void whatIsAskedWhileNoCommitCanBeSentIsHeldUp() throws Exception {
        assign(0);
        publish(2);
        intake.turn();
        assertThat(delivered.get(0).confirm().isHeldUp()).isFalse();
        joining.begun();
        intake.turn();

        Confirmation heldUp = delivered.get(1).confirm();
        assertThat(heldUp.isHeldUp()).isTrue();
        assertThat(heldUp.within(Duration.ZERO)).isFalse();
        joined();
        intake.turn();

        assertThat(heldUp.isHeldUp()).isFalse();
        assertThat(heldUp.await()).isTrue();
        assertThat(delivered.get(1).confirm().isHeldUp()).isFalse();
    }

    /** It may be taken later than a newer one, which then would be forgotten. */
    @Test
    void afterACommitThatGotNoAnswerNothingMoreIsToldByThisMember() throws Exception {
        assign(0);
        publish(1);
        intake.turn();
        consumer.commitFails = new RetriableCommitFailedException(DisconnectException.INSTANCE);
        CompletableFuture<Boolean> noted = begun(delivered.getFirst()::noteDecided);
        intake.turn();
        consumer.commitFails = null;
        assertThat(noted).isNotDone();

        intake.turn();

        assertThat(told(noted)).isFalse();
        assertThat(consumer.assignment()).isEmpty();
        assertThat(consumer.subscription()).containsExactly(COMMANDS);
    }

    @Test
    void nothingIsCommittedWhileItJoins() throws Exception {
        assign(0);
        publish(1);
        intake.turn();
        joining.begun();
        CompletableFuture<Boolean> confirmed = confirmed(0);
        assertThat(confirmed).isNotDone();

        joined();
        intake.turn();

        assertThat(told(confirmed)).isTrue();
    }

    /** It keeps its partition and is given another one. */
    private void joined() {
        consumer.updateBeginningOffsets(Map.of(OTHER, 0L));
        consumer.updateEndOffsets(Map.of(OTHER, 0L));
        consumer.rebalance(List.of(PARTITION, OTHER));
    }

    /** The consumer says nothing of it where it is given the same partition again. */
    @Test
    void whoeverWasExpelledWhileItJoinedHasLostItsPartitions() throws Exception {
        assign(0);
        publish(1);
        intake.turn();
        delivered.getFirst().settled();
        joining.begun();
        consumer.member = "second";
        joined();

        assertThat(delivered.getFirst().isLost()).isTrue();
        assertThat(consumer.committed(Set.of(PARTITION)).get(PARTITION)).isNull();
        publish(1);
        intake.turn();
        assertThat(delivered).hasSize(1);
        assertThat(consumer.assignment()).isEmpty();
    }

    @Test
    void eachRequestToJoinIsAnnounced() {
        var assignor = new Joining.Announcing();
        assignor.configure(joining.settings());
        assertThat(joining.isUnderWay()).isFalse();

        assignor.subscriptionUserData(Set.of(COMMANDS));

        assertThat(joining.isUnderWay()).isTrue();
    }

    @Test
    void whatItHasAndWhatWaitsIsToldAfterEachTurn() {
        assertThat(intake.partitions()).isZero();
        assign(0);
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
