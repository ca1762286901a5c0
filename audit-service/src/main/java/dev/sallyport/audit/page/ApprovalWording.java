package dev.sallyport.audit.page;

import dev.sallyport.audit.approval.Approval;
import dev.sallyport.audit.approval.ApprovalState;
import dev.sallyport.audit.approval.Shown;
import dev.sallyport.schema.event.ApprovalBy;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

/** How the pages speak of approvals. */
final class ApprovalWording {
    private ApprovalWording() {}

    static String standing(ApprovalState state) {
        return switch (state) {
            case OPEN -> "open";
            case GRANTED -> "approved";
            case DENIED -> "denied";
            case EXPIRED -> "expired";
            case USED -> "used";
        };
    }

    static String tone(ApprovalState state) {
        return switch (state) {
            case OPEN -> "warn";
            case GRANTED -> "good";
            case DENIED -> "bad";
            case EXPIRED, USED -> "quiet";
        };
    }

    /** What comes next, in a sentence. */
    static String next(Approval approval) {
        var asked = approval.asked();
        return switch (approval.state()) {
            case OPEN ->
                    asked.by() == ApprovalBy.CONFIRM
                            ? "It waits for who asked: that caller confirms it by sending the call again."
                            : "It waits for %d more of the people who may decide."
                                    .formatted(asked.needed() - approval.grantedBy().size());
            case GRANTED ->
                    "The caller may send the call again until it expires, once. It is committed only if its effect is still this one.";
            case DENIED -> "The call cannot run by it.";
            case EXPIRED -> "Its time is over, and the call cannot run by it.";
            case USED -> "A call ran by it. It cannot be used again.";
        };
    }

    static String progress(Approval approval) {
        var asked = approval.asked();
        return asked.by() == ApprovalBy.CONFIRM
                ? "the caller confirms"
                : approval.grantedBy().size() + " of " + asked.needed();
    }

    static String rows(long count) {
        return count == 1 ? "1 row" : count + " rows";
    }

    /** What somebody says yes to: the effect's counts once more. */
    static String confirmation(Optional<Shown> shown) {
        var effect = shown.flatMap(Shown::effect);
        if (effect.isEmpty()) {
            return "Yes, this text may run. It was not rehearsed, so nobody knows what it changes.";
        }
        var counted = effect.get();
        String tables =
                counted.tables().isEmpty()
                        ? "nothing in any table"
                        : counted.tables().stream()
                                .map(table -> table.table() + ": " + counts(table))
                                .collect(Collectors.joining("; "));
        return "Yes, it may change this and nothing else: "
                + tables
                + "."
                + (isListed(shown) ? "" : " Further tables had no room to be listed.")
                + (counted.complete() ? "" : " Not all of its rows could be looked at.");
    }

    /** Rows are left out first, and tables only where that was not enough. */
    static boolean isListed(Optional<Shown> shown) {
        return !shown.map(Shown::cut).orElse(false)
                || shown.flatMap(Shown::effect)
                        .filter(effect -> !effect.changes().isEmpty())
                        .isPresent();
    }

    /** Such as {@code 20 rows deleted, 1 row inserted}. */
    static String counts(Shown.Table table) {
        List<String> counts = new ArrayList<>();
        add(counts, table.deleted(), "deleted");
        add(counts, table.updated(), "updated");
        add(counts, table.inserted(), "inserted");
        return counts.isEmpty() ? "no rows" : String.join(", ", counts);
    }

    private static void add(List<String> counts, long count, String what) {
        if (count != 0) {
            counts.add(rows(count) + " " + what);
        }
    }
}
