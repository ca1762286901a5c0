package dev.sallyport.executor.intake;

import dev.sallyport.executor.intake.Confirmations.Asked;
import dev.sallyport.executor.intake.Offsets.Mark;
import java.time.Duration;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRebalanceListener;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.DisconnectException;
import org.apache.kafka.common.errors.RebalanceInProgressException;
import org.apache.kafka.common.errors.WakeupException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The partitions that this executor has: which of their calls are settled, what may be committed,
 * and what other executors may have done with a command. Used by the intake's thread alone, but for
 * the methods of a {@link Delivery}.
 *
 * <p>The broker takes a commit from a member of the group's present generation only, and whoever
 * gets a partition reads its offsets, and asks where the log ends, in a later generation. So each
 * commit that is acknowledged comes before all that the next owner learns. No clock is asked: an
 * executor that was stopped for a while, with its whole machine or without, finds out by its next
 * commit.
 *
 * <p>One commit is under way at a time, so that none can overtake another. One that the broker did
 * not answer may still be taken later, in place of a newer one: this executor then joins the group
 * as another member, from whom it is not taken, before it tells anything more. None is sent while
 * this executor joins ({@link Joining}).
 */
final class Ownership implements ConsumerRebalanceListener {
    private static final Duration ASKED_WITHIN = Duration.ofSeconds(2);
    private static final Duration COMMIT_WITHIN = Duration.ofSeconds(10);
    private static final Logger LOG = LoggerFactory.getLogger(Ownership.class);

    private final Consumer<String, byte[]> consumer;
    private final Confirmations confirmations;
    private final Joining joining;
    private final Map<TopicPartition, Offsets> partitions = new HashMap<>();

    /** Those of which it is not known where the log ended when they came. */
    private final Set<TopicPartition> endUnknown = new HashSet<>();

    private final AtomicInteger underWay = new AtomicInteger();
    private final CountDownLatch joined = new CountDownLatch(1);

    /** The number of the last commit, whose answer is waited for. */
    private long lastSent;

    /** As whom this executor was given its partitions. */
    private String member = "";

    private boolean mustJoinAnew;

    /** Whether the last commit failed, which is logged once. */
    private boolean refused;

    Ownership(Consumer<String, byte[]> consumer, Confirmations confirmations, Joining joining) {
        this.consumer = consumer;
        this.confirmations = confirmations;
        this.joining = joining;
    }

    boolean awaitJoined(Duration within) throws InterruptedException {
        return joined.await(within.toMillis(), TimeUnit.MILLISECONDS);
    }

    /** How many calls were delivered and have not settled, also of partitions given away since. */
    int underWay() {
        return underWay.get();
    }

    /** The command of the record, under way from now on; empty where it was settled before. */
    Optional<Delivery> deliver(ConsumerRecord<String, byte[]> record) {
        Offsets offsets = partitions.get(new TopicPartition(record.topic(), record.partition()));
        if (offsets == null) {
            throw new IllegalStateException(
                    "a record came of a partition that is not here: " + record.partition());
        }
        Optional<Past> past = offsets.opened(record.offset());
        past.ifPresent(_ -> underWay.incrementAndGet());
        return past.map(known -> new Delivered(record, offsets, known));
    }

    /** Asks where the log ends, where that is not known yet: until then, nothing there is new. */
    void askEnds() {
        if (endUnknown.isEmpty()) {
            return;
        }
        try {
            consumer.endOffsets(Set.copyOf(endUnknown), ASKED_WITHIN)
                    .forEach((partition, end) -> {
                        Offsets offsets = partitions.get(partition);
                        if (offsets != null) {
                            offsets.cameAt(end);
                        }
                        endUnknown.remove(partition);
                    });
        } catch (WakeupException e) {
            LOG.atDebug().log("where the log ended is asked in the next turn");
        } catch (KafkaException e) {
            // without an end, everything there may have been delivered before
            LOG.atWarn()
                    .addKeyValue("error", e.getClass().getSimpleName())
                    .log("where the log ended cannot be told");
        }
    }

    /** How many records were not taken, as far as the last answers of the broker told. */
    long lag() {
        long lag = 0;
        for (TopicPartition partition : consumer.assignment()) {
            lag += consumer.currentLag(partition).orElse(0);
        }
        return lag;
    }

