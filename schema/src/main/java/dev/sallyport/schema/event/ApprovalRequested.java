package dev.sallyport.schema.event;

import dev.sallyport.schema.id.CallId;
import dev.sallyport.schema.id.DatabaseName;
import dev.sallyport.schema.seal.Sealed;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A call waits for somebody to allow it. Signed by the gateway. The event's id is the approval's.
 *
 * @param approval the approval's id, a UUIDv7
 * @param call the rehearsal that the effect is of; where the call cannot be rehearsed, the attempt
 * @param requester who may not approve
 * @param by who has to allow it: {@code confirm} or {@code another}
 * @param approvers subjects of whom {@code needed} have to allow it; empty for {@code confirm}
 * @param needed how many different people have to allow it
 * @param effectDigest the effect that is allowed, and no other; null where the call could not be
 *     rehearsed, so that its text alone is allowed
 * @param rowsAffected rows that the statement would change; 0 where it could not be rehearsed
 * @param complete whether the rehearsal told all that would be changed; false where there was none
 * @param expires from when on no decision counts, and the call may not run
 * @param shown what approvers are shown, sealed JSON: {@code sql}, {@code params}, {@code effect}
 *     as the rehearsal answered it, or null, and {@code cut: true} where not all changes had room;
 *     the field name for sealing is {@code shown}
 */
public record ApprovalRequested(
        String approval,
        CallId call,
        Principal requester,
        DatabaseName database,
        String tool,
        StatementClass statementClass,
        ApprovalBy by,
        List<String> approvers,
        int needed,
        @Nullable String effectDigest,
        long rowsAffected,
        boolean complete,
        Instant expires,
        Sealed shown)
        implements Payload {
    /** The field name that {@code shown} is sealed under. */
    public static final String SHOWN = "shown";

    public ApprovalRequested {
        approvers = List.copyOf(approvers);
    }
}
