package dev.sallyport.schema.event;

import org.jspecify.annotations.Nullable;

/**
 * Somebody allowed the call. Signed by whoever took the decision down: the audit service where
 * another person decided, the gateway where the caller confirmed its own call.
 *
 * @param approval the approval's id
 * @param by in which capacity: {@code confirm} is the caller itself
 * @param effectDigest the effect that was allowed; null where there was none to show
 * @param note what the approver had to say
 */
public record ApprovalGranted(
        String approval,
        Principal approver,
        ApprovalBy by,
        @Nullable String effectDigest,
        @Nullable String note)
        implements Payload {
    /** The decision of another person than the requester. */
    public ApprovalGranted(
            String approval,
            Principal approver,
            @Nullable String effectDigest,
            @Nullable String note) {
        this(approval, approver, ApprovalBy.ANOTHER, effectDigest, note);
    }
}
