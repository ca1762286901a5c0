package dev.sallyport.schema.registry;

import dev.sallyport.schema.event.ApprovalBy;
import java.time.Duration;
import java.util.Collections;
import java.util.List;
import java.util.SortedSet;
import java.util.TreeSet;

/**
 * What the rules that match a call ask for, taken together: the strictest of each.
 *
 * @param rules their names, sorted
 * @param by who has to allow it
 * @param approvers who may, where that is another person: those whom all the rules name that ask
 *     for another one, which may be nobody
 * @param needed how many of them have to
 * @param valid for how long after the request the call may run
 * @param cooldown how long the next one has to wait; zero where it need not
 */
public record Demand(
        List<String> rules,
        ApprovalBy by,
        SortedSet<String> approvers,
        int needed,
        Duration valid,
        Duration cooldown) {

    public Demand {
        rules = List.copyOf(rules);
        approvers = Collections.unmodifiableSortedSet(new TreeSet<>(approvers));
    }

    /** Whether enough people could allow it who are not the requester. */
    public boolean canBeMet(String requester) {
        return by != ApprovalBy.ANOTHER
                || approvers.stream().filter(one -> !one.equals(requester)).count() >= needed;
    }
}
