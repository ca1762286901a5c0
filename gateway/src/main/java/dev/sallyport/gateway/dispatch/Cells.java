package dev.sallyport.gateway.dispatch;

import dev.sallyport.schema.id.CellId;
import dev.sallyport.schema.id.GatewayId;
import dev.sallyport.schema.topic.KafkaSettings;
import dev.sallyport.schema.topic.Topics;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.ConsumerGroupDescription;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.errors.GroupIdNotFoundException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Which cells have executors: the broker knows the members of each cell's consumer group, and
 * forgets one that gave no sign of life for six seconds. What the broker does not tell is not held
 * against a cell.
 */
public final class Cells implements AutoCloseable {

    /**
     * A cell that had no executor for so long in a row is given no more calls, until it has one. It
     * is longer than a restart takes, during which calls wait.
     */
    static final Duration DESERTED_AFTER = Duration.ofSeconds(15);

    private static final Duration LOOK_EVERY = Duration.ofSeconds(2);
    private static final Duration TOLD_WITHIN = Duration.ofSeconds(5);
    private static final Duration CLOSE_WITHIN = Duration.ofSeconds(1);
    private static final Logger LOG = LoggerFactory.getLogger(Cells.class);

    private final Admin admin;
    private final Supplier<Set<CellId>> cells;
    private final CountDownLatch closing = new CountDownLatch(1);
    private final Thread thread;
    private volatile Map<CellId, State> states = Map.of();

    /** What is known of one cell. */
    sealed interface State {
        /** The broker did not tell. */
        record Unknown() implements State {}

        record Answering(int executors) implements State {}

        /**
         * It has no executor.
         *
         * @param sinceNanos since when, by {@link System#nanoTime}
         */
        record Empty(long sinceNanos) implements State {}
    }

    private Cells(Admin admin, Supplier<Set<CellId>> cells) {
        this.admin = admin;
        this.cells = cells;
        this.thread = Thread.ofVirtual().name("cells").unstarted(this::run);
    }

    /**
     * Looks from now on.
     *
     * @param cells those that have tenants
     */
    public static Cells start(KafkaSettings kafka, GatewayId gateway, Supplier<Set<CellId>> cells) {
        var looking = new Cells(Admin.create(kafka.client(gateway + "-cells")), cells);
        looking.turn();
        looking.thread.start();
        return looking;
    }

    /** Whether the cell has been without executors for longer than a restart takes. */
    public boolean isDeserted(CellId cell) {
        return isDeserted(states.getOrDefault(cell, new State.Unknown()), System.nanoTime());
    }

    static boolean isDeserted(State state, long nanos) {
        return state instanceof State.Empty(var since) && nanos - since >= DESERTED_AFTER.toNanos();
    }

    /** Whether all cells have executors, as far as it is known. */
    public boolean allAnswer() {
        return states.values().stream().noneMatch(state -> state instanceof State.Empty);
    }

    /** Each cell by name, in words. */
    public SortedMap<String, String> words() {
        SortedMap<String, String> words = new TreeMap<>();
        states.forEach((cell, state) ->
                words.put(
                        cell.value(),
                        switch (state) {
                            case State.Unknown _ -> "unknown";
                            case State.Answering(var executors) -> executors + " executors";
                            case State.Empty _ -> "no executor";
                        }));
        return words;
    }

    private void run() {
        try {
            while (!closing.await(LOOK_EVERY.toMillis(), TimeUnit.MILLISECONDS)) {
                turn();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void turn() {
        Map<String, CellId> groups =
                cells.get().stream().collect(Collectors.toMap(Topics::executors, cell -> cell));
        Map<CellId, State> seen = new HashMap<>();
        admin.describeConsumerGroups(groups.keySet())
                .describedGroups()
                .forEach((group, described) -> {
                    CellId cell = groups.get(group);
                    if (cell != null) {
                        seen.put(cell, seen(cell, described));
                    }
                });
        states = Map.copyOf(seen);
    }

    private State seen(CellId cell, KafkaFuture<ConsumerGroupDescription> described) {
        State before = states.getOrDefault(cell, new State.Unknown());
        State now = next(before, members(described), System.nanoTime());
        if (now instanceof State.Empty && !(before instanceof State.Empty)) {
            LOG.atWarn().addKeyValue("cell", cell).log("a cell has no executor");
        } else if (now instanceof State.Answering && before instanceof State.Empty) {
            LOG.atInfo().addKeyValue("cell", cell).log("a cell has executors again");
        }
        return now;
    }

    /**
     * @param members how many the broker told; negative where it did not
     */
    static State next(State before, int members, long nanos) {
        if (members < 0) {
            return new State.Unknown();
        }
        if (members > 0) {
            return new State.Answering(members);
        }
        return before instanceof State.Empty ? before : new State.Empty(nanos);
    }

    private static int members(KafkaFuture<ConsumerGroupDescription> described) {
        try {
            return described.get(TOLD_WITHIN.toMillis(), TimeUnit.MILLISECONDS).members().size();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return -1;
        } catch (ExecutionException e) {
            if (e.getCause() instanceof GroupIdNotFoundException) {
                return 0;
            }
            LOG.atDebug().setCause(e).log("the broker does not tell a cell's executors");
            return -1;
        } catch (TimeoutException e) {
            LOG.atDebug().setCause(e).log("the broker does not tell a cell's executors");
            return -1;
        }
    }

    @Override
    public void close() {
        closing.countDown();
        admin.close(CLOSE_WITHIN);
    }
}
