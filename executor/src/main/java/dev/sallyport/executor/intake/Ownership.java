package dev.sallyport.executor.intake;

import java.time.Duration;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRebalanceListener;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.RebalanceInProgressException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The partitions that this executor has: which of their calls are settled, what may be committed,
 * and from where on a command cannot have been delivered before. Used by the intake's thread alone,
 * but for {@link Delivery#settled}.
 */
final class Ownership implements ConsumerRebalanceListener {
    private static final Duration ASKED_WITHIN = Duration.ofSeconds(2);
    private static final Duration COMMIT_WITHIN = Duration.ofSeconds(10);
    private static final Logger LOG = LoggerFactory.getLogger(Ownership.class);

    private final Consumer<String, byte[]> consumer;
    private final Map<TopicPartition, Offsets> partitions = new HashMap<>();
    private final Map<TopicPartition, Long> freshFrom = new HashMap<>();
    private final AtomicInteger underWay = new AtomicInteger();
    private final CountDownLatch joined = new CountDownLatch(1);

    Ownership(Consumer<String, byte[]> consumer) {
        this.consumer = consumer;
    }

    boolean awaitJoined(Duration within) throws InterruptedException {
        return joined.await(within.toMillis(), TimeUnit.MILLISECONDS);
    }

    /** How many calls were delivered and have not settled, also of partitions given away since. */
    int underWay() {
        return underWay.get();
    }

    /** The command of the record, under way from now on. */
    Delivery deliver(ConsumerRecord<String, byte[]> record) {
        TopicPartition partition = new TopicPartition(record.topic(), record.partition());
        Offsets offsets = partitions.computeIfAbsent(partition, _ -> new Offsets());
        offsets.opened(record.offset());
        underWay.incrementAndGet();
        boolean fresh = record.offset() >= freshFrom.getOrDefault(partition, Long.MAX_VALUE);
        return new Delivered(record, offsets, !fresh);
    }

    /** Where the log ended could not be told for these: until it can, nothing there is fresh. */
    void askEnds() {
        if (freshFrom.size() == consumer.assignment().size()) {
            return;
        }
        Set<TopicPartition> unknown = new HashSet<>(consumer.assignment());
        unknown.removeAll(freshFrom.keySet());
        if (!unknown.isEmpty()) {
            rememberEnds(unknown);
        }
    }

    private void rememberEnds(Collection<TopicPartition> assigned) {
        try {
            freshFrom.putAll(consumer.endOffsets(assigned, ASKED_WITHIN));
        } catch (KafkaException e) {
            // without an end, everything there may have been delivered before
            LOG.atWarn().setCause(e).log("where the log ended cannot be told");
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
        Map<TopicPartition, OffsetAndMetadata> offsets = toCommit(partitions.keySet());
        if (offsets.isEmpty()) {
            return;
        }
        consumer.commitAsync(
                offsets,
                (done, error) -> {
                    if (error == null) {
                        remember(done);
                    } else if (error instanceof RebalanceInProgressException) {
                        LOG.atDebug().log("offsets are committed after the rebalance");
                    } else {
                        LOG.atWarn()
                                .addKeyValue("error", error.getClass().getSimpleName())
                                .log("offsets were not committed, the next turn tries again");
                    }
                });
    }

    /**
     * Commits what settled of all partitions.
     *
     * @throws KafkaException if the broker did not take it
     */
    void commitAndWait() {
        commitAndWait(partitions.keySet());
    }

    private void commitAndWait(Collection<TopicPartition> which) {
        Map<TopicPartition, OffsetAndMetadata> offsets = toCommit(which);
        if (!offsets.isEmpty()) {
            consumer.commitSync(offsets, COMMIT_WITHIN);
            remember(offsets);
        }
    }

    private Map<TopicPartition, OffsetAndMetadata> toCommit(Collection<TopicPartition> which) {
        Map<TopicPartition, OffsetAndMetadata> offsets = new HashMap<>();
        for (TopicPartition partition : which) {
            Offsets known = partitions.get(partition);
            if (known != null) {
                known.toCommit()
                        .ifPresent(offset -> offsets.put(partition, new OffsetAndMetadata(offset)));
            }
        }
        return offsets;
    }

    private void remember(Map<TopicPartition, OffsetAndMetadata> done) {
        done.forEach((partition, offset) -> {
            Offsets known = partitions.get(partition);
            if (known != null) {
                known.committed(offset.offset());
            }
        });
    }

    @Override
    public void onPartitionsAssigned(Collection<TopicPartition> assigned) {
        rememberEnds(assigned);
        joined.countDown();
    }

    /**
     * What is under way goes on. Whoever gets the partition is delivered it again, and the ledger
     * and the derived event id make that harmless.
     */
    @Override
    public void onPartitionsRevoked(Collection<TopicPartition> revoked) {
        try {
            commitAndWait(revoked);
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
        gone.forEach(partitions::remove);
        gone.forEach(freshFrom::remove);
    }

    /** Forgets all partitions, as before joining anew. */
    void forgetAll() {
        partitions.clear();
        freshFrom.clear();
    }

    private final class Delivered implements Delivery {
        private final ConsumerRecord<String, byte[]> record;
        private final Offsets offsets;
        private final boolean mayHaveRun;

        Delivered(ConsumerRecord<String, byte[]> record, Offsets offsets, boolean mayHaveRun) {
            this.record = record;
            this.offsets = offsets;
            this.mayHaveRun = mayHaveRun;
        }

        @Override
        public boolean mayHaveRun() {
            return mayHaveRun;
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
        public void settled() {
            offsets.settled(record.offset());
            underWay.decrementAndGet();
        }
    }
}