    /** Commits what settled, and does not wait for the broker. */
    void commit() {
        if (!mayNotSend()) {
            send(Set.of(), List.of());
        }
    }

    /** Sends a commit for the calls that wait for one; those of lost partitions are told so. */
    void confirm() {
        if (mustJoinAnew || joining.isUnderWay()) {
            confirmations.holdUp();
        }
        if (mayNotSend() || !confirmations.isDue()) {
            return;
        }
        List<Asked> taken = confirmations.take();
        if (taken.isEmpty()) {
            return;
        }
        Set<Offsets> concerned = new HashSet<>();
        for (Asked call : taken) {
            if (call.decided()) {
                call.offsets().decided(call.offset());
            }
            concerned.add(call.offsets());
        }
        send(concerned, taken);
    }

    private boolean mayNotSend() {
        return mustJoinAnew || joining.isUnderWay() || confirmations.isUnderWay();
    }

    /**
     * Whether more can be taken and told as another member only: a commit got no answer, or this
     * member was expelled while it joined.
     */
    boolean mustJoinAnew() {
        return mustJoinAnew;
    }

    /**
     * Commits what changed.
     *
     * @param concerned these are committed though nothing of them changed
     */
    private void send(Set<Offsets> concerned, List<Asked> taken) {
        Map<TopicPartition, Mark> marks = new HashMap<>();
        Map<Offsets, Mark> sent = new HashMap<>();
        partitions.forEach((partition, offsets) ->
                offsets.toCommit()
                        .or(() ->
                                concerned.contains(offsets)
                                        ? Optional.of(offsets.mark())
                                        : Optional.empty())
                        .ifPresent(mark -> {
                            marks.put(partition, mark);
                            sent.put(offsets, mark);
                        }));
        if (marks.isEmpty()) {
            return;
        }
        confirmations.sent(taken);
        long number = ++lastSent;
        try {
            consumer.commitAsync(metadata(marks), (_, error) -> answered(number, sent, error));
        } catch (RuntimeException e) {
            mustJoinAnew = true; // whether it was sent is not known
            lastSent++;
            confirmations.notTaken();
            throw e;
        }
    }

    private void answered(long number, Map<Offsets, Mark> sent, @Nullable Exception error) {
        if (number != lastSent) {
            LOG.atDebug().log("an answer that is not waited for any more");
        } else if (error == null) {
            refused = false;
            sent.forEach(Offsets::committed);
            confirmations.taken();
        } else {
            confirmations.notTaken();
            notTaken(error);
        }
    }

    private void notTaken(Exception error) {
        if (error instanceof RebalanceInProgressException) {
            LOG.atDebug().log("offsets are committed after the rebalance");
            return;
        }
        mustJoinAnew |=
                error instanceof DisconnectException
                        || error.getCause() instanceof DisconnectException;
        if (!refused) {
            refused = true;
            LOG.atWarn()
                    .addKeyValue("error", error.getClass().getSimpleName())
                    .log("offsets were not committed; it is tried until they are");
        }
    }

    /**
     * Commits what settled of all partitions, as the last that is done with them, unless it must
     * not.
     *
     * @throws KafkaException if the broker did not take it
     */
    void commitAndWait() {
        if (!mustJoinAnew && !joining.isUnderWay()) {
            commitAndWait(partitions.keySet());
        }
    }

    private void commitAndWait(Collection<TopicPartition> which) {
        Map<TopicPartition, Mark> marks = new HashMap<>();
        for (TopicPartition partition : which) {
            Offsets offsets = partitions.get(partition);
            if (offsets != null) {
                offsets.toCommit().ifPresent(mark -> marks.put(partition, mark));
            }
        }
        if (!marks.isEmpty()) {
            consumer.commitSync(metadata(marks), COMMIT_WITHIN);
        }
    }

    private static Map<TopicPartition, OffsetAndMetadata> metadata(
            Map<TopicPartition, Mark> marks) {
        Map<TopicPartition, OffsetAndMetadata> offsets = new HashMap<>();
        marks.forEach((partition, mark) ->
                offsets.put(partition, new OffsetAndMetadata(mark.offset(), mark.metadata())));
        return offsets;
    }

