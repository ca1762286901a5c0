package dev.sallyport.executor.lane;

import dev.sallyport.schema.id.TenantId;
import java.util.ArrayDeque;
import java.util.HashMap;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.locks.ReentrantLock;

/**
 * A lane for each tenant: so many of its calls run at once, so many wait in their order, and more
 * are turned away. Each call runs on a virtual thread of its own. A tenant without calls has no
 * lane.
 */
public final class Lanes {
    private final int runningMax;
    private final int waitingMax;
    private final ReentrantLock lock = new ReentrantLock();
    private final Map<TenantId, Lane> lanes = new HashMap<>();

    /**
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

    private static final class Lane {
        private final Queue<Runnable> waiting = new ArrayDeque<>();
        private int running;
    }

    /** Starts the call or lets it wait; false when the tenant's lane is full. */
    public boolean enter(TenantId tenant, Runnable call) {
        lock.lock();
        try {
            Lane lane = lanes.computeIfAbsent(tenant, _ -> new Lane());
            if (lane.running < runningMax) {
                lane.running++;
                start(tenant, lane, call);
                return true;
            }
            return lane.waiting.size() < waitingMax && lane.waiting.add(call);
        } finally {
            lock.unlock();
        }
    }

    private void start(TenantId tenant, Lane lane, Runnable call) {
        Thread.ofVirtual()
                .name("call-" + tenant)
                .start(() -> {
                    try {
                        call.run();
                    } finally {
                        leave(tenant, lane);
                    }
                });
    }

    private void leave(TenantId tenant, Lane lane) {
        lock.lock();
        try {
            Runnable next = lane.waiting.poll();
            if (next != null) {
                start(tenant, lane, next);
            } else if (--lane.running == 0) {
                lanes.remove(tenant);
            }
        } finally {
            lock.unlock();
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
