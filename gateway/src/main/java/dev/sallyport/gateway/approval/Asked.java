package dev.sallyport.gateway.approval;

import dev.sallyport.schema.event.ApprovalBy;
import java.time.Duration;
import java.util.Collections;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * A request for approval before it is kept.
 *
 * @param by {@code confirm} or {@code another}
 * @param approvers who may allow it, where another has to
 * @param needed how many of them have to; 0 where the requester confirms
 * @param effectDigest what is allowed; null where the call could not be rehearsed
 * @param rows how many rows the rehearsal changed; null where there was none
 */
public record Asked(
        UUID id,
        Requester requester,
        Binding binding,
        ApprovalBy by,
        SortedSet<String> approvers,
        int needed,
        @Nullable String effectDigest,
        @Nullable Long rows,
        Duration valid) {
    public Asked {
        if (by == ApprovalBy.NONE || (by == ApprovalBy.ANOTHER) != (needed > 0)) {
            throw new IllegalArgumentException("nobody could decide it: " + by);
        }
        approvers = Collections.unmodifiableSortedSet(new TreeSet<>(approvers));
    }
}
