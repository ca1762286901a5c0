package dev.sallyport.audit.page;

import dev.sallyport.audit.approval.Approval;
import dev.sallyport.audit.approval.Approvals;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The list of approvals.
 *
 * @param reader who reads
 * @param rows the approvals, those that can still be decided first
 * @param more the link to the next page
 * @param first whether this is the first page
 */
public record ApprovalsView(Reader reader, List<Row> rows, @Nullable String more, boolean first) {
    public ApprovalsView {
        rows = List.copyOf(rows);
    }

    /**
     * An approval.
     *
     * @param id its id
     * @param standing where it stands, in a word
     * @param tone the colour that goes with that
     * @param awaited whether it waits for the reader
     * @param exact when it was asked for, as machines read it
     * @param asked the same for people, UTC
     * @param requester who asked
     * @param what the database and what the statement does
     * @param rows how many rows, in words
     * @param progress how many people of those needed allowed it, in words
     * @param expires its end, UTC
     */
    public record Row(
            String id,
            String standing,
            String tone,
            boolean awaited,
            String exact,
            String asked,
            VisibleText requester,
            String what,
            String rows,
            String progress,
            String expires) {}

    static Row row(Approvals.Seen seen) {
        return seen.approval()
                .map(approval -> row(approval, seen.awaited()))
                .orElseGet(() ->
                        new Row(
                                seen.id().toString(),
                                "altered",
                                "bad",
                                false,
                                "",
                                "",
                                VisibleText.line(""),
                                "not what was logged",
                                "",
                                "",
                                ""));
    }

    private static Row row(Approval approval, boolean awaited) {
        var asked = approval.asked();
        var time = approval.event().time();
        return new Row(
                approval.id().toString(),
                ApprovalWording.standing(approval.state()),
                ApprovalWording.tone(approval.state()),
                awaited,
                time.toString(),
                EntryRow.day(time) + " " + EntryRow.time(time),
                VisibleText.line(asked.requester().subject()),
                asked.statementClass().wire() + " on " + asked.database(),
                asked.effectDigest() == null
                        ? "not rehearsed"
                        : ApprovalWording.rows(asked.rowsAffected()),
                ApprovalWording.progress(approval),
                EntryRow.day(asked.expires()) + " " + EntryRow.time(asked.expires()));
    }
}
