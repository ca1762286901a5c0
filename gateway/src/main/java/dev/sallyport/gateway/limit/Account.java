package dev.sallyport.gateway.limit;

import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * One account as this gateway has it: its lease, who waits for more, and how much it keeps in hand.
 * Callers take from the lease without asking anybody; what is missing is asked for by the {@link
 * Ledger}'s thread, which calls {@link #ask} and {@link #answered}.
 *
 * <p>How much is kept in hand follows use: it doubles while leases last less than a second, and
 * halves when they last longer than three, so that a gateway that dies takes little with it.
 */
final class Account {

    /** How long the store's word that nothing is left holds. */
    private static final long WORD_NANOS = Duration.ofSeconds(1).toNanos();

    /** An account that was not used for so long keeps nothing in hand. */
    static final long IDLE_NANOS = Duration.ofSeconds(5).toNanos();

    /** For how long callers do not wait for a store that did not answer. */
    private static final long AWAY_NANOS = Duration.ofSeconds(1).toNanos();

    private static final long QUICK_NANOS = Duration.ofSeconds(1).toNanos();
    private static final long SLOW_NANOS = Duration.ofSeconds(3).toNanos();
    private static final int AHEAD_MAX = 4_096;

    final AccountKey key;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();

    // all guarded by lock
    private Amounts most = Amounts.NONE;
    private @Nullable Lease lease;
    private Amounts left = Amounts.NONE;
    private Amounts others = Amounts.NONE;
    private long toldAt;
    private boolean told;
    private Amounts waitedFor = Amounts.NONE;
    private int waiting;
    private int looking;
    private Amounts unit = Amounts.NONE;
    private int ahead = 1;
    private long usedAt;
    private long grantedAt;
    private Amounts reported = Amounts.NONE;
    private boolean asking;
    private boolean away;
    private long awayAt;
    private boolean closed;

    Account(AccountKey key, long now) {
        this.key = key;
        this.usedAt = now;
        this.grantedAt = now;
    }

