package dev.sallyport.executor.intake;

import java.time.Duration;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRebalanceListener;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.RebalanceInProgressException;
import org.apache.kafka.common.errors.WakeupException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Takes commands from the cell's topic, hands each on, and commits offsets below the oldest one
 * that has not settled. When too many are under way it pauses its partitions until half of them
 * settled.
 */
public final class Intake implements AutoCloseable {
    private static final Duration POLL = Duration.ofMillis(100);
    private static final Duration ASKED_WITHIN = Duration.ofSeconds(2);
    private static final Duration COMMIT_EVERY = Duration.ofMillis(500);
    private static final Duration PAUSE_AFTER_FAILURE = Duration.ofMillis(250);
    private static final Duration DRAIN_WITHIN = Duration.ofSeconds(5);
    private static final Duration CLOSE_WITHIN = Duration.ofSeconds(10);
    private static final Logger LOG = LoggerFactory.getLogger(Intake.class);

    private final org.apache.kafka.clients.consumer.Consumer<String, byte[]> consumer;
    private final Consumer<Delivery> handler;
    private final int underWayMax;
    private final Map<TopicPartition, Offsets> partitions = new HashMap<>();
    private final Map<TopicPartition, Long> freshFrom = new HashMap<>();
    private final AtomicInteger underWay = new AtomicInteger();
    private final CountDownLatch closing = new CountDownLatch(1);
    private final CountDownLatch joined = new CountDownLatch(1);
    private String topic = "";
    private @Nullable Thread thread;
    private boolean paused;
    private long committedAt = System.nanoTime();

    /**
     * An intake that has not started.
     *
     * @param consumer of the group of the cell's executors; closed with the intake
     * @param handler takes each command on without waiting
     * @param underWayMax commands that were handed on and have not settled
     */
    public Intake(
            org.apache.kafka.clients.consumer.Consumer<String, byte[]> consumer,
            Consumer<Delivery> handler,
            int underWayMax) {
        this.consumer = consumer;
        this.handler = handler;
        this.underWayMax = underWayMax;
    }

    /** Starts to take commands of the topic, on a thread of its own. */
    public void start(String commands) {
        join(commands);
        Thread started = Thread.ofPlatform().name("intake").daemon().unstarted(this::run);
        thread = started;
        started.start();
    }

    void join(String commands) {
        topic = commands;
        consumer.subscribe(List.of(topic), new Rebalance());
    }

    /** Waits until this executor has partitions; false when that takes too long. */
    public boolean awaitJoined(Duration within) throws InterruptedException {
        return joined.await(within.toMillis(), TimeUnit.MILLISECONDS);
    }

    /** How many commands were handed on and have not settled. */
    public int underWay() {
        return underWay.get();
    }

