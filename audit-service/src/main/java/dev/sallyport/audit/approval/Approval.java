package dev.sallyport.audit.approval;

import dev.sallyport.audit.log.LogStage;
import dev.sallyport.schema.event.ApprovalBy;
import dev.sallyport.schema.event.ApprovalRequested;
import dev.sallyport.schema.event.Event;
import dev.sallyport.schema.event.Principal;
import dev.sallyport.schema.id.CallId;
import dev.sallyport.schema.id.EventId;
import java.time.Instant;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * An approval as the log tells it, at one moment.
 *
 * @param index the request's place in the log
 * @param stage how far the request has come in the log
 * @param event the request
 * @param asked what it says
 * @param proved whether a gateway signed the request, by the keys that the registry has now
 * @param decisions what people decided, oldest first
 * @param uses the calls that ran by it, oldest first
 * @param altered entries that belong to it and are not what was logged
 * @param now the moment
 */
public record Approval(
        long index,
        LogStage stage,
        Event<?> event,
        ApprovalRequested asked,
        boolean proved,
        List<Decided> decisions,
        List<Used> uses,
        List<Long> altered,
        Instant now) {
    public Approval {
        decisions = List.copyOf(decisions);
        uses = List.copyOf(uses);
        altered = List.copyOf(altered);
    }

    /**
     * What somebody decided.
     *
     * @param index its place in the log; null where it is acknowledged and not there yet
     * @param by in which capacity
     * @param words the note or the reason
     * @param ignored why gateways ignore it; null where it counts
     */
    public record Decided(
            @Nullable Long index,
            boolean granted,
            Principal approver,
            ApprovalBy by,
            Instant time,
            @Nullable String words,
            @Nullable String ignored) {
        /** Whether gateways count it. */
        public boolean counts() {
            return ignored == null;
        }
    }

    /** A call that ran by the approval. */
    public record Used(long index, CallId call, Instant time) {}

    /** The approval's id. */
    public EventId id() {
        return event.id();
    }

    /** Where it stands. */
    public ApprovalState state() {
        if (!uses.isEmpty()) {
            return ApprovalState.USED;
        }
        if (decisions.stream().anyMatch(one -> one.counts() && !one.granted())) {
            return ApprovalState.DENIED;
        }
        if (!now.isBefore(asked.expires())) {
            return ApprovalState.EXPIRED;
        }
        return grantedBy().size() >= asked.needed() ? ApprovalState.GRANTED : ApprovalState.OPEN;
    }

    /** Who allowed it, so that it counts. */
    public Set<String> grantedBy() {
        return decisions.stream()
                .filter(one -> one.counts() && one.granted())
                .map(one -> one.approver().subject())
                .collect(Collectors.toUnmodifiableSet());
    }

    /** Whether that person decided already. */
    boolean isDecidedBy(String subject) {
        return decisions.stream()
                .anyMatch(one -> one.counts() && one.approver().subject().equals(subject));
    }

    /** Whether the person asked for it. */
    public boolean isOf(String subject) {
        return asked.requester().subject().equals(subject);
    }

    /** Whether the person is among those of whom some have to allow it, and did not ask for it. */
    public boolean isFor(String subject) {
        return asked.approvers().contains(subject) && !isOf(subject);
    }
}
