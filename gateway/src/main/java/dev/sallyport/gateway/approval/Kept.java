package dev.sallyport.gateway.approval;

import dev.sallyport.schema.event.ApprovalBy;
import java.time.Instant;
import java.util.Set;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * A request for approval as it is kept.
 *
 * @param granted who allowed it
 * @param denied whether somebody refused it
 * @param expired by the store's clock
 * @param used whether its call was let run
 */
public record Kept(
        UUID id,
        Requester requester,
        Binding binding,
        ApprovalBy by,
        Set<String> approvers,
        int needed,
        @Nullable String effectDigest,
        @Nullable Long rows,
        Instant expires,
        Set<String> granted,
        boolean denied,
        boolean expired,
        boolean used) {
    public Kept {
        approvers = Set.copyOf(approvers);
        granted = Set.copyOf(granted);
    }
}
