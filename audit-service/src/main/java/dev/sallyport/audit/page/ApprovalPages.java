package dev.sallyport.audit.page;

import dev.sallyport.audit.access.ReadRecorder;
import dev.sallyport.audit.approval.ApprovalCursor;
import dev.sallyport.audit.approval.Approvals;
import dev.sallyport.audit.approval.Decision;
import dev.sallyport.audit.problem.AuditException;
import dev.sallyport.audit.problem.AuditProblem;
import dev.sallyport.audit.search.QueryString;
import dev.sallyport.schema.id.EventId;
import dev.sallyport.schema.token.Caller;
import io.javalin.http.Context;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The pages of approvals, and what a person decides on them. */
final class ApprovalPages {
    /** Where the list is. */
    static final String HOME = "/console/approvals";

    private static final int PAGE = 50;
    private static final int OK = 200;
    private static final int SEE_OTHER = 303;

    private final Pages pages;
    private final ReadRecorder reads;
    private final Approvals approvals;

    ApprovalPages(Pages pages, ReadRecorder reads, Approvals approvals) {
        this.pages = pages;
        this.reads = reads;
        this.approvals = approvals;
    }

    byte[] list(Context ctx, Caller caller) {
        List<String> cursors =
                QueryString.parse(ctx.queryString()).getOrDefault("cursor", List.of());
        var after = cursors.stream().findFirst().map(ApprovalCursor::parse);
        var page = approvals.page(caller, after, PAGE);
        reads.record(caller, ctx.ip(), "approvals", String.join(",", cursors), page.found().size());
        String next = page.next();
        return pages.page(
                ctx,
                OK,
                "approvals.jte",
                new ApprovalsView(
                        Reader.of(caller),
                        page.found().stream().map(ApprovalsView::row).toList(),
                        next == null
                                ? null
                                : HOME
                                        + "?cursor="
                                        + URLEncoder.encode(next, StandardCharsets.UTF_8),
                        after.isEmpty()));
    }

    byte[] one(Context ctx, Caller caller) {
        return shown(ctx, caller, OK, ApprovalView.Typed.NOTHING);
    }

    private byte[] shown(Context ctx, Caller caller, int status, ApprovalView.Typed typed) {
        var id = id(ctx);
        var opened = approvals.open(caller, id);
        reads.record(caller, ctx.ip(), opened.action(), id.toString(), 1);
        return pages.page(
                ctx, status, "approval.jte", ApprovalView.of(Reader.of(caller), opened, typed));
    }

    /** Allows the call where the person says yes to the effect's counts. */
    byte[] approve(Context ctx, Caller caller, PostedForm form) {
        String note = form.field("note");
        try {
            if (!form.field("confirmed").equals("yes")) {
                throw new AuditException(
                        AuditProblem.PARAMETER_INVALID,
                        "say yes to what it changes, or deny it: the box was not ticked");
            }
            return decide(ctx, caller, Decision.approve(note));
        } catch (AuditException mistaken) {
            return again(ctx, caller, mistaken, note, "");
        }
    }

    /** Refuses the call, with a reason. */
    byte[] deny(Context ctx, Caller caller, PostedForm form) {
        String reason = form.field("reason");
        try {
            return decide(ctx, caller, Decision.deny(reason));
        } catch (AuditException mistaken) {
            return again(ctx, caller, mistaken, "", reason);
        }
    }

    private byte[] decide(Context ctx, Caller caller, Decision decision) {
        var decided = approvals.decide(caller, ctx.ip(), id(ctx), decision);
        ctx.status(SEE_OTHER).header("Location", HOME + "/" + decided.id());
        return new byte[0];
    }

    /** The page once more, with what was wrong and what was typed. */
    private byte[] again(
            Context ctx, Caller caller, AuditException mistaken, String note, String reason) {
        if (mistaken.problem() == AuditProblem.APPROVAL_UNKNOWN) {
            throw mistaken;
        }
        return shown(
                ctx,
                caller,
                mistaken.problem().status(),
                new ApprovalView.Typed(note, reason, sentence(mistaken.getMessage())));
    }

    private static String sentence(@Nullable String message) {
        String text = String.valueOf(message);
        return Character.toUpperCase(text.charAt(0)) + text.substring(1) + ".";
    }

    private static EventId id(Context ctx) {
        try {
            return EventId.of(ctx.pathParam("approval"));
        } catch (IllegalArgumentException malformed) {
            throw new AuditException(
                    AuditProblem.APPROVAL_UNKNOWN,
                    "An approval's id is a UUIDv7 of 36 characters.",
                    malformed);
        }
    }
}
