package dev.sallyport.schema.event;

import dev.sallyport.schema.id.CallId;
import java.time.Instant;

/**
 * A destructive call waits for a human; the approval is bound to the effect that a dry run showed.
 */
public record ApprovalRequested(
        String approval,
        CallId call,
        Principal requester,
        String effectDigest,
        long rowsAffected,
        Instant expires)
        implements Payload {}