    /** Called when a join has ended, perhaps with no partition that is new. */
    @Override
    public void onPartitionsAssigned(Collection<TopicPartition> assigned) {
        confirmations.endPoll();
        forgetIfExpelled();
        member = consumer.groupMetadata().memberId();
        joining.ended();
        if (!assigned.isEmpty()) {
            Map<TopicPartition, OffsetAndMetadata> committed = committed(assigned);
            for (TopicPartition partition : assigned) {
                partitions.put(partition, new Offsets(before(committed, partition)));
                endUnknown.add(partition);
            }
            askEnds();
        }
        joined.countDown();
    }

    /**
     * A member that is expelled while it joins comes back as another one, and its consumer does not
     * tell that it had lost its partitions meanwhile.
     */
    private void forgetIfExpelled() {
        if (!partitions.isEmpty() && !consumer.groupMetadata().memberId().equals(member)) {
            forgetAll();
            mustJoinAnew = true;
        }
    }

    /** Null where it cannot be told. */
    private @Nullable Map<TopicPartition, OffsetAndMetadata> committed(
            Collection<TopicPartition> assigned) {
        try {
            return unlessWoken(() -> consumer.committed(Set.copyOf(assigned), ASKED_WITHIN));
        } catch (KafkaException e) {
            LOG.atWarn()
                    .addKeyValue("error", e.getClass().getSimpleName())
                    .log("what became of a partition's calls cannot be told");
            return null;
        }
    }

    /** Once more where it was interrupted: a call to wake up is heard once. */
    private static <T> T unlessWoken(Supplier<T> step) {
        try {
            return step.get();
        } catch (WakeupException e) {
            return step.get();
        }
    }

    private static Progress before(
            @Nullable Map<TopicPartition, OffsetAndMetadata> committed, TopicPartition partition) {
        if (committed == null) {
            return Progress.UNKNOWN;
        }
        OffsetAndMetadata last = committed.get(partition);
        return last == null ? Progress.NONE : Progress.parse(last.offset(), last.metadata());
    }

    /**
     * What is under way goes on. Whoever gets the partition is delivered it again: what was noted
     * is not run there, and the ledger and the derived event id make the rest harmless.
     */
    @Override
    public void onPartitionsRevoked(Collection<TopicPartition> revoked) {
        confirmations.endPoll();
        forgetIfExpelled();
        try {
            unlessWoken(() -> {
                commitAndWait(revoked);
                return revoked;
            });
        } catch (KafkaException e) {
            LOG.atWarn()
                    .addKeyValue("error", e.getClass().getSimpleName())
                    .log("the last offsets of a partition were not committed before it left");
        } finally {
            forget(revoked);
        }
    }

    @Override
    public void onPartitionsLost(Collection<TopicPartition> lost) {
        forget(lost);
    }

    private void forget(Collection<TopicPartition> gone) {
        for (TopicPartition partition : gone) {
            Offsets offsets = partitions.remove(partition);
            if (offsets != null) {
                offsets.lose();
            }
            endUnknown.remove(partition);
        }
    }

    /** Forgets all partitions, as before joining anew as another member. */
    void forgetAll() {
        forget(Set.copyOf(partitions.keySet()));
        mustJoinAnew = false;
    }

    private final class Delivered implements Delivery {
        private final ConsumerRecord<String, byte[]> record;
        private final Offsets offsets;
        private final Past past;

        Delivered(ConsumerRecord<String, byte[]> record, Offsets offsets, Past past) {
            this.record = record;
            this.offsets = offsets;
            this.past = past;
        }

        @Override
        public Past past() {
            return past;
        }

        @Override
        public String key() {
            return record.key() == null ? "" : record.key();
        }

        @Override
        public byte[] value() {
            return record.value() == null ? new byte[0] : record.value();
        }

        @Override
        public String place() {
            return record.topic() + "-" + record.partition() + "@" + record.offset();
        }

        @Override
        public boolean isLost() {
            return offsets.isLost();
        }

        @Override
        public Confirmation confirm() {
            return confirmations.ask(offsets, record.offset(), false, underWay.get() == 1);
        }

        @Override
        public boolean noteDecided() throws InterruptedException {
            return confirmations.ask(offsets, record.offset(), true, true).await();
        }

        @Override
        public void settled() {
            offsets.settled(record.offset());
            underWay.decrementAndGet();
        }

        /** It stays open in its offsets, which are no longer committed. */
        @Override
        public void abandoned() {
            underWay.decrementAndGet();
        }
    }
}
