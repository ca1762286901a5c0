package dev.sallyport.executor.intake;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.apache.kafka.clients.consumer.CloseOptions;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.errors.FencedInstanceIdException;
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
    private static final Duration POLL = Duration.ofMillis(250);

    /** While partitions are paused, or the intake drains, nothing that comes ends a poll. */
    private static final Duration POLL_PAUSED = Duration.ofMillis(20);

    /** While a call waits for a commit that is not sent yet. */
    private static final Duration POLL_AWAITED = Duration.ofMillis(1);

    private static final Duration COMMIT_EVERY = Duration.ofMillis(500);
    private static final Duration PAUSE_AFTER_FAILURE = Duration.ofMillis(250);
    private static final Duration DRAIN_WITHIN = Duration.ofSeconds(5);
    private static final Duration LEAVE_WITHIN = Duration.ofSeconds(3);
    private static final Duration CLOSE_WITHIN = Duration.ofSeconds(10);
    private static final Logger LOG = LoggerFactory.getLogger(Intake.class);

    private final org.apache.kafka.clients.consumer.Consumer<String, byte[]> consumer;
    private final Consumer<Delivery> handler;
    private final int underWayMax;
    private final Confirmations confirmations;
    private final Ownership ownership;
    private final CountDownLatch closing = new CountDownLatch(1);
    private String topic = "";
    private @Nullable Thread thread;
    private boolean paused;
    private boolean away;
    private long committedAt = System.nanoTime();
    private volatile Turn last = new Turn(System.nanoTime(), 0, 0);

    /**
     * What is known since the last turn.
     *
     * @param lag records of its partitions that were not taken
     */
    private record Turn(long nanos, int partitions, long lag) {}

    /**
     * An intake that has not started.
     *
     * @param consumer of the group of the cell's executors; closed with the intake
     * @param handler takes each command on without waiting
     * @param underWayMax commands that were handed on and have not settled
     * @param joining whose settings the consumer has
     */
    public Intake(
            org.apache.kafka.clients.consumer.Consumer<String, byte[]> consumer,
            Consumer<Delivery> handler,
            int underWayMax,
            Joining joining) {
        this.consumer = consumer;
        this.handler = handler;
        this.underWayMax = underWayMax;
        this.confirmations = new Confirmations(consumer::wakeup);
        this.ownership = new Ownership(consumer, confirmations, joining);
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
        consumer.subscribe(List.of(topic), ownership);
    }

    /** Waits until this executor has partitions; false when that takes too long. */
    public boolean awaitJoined(Duration within) throws InterruptedException {
        return ownership.awaitJoined(within);
    }

    /** How many commands were handed on and have not settled. */
    public int underWay() {
        return ownership.underWay();
    }

    /** How long ago commands could last be asked for. */
    public Duration sinceLastTurn() {
        return Duration.ofNanos(System.nanoTime() - last.nanos());
    }

    /** How many partitions this executor has; none where others have them all. */
    public int partitions() {
        return last.partitions();
    }

    /** How many commands of its partitions wait in the log. */
    public long lag() {
        return last.lag();
    }

    private void run() {
        try {
            while (closing.getCount() > 0) {
                guardedTurn();
            }
            drain();
        } catch (FencedInstanceIdException e) {
            LOG.atError()
                    .log(
                            "another executor of the cell has this one's name: it takes no more"
                                    + " commands");
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } finally {
            ownership.forgetAll();
            confirmations.close();
            // others take its partitions at once, though its name would keep them for a while
            consumer.close(
                    CloseOptions.timeout(LEAVE_WITHIN)
                            .withGroupMembershipOperation(
                                    CloseOptions.GroupMembershipOperation.LEAVE_GROUP));
        }
    }

    private void guardedTurn() throws InterruptedException {
        try {
            turn();
            if (away) {
                away = false;
                LOG.atInfo().log("commands are taken again");
            }
        } catch (WakeupException e) {
            LOG.atDebug().log("intake woken");
        } catch (FencedInstanceIdException e) {
            throw e;
        } catch (KafkaException e) {
            if (!away) {
                away = true;
                LOG.atWarn()
                        .addKeyValue("error", e.getClass().getSimpleName())
                        .addKeyValue("why", e.getMessage())
                        .log("commands cannot be taken just now; it is tried until they can");
            }
            closing.await(PAUSE_AFTER_FAILURE.toMillis(), TimeUnit.MILLISECONDS);
        } catch (RuntimeException e) {
            // such as a log that goes back: join anew, and take what was not committed again
            LOG.atError().setCause(e).log("commands cannot be taken in order: joining anew");
            joinAnew();
            closing.await(PAUSE_AFTER_FAILURE.toMillis(), TimeUnit.MILLISECONDS);
        }
    }

    /** As another member of the group, from whom nothing is taken that this one has sent. */
    private void joinAnew() {
        ownership.forgetAll();
        consumer.unsubscribe();
        consumer.subscribe(List.of(topic), ownership);
    }

    /** One turn: take what came, hand it on, commit what settled. Gives how many came. */
    int turn() {
        if (ownership.mustJoinAnew()) {
            LOG.atInfo().log("joining anew, so that nothing that was sent before is taken");
            joinAnew();
        }
        hold();
        ownership.askEnds();
        ownership.confirm();
        ConsumerRecords<String, byte[]> records = poll(paused ? POLL_PAUSED : POLL);
        if (ownership.mustJoinAnew()) {
            return 0; // they are delivered again
        }
        for (ConsumerRecord<String, byte[]> record : records) {
            ownership.deliver(record).ifPresent(handler);
        }
        long now = System.nanoTime();
        last = new Turn(now, consumer.assignment().size(), ownership.lag());
        if (now - committedAt >= COMMIT_EVERY.toNanos()) {
            ownership.commit();
            committedAt = now;
        }
        return records.count();
    }

    /** Is woken when a call waits for a commit. */
    private ConsumerRecords<String, byte[]> poll(Duration within) {
        try {
            return consumer.poll(confirmations.beginPoll() ? within : POLL_AWAITED);
        } catch (WakeupException e) {
            return ConsumerRecords.empty();
        } finally {
            confirmations.endPoll();
        }
    }

    private void hold() {
        int now = ownership.underWay();
        if (now >= underWayMax) {
            consumer.pause(consumer.assignment()); // also partitions that were assigned meanwhile
            paused = true;
        } else if (paused && now <= underWayMax / 2) {
            consumer.resume(consumer.paused());
            paused = false;
        }
    }

    /** Takes nothing new, and waits a little for what is under way. */
    private void drain() {
        long until = System.nanoTime() + DRAIN_WITHIN.toNanos();
        try {
            consumer.pause(consumer.assignment());
            while (ownership.underWay() > 0 && System.nanoTime() < until) {
                ownership.confirm();
                unlessWoken(() -> consumer.poll(POLL_PAUSED)); // stays in the group meanwhile
                consumer.pause(consumer.assignment());
            }
            if (!unlessWoken(ownership::commitAndWait)) {
                ownership.commitAndWait();
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
}