    private void run() {
        try (consumer) {
            while (closing.getCount() > 0) {
                guardedTurn();
            }
            drain();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void guardedTurn() throws InterruptedException {
        try {
            turn();
        } catch (WakeupException e) {
            LOG.atDebug().log("intake woken to close");
        } catch (KafkaException e) {
            LOG.atWarn().setCause(e).log("commands cannot be taken just now");
            closing.await(PAUSE_AFTER_FAILURE.toMillis(), TimeUnit.MILLISECONDS);
        } catch (RuntimeException e) {
            // such as a log that goes back: join anew, and take what was not committed again
            LOG.atError().setCause(e).log("commands cannot be taken in order: joining anew");
            joinAnew();
            closing.await(PAUSE_AFTER_FAILURE.toMillis(), TimeUnit.MILLISECONDS);
        }
    }

    private void joinAnew() {
        try {
            consumer.unsubscribe();
        } catch (KafkaException e) {
            // the last commit failed: what it was about is delivered again
            LOG.atWarn().setCause(e).log("the partitions were not given back in good order");
        }
        partitions.clear();
        freshFrom.clear();
        consumer.subscribe(List.of(topic), new Rebalance());
    }

    /** One turn: take what came, hand it on, commit what settled. Gives how many came. */
    int turn() {
        hold();
        askEnds();
        int taken = 0;
        for (ConsumerRecord<String, byte[]> record : consumer.poll(POLL)) {
            TopicPartition partition = new TopicPartition(record.topic(), record.partition());
            Offsets offsets = partitions.computeIfAbsent(partition, _ -> new Offsets());
            offsets.opened(record.offset());
            underWay.incrementAndGet();
            boolean fresh = record.offset() >= freshFrom.getOrDefault(partition, Long.MAX_VALUE);
            handler.accept(new Delivered(record, offsets, !fresh));
            taken++;
        }
        if (System.nanoTime() - committedAt >= COMMIT_EVERY.toNanos()) {
            commit(partitions.keySet(), false);
            committedAt = System.nanoTime();
        }
        return taken;
    }

    /** Where the log ended could not be told for these: until it can, nothing there is fresh. */
    private void askEnds() {
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

    private void hold() {
        int now = underWay.get();
        if (now >= underWayMax) {
            consumer.pause(consumer.assignment()); // also partitions that were assigned meanwhile
            paused = true;
        } else if (paused && now <= underWayMax / 2) {
            consumer.resume(consumer.paused());
            paused = false;
        }
    }

    private void commit(Collection<TopicPartition> which, boolean wait) {
        Map<TopicPartition, OffsetAndMetadata> offsets = new HashMap<>();
        for (TopicPartition partition : which) {
            Offsets known = partitions.get(partition);
            if (known != null) {
                known.toCommit()
                        .ifPresent(offset -> offsets.put(partition, new OffsetAndMetadata(offset)));
            }
        }
        if (offsets.isEmpty()) {
            return;
        }
        if (wait) {
            consumer.commitSync(offsets, CLOSE_WITHIN);
            remember(offsets);
        } else {
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
    }

    private void remember(Map<TopicPartition, OffsetAndMetadata> done) {
        done.forEach((partition, offset) -> {
            Offsets known = partitions.get(partition);
            if (known != null) {
                known.committed(offset.offset());
            }
        });
    }

    /** Takes nothing new, and waits a little for what is under way. */
    private void drain() {
        long until = System.nanoTime() + DRAIN_WITHIN.toNanos();
        try {
            consumer.pause(consumer.assignment());
            while (underWay.get() > 0 && System.nanoTime() < until) {
                unlessWoken(() -> consumer.poll(POLL)); // stays in the group meanwhile
                consumer.pause(consumer.assignment());
            }
            if (!unlessWoken(() -> commit(partitions.keySet(), true))) {
                commit(partitions.keySet(), true);
            }
        } catch (KafkaException e) {
            LOG.atWarn()
                    .setCause(e)
                    .log("the last offsets were not committed: calls will be delivered again");
        }
    }

    /** False where it was interrupted: the call to wake up is heard once, at times only here. */
    private static boolean unlessWoken(Runnable step) {
        try {
            step.run();
            return true;
        } catch (WakeupException e) {
            LOG.atDebug().log("woken to close while closing");
            return false;
        }
    }

    @Override
    public void close() {
        closing.countDown();
        Thread started = thread;
        if (started == null) {
            consumer.close();
            return;
        }
        consumer.wakeup();
        try {
            started.join(CLOSE_WITHIN.toMillis());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
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

    private final class Rebalance implements ConsumerRebalanceListener {
        @Override
        public void onPartitionsAssigned(Collection<TopicPartition> assigned) {
            rememberEnds(assigned);
            joined.countDown();
        }

        @Override
        public void onPartitionsRevoked(Collection<TopicPartition> revoked) {
            // what is under way goes on; whoever gets the partition runs it again, and the ledger
            // and the derived event id make that harmless
            commit(revoked, true);
            forget(revoked);
        }

        @Override
        public void onPartitionsLost(Collection<TopicPartition> lost) {
            forget(lost);
        }

        private void forget(Collection<TopicPartition> gone) {
            gone.forEach(partitions::remove);
            gone.forEach(freshFrom::remove);
        }
    }
}
