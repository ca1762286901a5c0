package dev.sallyport.gateway.limit;

import dev.sallyport.schema.event.Limits;
import dev.sallyport.schema.registry.Budget;
import java.util.List;

/** What came of reserving what a call may take. */
public sealed interface Reserved {

    /**
     * The call may run, within these limits.
     *
     * @param lowered the budgets of which less is left than the call might have taken
     */
    record Held(Reservation reservation, Limits limits, List<Budget> lowered) implements Reserved {
        public Held {
            lowered = List.copyOf(lowered);
        }
    }

    /**
     * Nothing is left in this window.
     *
     * @param measure calls, rows or bytes
     */
    record Exhausted(Budget budget, String measure, long resetSeconds) implements Reserved {}

    /** What is left is reserved by calls that are under way. */
    record InUse(Budget budget, String measure) implements Reserved {}

    /** It cannot be told what is left: the store of limits is away, or there is none. */
    record Unknown() implements Reserved {}

    /** The tenant has as many callers at once as can be counted. */
    record Crowded() implements Reserved {}
}
