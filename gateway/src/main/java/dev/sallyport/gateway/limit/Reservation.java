package dev.sallyport.gateway.limit;

import dev.sallyport.gateway.limit.Taken.Held;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * What one call has of its budgets. It stays reserved until it is settled, once; what is never
 * settled stays taken until the window ends.
 */
public final class Reservation {

    /** Of a call that no budget counts. */
    public static final Reservation NONE = new Reservation(List.of());

    private final List<Held> held;
    private final AtomicBoolean settled = new AtomicBoolean();

    Reservation(List<Held> held) {
        this.held = List.copyOf(held);
    }

    /** Whether there is anything to settle. */
    public boolean counts() {
        return !held.isEmpty();
    }

    /** Whether the call may be published; to be asked right before it is. */
    public boolean mayRun() {
        for (Held one : held) {
            if (!one.account().mayUse(one.lease())) {
                return false;
            }
        }
        return true;
    }

    /** The call used that much, and the rest is free again. */
    public void settle(long rows, long bytes) {
        settle(new Amounts(1, rows, bytes));
    }

    /** The call did not run. */
    public void giveBack() {
        settle(Amounts.NONE);
    }

    private void settle(Amounts used) {
        if (settled.compareAndSet(false, true)) {
            for (Held one : held) {
                one.account().settle(one.lease(), one.amounts(), used.atMost(one.amounts()));
            }
        }
    }
}
