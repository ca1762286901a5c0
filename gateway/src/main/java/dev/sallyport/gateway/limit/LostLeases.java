package dev.sallyport.gateway.limit;

import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Gives back what gateways that died had in hand, as far as the log proves that they did not use
 * it. Every gateway looks for such leases; whoever comes first closes one.
 */
final class LostLeases implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(LostLeases.class);
    private static final Duration LOOK_EVERY = Duration.ofSeconds(2);
    private static final Duration CLOSE_WITHIN = Duration.ofSeconds(5);

    private final LeaseStore store;
    private final Evidence evidence;
    private final long graceMillis;
    private final CountDownLatch closing = new CountDownLatch(1);
    private final Thread thread;

    private LostLeases(LeaseStore store, Evidence evidence, Duration grace) {
        this.store = store;
        this.evidence = evidence;
        this.graceMillis = grace.toMillis();
        this.thread = Thread.ofPlatform().name("lost-leases").daemon().unstarted(this::run);
    }

    /**
     * @param grace how long after its end a lease is looked at: what a gateway published before the
     *     end is in the log by then
     */
    static LostLeases start(LeaseStore store, Evidence evidence, Duration grace) {
        var lost = new LostLeases(store, evidence, grace);
        lost.thread.start();
        return lost;
    }

    private void run() {
        try {
            while (!closing.await(LOOK_EVERY.toMillis(), TimeUnit.MILLISECONDS)) {
                try {
                    turn();
                } catch (StoreAwayException e) {
                    LOG.atDebug().setCause(e).log("lost leases cannot be looked for just now");
                } catch (RuntimeException e) {
                    LOG.atWarn().setCause(e).log("lost leases were not closed");
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void turn() throws StoreAwayException {
        for (LostLease lease : store.lost(graceMillis)) {
            if (closing.getCount() == 0) {
                return;
            }
            var used = evidence.usedAfter(lease.account(), lease.gateway(), lease.logged());
            if (used.isPresent() && store.close(lease, graceMillis, used.get())) {
                LOG.atInfo()
                        .addKeyValue("gateway", lease.gateway())
                        .addKeyValue("tenant", lease.account().tenant())
                        .addKeyValue("allowance", lease.account().allowance())
                        .log("what a gateway did not use was given back");
            }
        }
    }

    @Override
    public void close() {
        closing.countDown();
        try {
            thread.join(CLOSE_WITHIN);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
