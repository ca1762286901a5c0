package dev.sallyport.executor.lane;

import dev.sallyport.schema.id.DatabaseName;
import dev.sallyport.schema.id.TenantId;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.Iterator;
import java.util.Map;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/**
 * A lane for each tenant: so many of its calls run at once, so many wait in their order, and more
 * are turned away. No more run in a database than it has connections, so that a call waits here, in
 * its tenant's order, and not for a connection. A tenant without calls has no lane.
 *
 * <p>A call that ran keeps a part of its tenant's lane until its outcome is acknowledged: while the
 * log takes no outcomes, few more calls run.
 */
public final class Lanes {
    /** For each place to run, how many calls may wait for the acknowledgement of their outcome. */
    private static final int SETTLING_PER_PLACE = 4;

    private final int runningMax;
    private final int waitingMax;
    private final ReentrantLock lock = new ReentrantLock();
    private final Map<TenantId, Lane> lanes = new HashMap<>(); // guarded by lock, and all in it

    /**
     * Lanes that are empty.
     *
     * @param runningMax calls of one tenant that run at once
     * @param waitingMax calls of one tenant that wait
     */
    public Lanes(int runningMax, int waitingMax) {
        if (runningMax < 1 || waitingMax < 0) {
            throw new IllegalArgumentException(
                    "a lane needs room to run at least one call: "
                            + runningMax
                            + ", "
                            + waitingMax);
        }
        this.runningMax = runningMax;
        this.waitingMax = waitingMax;
    }

    /** What became of a call that wanted to enter. */
    public sealed interface Entry {
        /** As many wait as may. */
        record Full() implements Entry {}

        /** Its time was over before there was a place. */
        record Late() implements Entry {}
    }

    /** The right to run one call in one database; to be left when its outcome is acknowledged. */
    public final class Place implements Entry {
        private final TenantId tenant;
        private final DatabaseName database;
        private boolean running = true;
        private boolean left;

        private Place(TenantId tenant, DatabaseName database) {
            this.tenant = tenant;
            this.database = database;
        }

        /** The call needs its database no more; another may run there. */
        public void ran() {
            release(this, false);
        }

        /** The call is settled. */
        public void leave() {
            release(this, true);
        }
    }

    private static final class Waiting {
        private final DatabaseName database;
        private final int places;
        private final Condition granted;
        private boolean running;

        Waiting(DatabaseName database, int places, Condition granted) {
            this.database = database;
            this.places = places;
            this.granted = granted;
        }
    }

    private final class Lane {
        private final Deque<Waiting> waiting = new ArrayDeque<>();
        private final Map<DatabaseName, Integer> running = new HashMap<>();
        private int runningNow;
        private int settlingNow;

        boolean begin(DatabaseName database, int places) {
            int there = running.getOrDefault(database, 0);
            if (runningNow >= runningMax
                    || there >= Math.min(places, runningMax)
                    || settlingNow >= SETTLING_PER_PLACE * runningMax) {
                return false;
            }
            running.put(database, there + 1);
            runningNow++;
            return true;
        }

        void end(DatabaseName database) {
            running.computeIfPresent(database, (_, there) -> there == 1 ? null : there - 1);
            runningNow--;
            settlingNow++;
        }

        void next() {
            Iterator<Waiting> calls = waiting.iterator();
            while (calls.hasNext() && runningNow < runningMax) {
                Waiting call = calls.next();
                if (begin(call.database, call.places)) {
                    calls.remove();
                    call.running = true;
                    call.granted.signal();
                }
            }
        }

        boolean isEmpty() {
            return waiting.isEmpty() && runningNow == 0 && settlingNow == 0;
        }
    }

    /**
     * Waits for a place to run a call.
     *
     * @param places how many calls may run in the database at once
     * @param within how long the call can wait
     */
    public Entry enter(TenantId tenant, DatabaseName database, int places, Duration within)
            throws InterruptedException {
        return enter(tenant, database, places, within, waitingMax);
    }

    /**
     * As {@code enter}, for what must be done, however many wait: it is never {@link Entry.Full}.
     */
    public Entry enterAlways(TenantId tenant, DatabaseName database, int places, Duration within)
            throws InterruptedException {
        return enter(tenant, database, places, within, Integer.MAX_VALUE);
    }

    private Entry enter(
            TenantId tenant, DatabaseName database, int places, Duration within, int waitingAtMost)
            throws InterruptedException {
        lock.lockInterruptibly();
        try {
            Lane lane = lanes.computeIfAbsent(tenant, _ -> new Lane());
            if (lane.begin(database, places)) {
                return new Place(tenant, database);
            }
            if (lane.waiting.size() >= waitingAtMost) {
                return new Entry.Full();
            }
            Waiting call = new Waiting(database, places, lock.newCondition());
            lane.waiting.add(call);
            return await(lane, call, within) ? new Place(tenant, database) : new Entry.Late();
        } finally {
            dropIfEmpty(tenant);
            lock.unlock();
        }
    }

    private static boolean await(Lane lane, Waiting call, Duration within)
            throws InterruptedException {
        long left = within.toNanos();
        try {
            while (!call.running && left > 0) {
                left = call.granted.awaitNanos(left);
            }
            return call.running;
        } catch (InterruptedException e) {
            if (!call.running) {
                throw e;
            }
            // the place was given between the interruption and its notice: it must not be lost
            Thread.currentThread().interrupt();
            return true;
        } finally {
            if (!call.running) {
                lane.waiting.remove(call);
            }
        }
    }

    private void release(Place place, boolean leaves) {
        lock.lock();
        try {
            Lane lane = lanes.get(place.tenant);
            if (lane == null || place.left) {
                return;
            }
            if (place.running) {
                place.running = false;
                lane.end(place.database);
            }
            if (leaves) {
                place.left = true;
                lane.settlingNow--;
            }
            lane.next();
            dropIfEmpty(place.tenant);
        } finally {
            lock.unlock();
        }
    }

    private void dropIfEmpty(TenantId tenant) {
        Lane lane = lanes.get(tenant);
        if (lane != null && lane.isEmpty()) {
            lanes.remove(tenant);
        }
    }

    /** How many tenants have calls here. */
    int tenants() {
        lock.lock();
        try {
            return lanes.size();
        } finally {
            lock.unlock();
        }
    }
}
