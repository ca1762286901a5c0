package dev.sallyport.gateway.limit;

import dev.sallyport.schema.id.TenantId;
import dev.sallyport.schema.share.Shares;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The accounts that this gateway uses now. One thread talks to the store for all of them: whoever
 * needs more than is in hand waits for it, and everybody else for nobody.
 */
final class Ledger implements AutoCloseable {

    /** Accounts at once; a tenant may not have more of them than are left for everybody. */
    static final int ACCOUNTS_MAX = 50_000;

    private static final Logger LOG = LoggerFactory.getLogger(Ledger.class);
    private static final Duration TURN = Duration.ofMillis(200);
    private static final Duration PAUSE_AFTER_FAILURE = Duration.ofMillis(250);
    private static final Duration SWEEP_EVERY = Duration.ofMinutes(1);
    private static final Duration CLOSE_WITHIN = Duration.ofSeconds(5);

    /** Accounts of one exchange with the store. */
    private static final int ASKS_MAX = 500;

    private final LeaseStore store;
    private final Evidence evidence;
    private final LostLeases lost;
    private final long leaseNanos;
    private final Map<AccountKey, Entry> accounts = new ConcurrentHashMap<>();
    private final Shares<TenantId> shares = new Shares<>(ACCOUNTS_MAX);
    private final LinkedBlockingQueue<Entry> asking = new LinkedBlockingQueue<>();
    private final CountDownLatch closing = new CountDownLatch(1);
    private final Thread thread;
    private final Map<TenantId, Optional<String>> loggedNow = new HashMap<>();
    private long regularAt;
    private long sweptAt = System.nanoTime();
    private boolean away;

    /** An account, and whether it stands in line to be asked for. */
    private final class Entry implements Runnable {
        private final Account account;
        private final AtomicBoolean inLine = new AtomicBoolean();

        private Entry(AccountKey key) {
            this.account = new Account(key, System.nanoTime());
        }

        @Override
        public void run() {
            if (inLine.compareAndSet(false, true)) {
                asking.add(this);
            }
        }
    }

    private record Asked(Account account, Ask ask) {}

    private Ledger(LeaseStore store, Evidence evidence, Duration leaseTime, LostLeases lost) {
        this.store = store;
        this.evidence = evidence;
        this.lost = lost;
        this.leaseNanos = leaseTime.toNanos();
        this.thread = Thread.ofPlatform().name("limits").daemon().unstarted(this::run);
    }

    /**
     * @param grace how long after the end of a lease whose gateway died it is looked at
     */
    static Ledger start(LeaseStore store, Evidence evidence, Duration leaseTime, Duration grace) {
        var ledger =
                new Ledger(store, evidence, leaseTime, LostLeases.start(store, evidence, grace));
        ledger.thread.start();
        return ledger;
    }

    boolean durable() {
        return store.durable();
    }

    /**
     * As {@link Account#take}.
     *
     * @return null where the tenant has as many accounts as it may
     */
    @Nullable Taken take(AccountKey key, Amounts least, Amounts want, Amounts limit, long until) {
        while (true) {
            Entry entry = accounts.get(key);
            if (entry == null) {
                entry = open(key);
                if (entry == null) {
                    return null;
                }
            }
            Taken taken = entry.account.take(least, want, limit, until, entry);
            if (!(taken instanceof Taken.Closed)) {
                return taken;
            }
            if (closing.getCount() == 0) {
                return new Taken.Away();
            }
            forget(entry);
        }
    }

    /** As {@link Account#look}; null too where the tenant has as many accounts as it may. */
    @Nullable Left look(AccountKey key, Amounts limit, long until) {
        Entry entry = accounts.get(key);
        if (entry == null) {
            entry = open(key);
        }
        return entry == null ? null : entry.account.look(limit, until, entry);
    }

    /** How the account stands; null where nothing is known of it. */
    @Nullable Standing standing(AccountKey key) {
        Entry entry = accounts.get(key);
        return entry == null ? null : entry.account.standing(System.nanoTime());
    }

    int size() {
        return accounts.size();
    }

    private @Nullable Entry open(AccountKey key) {
        List<TenantId> holder = List.of(key.tenant());
        if (shares.take(holder, 1) != Shares.Answer.GRANTED) {
            return null;
        }
        var entry = new Entry(key);
        Entry there = accounts.putIfAbsent(key, entry);
        if (there != null) {
            shares.giveBack(holder, 1);
            return there;
        }
        return entry;
    }

