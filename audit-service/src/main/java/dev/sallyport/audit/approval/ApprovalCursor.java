package dev.sallyport.audit.approval;

import dev.sallyport.audit.problem.AuditException;
import dev.sallyport.audit.problem.AuditProblem;
import dev.sallyport.audit.search.Cursor;

/**
 * Where a page of approvals ended: those that can still be decided come first, then the others, the
 * newest first in both.
 *
 * @param current whether the page ended among those that can still be decided
 * @param place the place of its last request
 */
public record ApprovalCursor(boolean current, Cursor place) {
    private static final String CURRENT = "c";
    private static final String PAST = "p";

    /** The cursor in the form in which callers hand it back. */
    public String text() {
        return (current ? CURRENT : PAST) + place.text();
    }

    /**
     * The cursor that a caller handed back.
     *
     * @throws AuditException {@code cursor_invalid}
     */
    public static ApprovalCursor parse(String text) {
        boolean current = text.startsWith(CURRENT);
        if (!current && !text.startsWith(PAST)) {
            throw new AuditException(
                    AuditProblem.CURSOR_INVALID,
                    "cursor must be the value of next in an earlier answer");
        }
        return new ApprovalCursor(current, Cursor.parse(text.substring(1)));
    }
}
