package dev.sallyport.audit.http;

import dev.sallyport.audit.approval.Approval;
import dev.sallyport.audit.approval.ApprovalState;
import dev.sallyport.audit.approval.Approvals;
import dev.sallyport.audit.log.LogStage;
import dev.sallyport.audit.search.RowCheck;
import dev.sallyport.schema.event.ApprovalBy;
import dev.sallyport.schema.event.Principal;
import dev.sallyport.schema.event.StatementClass;
import dev.sallyport.schema.id.CallId;
import dev.sallyport.schema.id.DatabaseName;
import dev.sallyport.schema.id.EventId;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/** Approvals in the form in which the API tells them. */
final class ApprovalJson {
    private ApprovalJson() {}

    /** A page. */
    record Page(List<Object> approvals, @Nullable String next) {}

    /** A request that is not what was logged: nothing of it is shown but its id. */
    record Altered(EventId approval, RowCheck check) {}

    /**
     * An approval.
     *
     * @param check whether the request is what was logged
     * @param call the rehearsal that was asked about
     * @param granted how many people allowed it, so that it counts
     * @param awaitsYou whether it waits for the reader's decision
     * @param proved whether the request is signed by a gateway that the registry knows
     */
    record Told(
            EventId approval,
            ApprovalState state,
            boolean awaitsYou,
            long index,
            LogStage stage,
            RowCheck check,
            boolean proved,
            Instant requestedAt,
            Instant expires,
            Principal requester,
            CallId call,
            DatabaseName database,
            String tool,
            StatementClass statementClass,
            ApprovalBy by,
            List<String> approvers,
            int needed,
            int granted,
            @Nullable String effectDigest,
            long rowsAffected,
            boolean complete,
            List<Approval.Decided> decisions,
            List<Approval.Used> uses,
            List<Long> altered) {}

    /**
     * An approval with what is to be decided on.
     *
     * @param approval the approval
     * @param shown what the gateway sealed for those who decide; absent for others, and where it
     *     cannot be opened
     * @param shownTo who sees it, where it is not shown to this reader
     * @param youCannotApprove why the reader cannot allow it; absent where that is possible
     * @param youCannotDeny why the reader cannot refuse it; absent where that is possible
     */
    record Whole(
            Told approval,
            @Nullable JsonNode shown,
            @Nullable String shownTo,
            @Nullable Why youCannotApprove,
            @Nullable Why youCannotDeny) {}

    /** A code and what would be right. */
    record Why(String code, String message) {}

    static Page of(Approvals.Page page) {
        return new Page(
                page.found().stream()
                        .map(seen ->
                                seen.approval()
                                        .<Object>map(one -> of(one, seen.awaited()))
                                        .orElseGet(() ->
                                                new Altered(seen.id(), RowCheck.ENTRY_ALTERED)))
                        .toList(),
                page.next());
    }

    static Whole of(Approvals.Opened opened) {
        return new Whole(
                of(opened.approval(), opened.verdicts().approve().isEmpty()),
                opened.shown().map(shown -> shown.json()).orElse(null),
                opened.mayBeShown()
                        ? null
                        : "who may decide, with the scope audit:approve, and who asked",
                why(opened.verdicts().approve()),
                why(opened.verdicts().deny()));
    }

    static Told of(Approval approval) {
        return of(approval, false);
    }

    private static @Nullable Why why(Optional<Approvals.Obstacle> obstacle) {
        return obstacle.map(one -> new Why(one.problem().code(), one.message())).orElse(null);
    }

    private static Told of(Approval approval, boolean awaited) {
        var asked = approval.asked();
        return new Told(
                approval.id(),
                approval.state(),
                awaited,
                approval.index(),
                approval.stage(),
                RowCheck.AS_LOGGED,
                approval.proved(),
                approval.event().time(),
                asked.expires(),
                asked.requester(),
                asked.call(),
                asked.database(),
                asked.tool(),
                asked.statementClass(),
                asked.by(),
                asked.approvers(),
                asked.needed(),
                approval.grantedBy().size(),
                asked.effectDigest(),
                asked.rowsAffected(),
                asked.complete(),
                approval.decisions(),
                approval.uses(),
                approval.altered());
    }
}
