package dev.sallyport.gateway.admission;

import dev.sallyport.gateway.admission.Admission.Holder;
import java.util.List;

/**
 * The right of one request without a place to have its message looked at, until it is closed.
 * Nothing but a cancellation is served by it.
 */
public final class Hearing implements AutoCloseable {

    private final Admission admission;
    private final List<Holder> holders;
    private boolean over; // guarded by this

    Hearing(Admission admission, List<Holder> holders) {
        this.admission = admission;
        this.holders = holders;
    }

    @Override
    public synchronized void close() {
        if (!over) {
            over = true;
            admission.hearings.giveBack(holders, 1);
        }
    }
}
