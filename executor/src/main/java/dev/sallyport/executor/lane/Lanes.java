package dev.sallyport.executor.lane;

import dev.sallyport.schema.id.DatabaseName;
import dev.sallyport.schema.id.TenantId;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/**
 * A lane for each tenant: so many of its calls run at once, so many wait, and more are turned away.
 * No more run in a database than it has connections, so that a call waits here and not for a
 * connection. A tenant without calls has no lane.
 *
 * <p>A lane is fair between its tenant's principals: one of them has at most {@linkplain #share
 * three quarters} of the places to run, of a database's connections and of the places to wait,
 * however few others call, so that another can begin at once; and those who wait are given places
 * in turn, each in its own order.
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
        private final Seat seat;
        private boolean running = true;
        private boolean left;

        private Place(TenantId tenant, Seat seat) {
            this.tenant = tenant;
            this.seat = seat;
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

    /** What of so many places one principal may have; of a single one that one. */
    private static int share(int places) {
        return places <= 1 ? places : places - Math.max(1, places / 4);
    }

    /** Whose call it is, and where it runs. */
    private record Seat(String subject, DatabaseName database) {}

    private static final class Waiting {
        private final Seat seat;
        private final int places;
        private final Condition granted;
        private boolean running;

        Waiting(Seat seat, int places, Condition granted) {
            this.seat = seat;
            this.places = places;
            this.granted = granted;
        }
    }

    private final class Lane {
        /** By principal, the one whose turn is next first. */
        private final SequencedMap<String, Deque<Waiting>> waiting = new LinkedHashMap<>();

        private final Counts<DatabaseName> inDatabase = new Counts<>();
        private final Counts<String> ofSubject = new Counts<>();
        private final Counts<Seat> inSeat = new Counts<>();
        private int waitingNow;
        private int runningNow;
        private int settlingNow;

        boolean begin(Seat seat, int places) {
            int there = Math.min(places, runningMax);
            if (runningNow >= runningMax
                    || settlingNow >= SETTLING_PER_PLACE * runningMax
                    || inDatabase.of(seat.database()) >= there
                    || ofSubject.of(seat.subject()) >= share(runningMax)
                    || inSeat.of(seat) >= share(there)) {
                return false;
            }
            inDatabase.add(seat.database());
            ofSubject.add(seat.subject());
            inSeat.add(seat);
            runningNow++;
            return true;
        }

        void end(Seat seat) {
            inDatabase.remove(seat.database());
            ofSubject.remove(seat.subject());
            inSeat.remove(seat);
            runningNow--;
            settlingNow++;
        }

        boolean canWait(String subject, int waitingAtMost) {
            Deque<Waiting> own = waiting.get(subject);
            return waitingNow < waitingAtMost && (own == null || own.size() < share(waitingAtMost));
        }

        void add(Waiting call) {
            waiting.computeIfAbsent(call.seat.subject(), _ -> new ArrayDeque<>()).add(call);
            waitingNow++;
        }

        void remove(Waiting call) {
            Deque<Waiting> own = waiting.get(call.seat.subject());
            if (own != null && own.remove(call)) {
                waitingNow--;
                if (own.isEmpty()) {
                    waiting.remove(call.seat.subject());
                }
            }
        }

        void next() {
            boolean begun = true;
            while (begun && runningNow < runningMax) {
                begun = false;
                for (String subject : List.copyOf(waiting.sequencedKeySet())) {
                    begun |= next(subject);
                }
            }
        }

        /** Lets the principal's first call begin that can, and the others have their turn first. */
        private boolean next(String subject) {
            Deque<Waiting> own = waiting.getOrDefault(subject, new ArrayDeque<>());
            for (Waiting call : own) {
                if (begin(call.seat, call.places)) {
                    remove(call);
                    if (!own.isEmpty()) {
                        waiting.putLast(subject, own);
                    }
                    call.running = true;
                    call.granted.signal();
                    return true;
                }
            }
            return false;
        }

        boolean isEmpty() {
            return waiting.isEmpty() && runningNow == 0 && settlingNow == 0;
        }
    }

    /** How many there are of each; of those without an entry none. */
    private static final class Counts<K> {
        private final Map<K, Integer> counts = new HashMap<>();

        int of(K key) {
            return counts.getOrDefault(key, 0);
        }

        void add(K key) {
            counts.merge(key, 1, Integer::sum);
        }

        void remove(K key) {
            counts.computeIfPresent(key, (_, count) -> count == 1 ? null : count - 1);
        }
    }

    /**
     * Waits for a place to run a call.
     *
     * @param subject the principal of the tenant who calls
     * @param places how many calls may run in the database at once
     * @param within how long the call can wait
     */
    public Entry enter(
            TenantId tenant, String subject, DatabaseName database, int places, Duration within)
            throws InterruptedException {
        return enter(tenant, new Seat(subject, database), places, within, waitingMax);
    }

    /**
     * As {@code enter}, for what must be done, however many wait: it is never {@link Entry.Full}.
     */
    public Entry enterAlways(
            TenantId tenant, String subject, DatabaseName database, int places, Duration within)
            throws InterruptedException {
        return enter(tenant, new Seat(subject, database), places, within, Integer.MAX_VALUE);
    }

    private Entry enter(TenantId tenant, Seat seat, int places, Duration within, int waitingAtMost)
            throws InterruptedException {
        lock.lockInterruptibly();
        try {
            Lane lane = lanes.computeIfAbsent(tenant, _ -> new Lane());
            if (lane.begin(seat, places)) {
                return new Place(tenant, seat);
            }
            if (!lane.canWait(seat.subject(), waitingAtMost)) {
                return new Entry.Full();
            }
            Waiting call = new Waiting(seat, places, lock.newCondition());
            lane.add(call);
            return await(lane, call, within) ? new Place(tenant, seat) : new Entry.Late();
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
                lane.remove(call);
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
                lane.end(place.seat);
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