    /**
     * Reserves what the call may take at the most.
     *
     * @param least what it must have; less than wanted is given only where nothing else is left
     * @param want what it may take
     * @param limit what the registry allows in a window
     * @param until by {@link System#nanoTime}: when it is not waited for the store any longer
     * @param ask called, without waiting, where the store is to be asked
     */
    Taken take(Amounts least, Amounts want, Amounts limit, long until, Runnable ask) {
        lock.lock();
        try {
            Amounts wanted = want.atMost(limit);
            while (true) {
                long now = System.nanoTime();
                if (closed) {
                    return new Taken.Closed();
                }
                usedAt = now;
                unit = wanted;
                if (!most.equals(limit)) {
                    most = limit;
                    told = false;
                }
                Lease current = usable(now);
                Amounts free = current == null ? Amounts.NONE : current.free();
                if (current != null && free.covers(wanted)) {
                    if (!asking && isLow(free.minus(wanted))) {
                        ask.run();
                    }
                    return reserve(current, wanted);
                }
                int missing = firstMissing(free, wanted, current, now);
                if (current != null && missing < 0) {
                    // nothing more can come of what is missing
                    return free.covers(least)
                            ? reserve(current, wanted.atMost(free))
                            : new Taken.Exhausted(firstBelow(free, least), current.nanosToEnd(now));
                }
                if (away && now - awayAt < AWAY_NANOS) {
                    ask.run();
                    return new Taken.Away();
                }
                long patience = until - now;
                if (patience <= 0) {
                    return current != null && free.covers(least)
                            ? reserve(current, wanted.atMost(free))
                            : new Taken.InUse(Math.max(missing, 0));
                }
                await(wanted, patience, ask);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return new Taken.Away();
        } finally {
            lock.unlock();
        }
    }

    @SuppressWarnings("WaitNotInLoop") // take calls it in one
    private void await(Amounts wanted, long patience, Runnable ask) throws InterruptedException {
        waiting++;
        waitedFor = waitedFor.plus(wanted);
        try {
            if (!asking) {
                ask.run();
            }
            var _ = changed.awaitNanos(Math.min(patience, TimeUnit.MILLISECONDS.toNanos(250)));
        } finally {
            waiting--;
            waitedFor = waitedFor.minus(wanted);
        }
    }

    /**
     * What is left in this window for calls to come, as the store said within the last second; null
     * where it does not say in time.
     */
    @Nullable Left look(Amounts limit, long until, Runnable ask) {
        lock.lock();
        try {
            while (true) {
                long now = System.nanoTime();
                if (!most.equals(limit)) {
                    most = limit;
                    told = false;
                }
                Lease current = lease;
                if (told && now - toldAt < WORD_NANOS && current != null && !current.isOver(now)) {
                    return new Left(
                            left.plus(others).plus(current.free()).notNegative(),
                            current.nanosToEnd(now));
                }
                long patience = until - now;
                if (closed || patience <= 0 || (away && now - awayAt < AWAY_NANOS)) {
                    return null;
                }
                looking++;
                try {
                    if (!asking) {
                        ask.run();
                    }
                    var _ = changed.awaitNanos(patience);
                } finally {
                    looking--;
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return null;
        } finally {
            lock.unlock();
        }
    }

    private @Nullable Lease usable(long now) {
        Lease current = lease;
        return current != null && current.isUsable(now) && current.isUnder(most) ? current : null;
    }

    private Taken reserve(Lease current, Amounts amounts) {
        current.reserve(amounts);
        return new Taken.Held(this, current, amounts);
    }

    /**
     * The first measure of which there is too little and more may come; -1 where there is none: of
     * all that are missing the store has said that nobody has any.
     */
    private int firstMissing(Amounts free, Amounts wanted, @Nullable Lease current, long now) {
        boolean sure = told && now - toldAt < WORD_NANOS;
        for (int i = 0; i < Amounts.MEASURES.length; i++) {
            if (free.get(i) < wanted.get(i)
                    && (!sure
                            || current == null
                            || left.get(i) > 0
                            || others.get(i) > 0
                            || current.reserved().get(i) > 0)) {
                return i;
            }
        }
        return -1;
    }

    private static int firstBelow(Amounts free, Amounts least) {
        for (int i = 0; i < Amounts.MEASURES.length; i++) {
            if (free.get(i) < least.get(i)) {
                return i;
            }
        }
        return 0;
    }

    /** Whether little is in hand of something of which the store has more. */
    private boolean isLow(Amounts free) {
        Amounts enough = unit.times(ahead - ahead / 2);
        for (int i = 0; i < Amounts.MEASURES.length; i++) {
            if (free.get(i) < enough.get(i) && (!told || left.get(i) > 0)) {
                return true;
            }
        }
        return false;
    }

    /**
     * Whether a call may be published that has something of the lease: as long as the lease runs,
     * no other gateway can have been given it. A window that is over is of no account.
     */
    boolean mayUse(Lease of) {
        lock.lock();
        try {
            long now = System.nanoTime();
            return of.isUsable(now) || of.isOver(now);
        } finally {
            lock.unlock();
        }
    }

    /** The reservation's call ended. */
    void settle(Lease of, Amounts reservation, Amounts use) {
        lock.lock();
        try {
            of.settle(reservation, use);
            if (waiting > 0) {
                changed.signalAll();
            }
        } finally {
            lock.unlock();
        }
    }

    /**
     * What is to be told to the store and asked of it now.
     *
     * @param regular whether it is looked at because of the time, not because a caller asked
     * @param wantedByOthers whether other gateways wait for what is free here
     * @param logged up to where the log has what was used, as it was told before this
     * @return null where there is nothing
     */
    @Nullable Ask ask(
            long now,
            boolean regular,
            boolean wantedByOthers,
            long leaseNanos,
            @Nullable String logged) {
        lock.lock();
        try {
            Lease current = lease;
            if (current != null && !current.isUnder(most)) {
                giveBackFree(current);
            }
            boolean idle = waiting == 0 && now - usedAt > IDLE_NANOS;
            if (current != null && (idle || (wantedByOthers && waiting == 0))) {
                giveBackFree(current);
            }
            Amounts free =
                    current == null || !current.isUnder(most) ? Amounts.NONE : current.free();
            Amounts need = waitedFor.minus(free).notNegative();
            boolean low =
                    current != null
                            && !idle
                            && !wantedByOthers
                            && isLow(free)
                            && now - usedAt < SLOW_NANOS;
            boolean report =
                    current != null && !reported.equals(current.used().plus(current.returned()));
            boolean renew =
                    current != null
                            && current.nanosUsable(now) < leaseNanos / 2
                            && !current.isOver(now)
                            && !(free.isNone() && current.reserved().isNone());
            if (need.isNone()
                    && waiting == 0
                    && looking == 0
                    && !low
                    && !(regular && (report || renew))) {
                return null;
            }
            adapt(now, !need.isNone() || low);
            asking = true;
            return new Ask(
                    key,
                    current == null ? null : current.id,
                    current == null ? Amounts.NONE : current.used(),
                    current == null ? Amounts.NONE : current.returned(),
                    current == null ? Amounts.NONE : current.reserved(),
                    logged,
                    need,
                    idle || wantedByOthers || (need.isNone() && !low)
                            ? Amounts.NONE
                            : unit.times(ahead)
                                    .minus(free.minus(waitedFor).notNegative())
                                    .notNegative(),
                    most);
        } finally {
            lock.unlock();
        }
    }

    private void adapt(long now, boolean ranOut) {
        long lasted = now - grantedAt;
        if (ranOut && lasted < QUICK_NANOS) {
            ahead = Math.min(2 * ahead, AHEAD_MAX);
        } else if (lasted > SLOW_NANOS) {
            ahead = Math.max(ahead / 2, 1);
        }
    }

    private static void giveBackFree(Lease current) {
        Amounts free = current.free().notNegative();
        if (!free.isNone()) {
            current.giveBack(free);
        }
    }

    /** The store answered an {@link Ask} that was made of this account. */
    void answered(Ask ask, Granted answer, long askedAt, long leaseNanos) {
        lock.lock();
        try {
            asking = false;
            away = false;
            Lease current = lease;
            if (current == null || current.id != answer.lease()) {
                // what is still reserved under the lease of another window is settled with that
                current = new Lease(answer);
                lease = current;
            }
            Amounts before = current.granted();
            current.extend(answer, ask.most(), askedAt, leaseNanos);
            if (!before.equals(current.granted())) {
                grantedAt = System.nanoTime();
            }
            reported = ask.used().plus(ask.returned());
            left = answer.left();
            others = answer.others();
            told = ask.most().equals(most);
            toldAt = askedAt;
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    /** The store did not answer. */
    void unanswered() {
        lock.lock();
        try {
            asking = false;
            away = true;
            awayAt = System.nanoTime();
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    /** Whether this gateway has something of it, free or reserved. */
    boolean holds() {
        lock.lock();
        try {
            Lease current = lease;
            return current != null && !(current.free().isNone() && current.reserved().isNone());
        } finally {
            lock.unlock();
        }
    }

    /**
     * Closes the account where nothing would be lost with it.
     *
     * @param durable whether the store remembers it
     */
    boolean closeIfIdle(long now, boolean durable) {
        lock.lock();
        try {
            Lease current = lease;
            boolean over = current == null || current.isOver(now);
            boolean settled =
                    current == null
                            || (current.free().isNone()
                                    && current.reserved().isNone()
                                    && reported.equals(current.used().plus(current.returned())));
            if (waiting == 0
                    && looking == 0
                    && !asking
                    && now - usedAt > IDLE_NANOS
                    && (over || (durable && settled))) {
                closed = true;
            }
            return closed;
        } finally {
            lock.unlock();
        }
    }

    /** All that is not used for certain goes back; what is reserved stays taken. */
    @Nullable Ask last() {
        lock.lock();
        try {
            closed = true;
            changed.signalAll();
            Lease current = lease;
            if (current == null) {
                return null;
            }
            giveBackFree(current);
            return new Ask(
                    key,
                    current.id,
                    current.used(),
                    current.returned(),
                    current.reserved(),
                    null,
                    Amounts.NONE,
                    Amounts.NONE,
                    most);
        } finally {
            lock.unlock();
        }
    }

    /** How it stands, as far as is known here; null while nothing is. */
    @Nullable Standing standing(long now) {
        lock.lock();
        try {
            Lease current = lease;
            if (current == null || current.isOver(now)) {
                return null;
            }
            return new Standing(
                    most.calls(),
                    Math.max(0, left.calls() + current.free().calls()),
                    Math.max(1, Math.ceilDiv(current.nanosToEnd(now), 1_000_000_000L)));
        } finally {
            lock.unlock();
        }
    }
}