    private void forget(Entry entry) {
        AccountKey key = entry.account.key;
        if (accounts.remove(key, entry)) {
            shares.giveBack(List.of(key.tenant()), 1);
        }
    }

    private void run() {
        try {
            while (closing.getCount() > 0) {
                if (!turn()) {
                    var _ = closing.await(PAUSE_AFTER_FAILURE.toMillis(), TimeUnit.MILLISECONDS);
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** One exchange; false where the store did not answer. */
    private boolean turn() throws InterruptedException {
        Entry first = asking.poll(TURN.toMillis(), TimeUnit.MILLISECONDS);
        List<Entry> line = new ArrayList<>();
        if (first != null) {
            line.add(first);
            asking.drainTo(line, ASKS_MAX - 1);
        }
        List<Asked> asked = new ArrayList<>();
        loggedNow.clear();
        try {
            long now = System.nanoTime();
            for (Entry entry : line) {
                entry.inLine.set(false);
                add(asked, entry, now, false, false);
            }
            if (now - regularAt >= TURN.toNanos()) {
                regularAt = now;
                lookAtAll(asked, now);
            }
            for (int from = 0; from < asked.size(); from += ASKS_MAX) {
                exchange(asked.subList(from, Math.min(from + ASKS_MAX, asked.size())));
            }
            if (now - sweptAt >= SWEEP_EVERY.toNanos()) {
                sweptAt = now;
                store.sweep();
            }
            if (away) {
                away = false;
                LOG.atInfo().log("the store of limits answers again");
            }
            return true;
        } catch (StoreAwayException e) {
            if (!away) {
                away = true;
                LOG.atWarn().setCause(e).log("the store of limits does not answer");
            }
            asked.forEach(one -> one.account.unanswered());
            return false;
        } catch (RuntimeException e) {
            LOG.atError().setCause(e).log("leases could not be exchanged");
            asked.forEach(one -> one.account.unanswered());
            return false;
        }
    }

    private void lookAtAll(List<Asked> asked, long now) throws StoreAwayException {
        Set<AccountKey> already = new HashSet<>();
        asked.forEach(one -> already.add(one.ask.key()));
        boolean holding = false;
        for (Entry entry : accounts.values()) {
            holding |= entry.account.holds();
        }
        Set<AccountKey> wanted = holding ? store.wanted() : Set.of();
        for (Entry entry : accounts.values()) {
            if (already.contains(entry.account.key)) {
                continue;
            }
            boolean wantedByOthers = wanted.contains(entry.account.key);
            add(asked, entry, now, true, wantedByOthers);
            if (entry.account.closeIfIdle(now, store.durable())) {
                forget(entry);
            }
        }
    }

    private void add(
            List<Asked> asked, Entry entry, long now, boolean regular, boolean wantedByOthers) {
        AccountKey key = entry.account.key;
        // before it is looked at what was used: what is used after that is logged after that
        String logged =
                key.allowance().startsWith(Allowances.BUDGET)
                        ? loggedNow
                                .computeIfAbsent(
                                        key.tenant(),
                                        tenant -> Optional.ofNullable(evidence.logged(tenant)))
                                .orElse(null)
                        : null;
        Ask ask = entry.account.ask(now, regular, wantedByOthers, leaseNanos, logged);
        if (ask != null) {
            asked.add(new Asked(entry.account, ask));
        }
    }

    private void exchange(List<Asked> asked) throws StoreAwayException {
        long askedAt = System.nanoTime();
        List<Granted> answers =
                store.exchange(
                        asked.stream().map(Asked::ask).toList(),
                        TimeUnit.NANOSECONDS.toMillis(leaseNanos));
        for (int i = 0; i < asked.size(); i++) {
            Asked one = asked.get(i);
            one.account.answered(one.ask, answers.get(i), askedAt, leaseNanos);
        }
    }

    /** Gives everything back that was not used, and stops. */
    @Override
    public void close() {
        closing.countDown();
        lost.close();
        try {
            thread.join(CLOSE_WITHIN);
            List<Ask> last = new ArrayList<>();
            for (Entry entry : accounts.values()) {
                Ask ask = entry.account.last();
                if (ask != null) {
                    last.add(ask);
                }
            }
            if (store.durable()) {
                for (int from = 0; from < last.size(); from += ASKS_MAX) {
                    var _ =
                            store.exchange(
                                    last.subList(from, Math.min(from + ASKS_MAX, last.size())), 0);
                }
            }
        } catch (StoreAwayException e) {
            LOG.atWarn().setCause(e).log("leases were not given back");
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } finally {
            store.close();
        }
    }
}
