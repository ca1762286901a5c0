package dev.sallyport.audit.page;

import dev.sallyport.audit.approval.Approval;
import dev.sallyport.audit.approval.Approvals;
import dev.sallyport.audit.approval.Shown;
import dev.sallyport.audit.log.LogStage;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/**
 * An approval, with what is to be decided on.
 *
 * @param reader who reads
 * @param id its id
 * @param entry the request's place in the log
 * @param entryPublished whether a checkpoint covers the request
 * @param standing where it stands, in a word
 * @param tone the colour that goes with that
 * @param next what comes next, in a sentence
 * @param proved whether a known gateway signed the request
 * @param altered entries that belong to it and are not what was logged
 * @param facts who asks for what
 * @param call the rehearsal
 * @param shown the statement and its effect; null where they are not shown
 * @param notShown why they are not
 * @param history what happened, oldest first
 * @param cannotApprove why the reader cannot allow it; null where that is possible
 * @param cannotDeny why the reader cannot refuse it; null where that is possible
 * @param confirmation what the reader says yes to
 * @param typed what the forms hold again after a mistake
 */
public record ApprovalView(
        Reader reader,
        String id,
        long entry,
        boolean entryPublished,
        String standing,
        String tone,
        String next,
        boolean proved,
        List<Long> altered,
        List<Named> facts,
        String call,
        @Nullable Statement shown,
        @Nullable String notShown,
        List<Step> history,
        @Nullable String cannotApprove,
        @Nullable String cannotDeny,
        String confirmation,
        Typed typed) {
    public ApprovalView {
        altered = List.copyOf(altered);
        facts = List.copyOf(facts);
        history = List.copyOf(history);
    }

    /** A name and a value. */
    public record Named(String name, VisibleText value) {}

    /**
     * What somebody typed, and what is wrong with it.
     *
     * @param note the note of an approval
     * @param reason the reason of a refusal
     * @param mistake what keeps it from being decided
     */
    public record Typed(String note, String reason, @Nullable String mistake) {
        static final Typed NOTHING = new Typed("", "", null);
    }

    /**
     * The statement and its effect.
     *
     * @param sql the exact text
     * @param params its values, as JSON
     * @param rehearsed whether there is an effect
     * @param complete whether all changed rows were found
     * @param note why not, or why it could not be rehearsed
     * @param tables what was counted
     * @param changes rows before and after
     * @param changesNotShown how many rows more were changed
     * @param cut whether rows had no room in the request
     * @param listed whether all tables had room
     */
    public record Statement(
            VisibleText sql,
            List<VisibleText> params,
            boolean rehearsed,
            boolean complete,
            @Nullable VisibleText note,
            List<Counted> tables,
            List<ChangedRow> changes,
            long changesNotShown,
            boolean cut,
            boolean listed) {
        public Statement {
            params = List.copyOf(params);
            tables = List.copyOf(tables);
            changes = List.copyOf(changes);
        }
    }

    /** A table with its counts. */
    public record Counted(VisibleText table, long inserted, long updated, long deleted) {}

    /**
     * A row that was changed.
     *
     * @param table its table
     * @param what deleted, inserted or updated
     * @param cells its columns
     */
    public record ChangedRow(VisibleText table, String what, List<Cell> cells) {
        public ChangedRow {
            cells = List.copyOf(cells);
        }
    }

    /**
     * A column of a changed row.
     *
     * @param before its value before; null where there was no such row
     * @param after its value after; null where there is none
     * @param differs whether the value changed
     */
    public record Cell(
            VisibleText column,
            @Nullable VisibleText before,
            @Nullable VisibleText after,
            boolean differs) {}

    /**
     * What happened.
     *
     * @param what in a word
     * @param tone the colour that goes with it
     * @param who by whom
     * @param exact when, as machines read it
     * @param time the same for people, UTC
     * @param words the note or the reason
     * @param ignored why it does not count
     * @param entry its place in the log; null where it is not there yet
     * @param call the call that ran
     */
    public record Step(
            String what,
            String tone,
            @Nullable VisibleText who,
            String exact,
            String time,
            @Nullable VisibleText words,
            @Nullable String ignored,
            @Nullable Long entry,
            @Nullable String call) {}

    static ApprovalView of(Reader reader, Approvals.Opened opened, Typed typed) {
        var approval = opened.approval();
        return new ApprovalView(
                reader,
                approval.id().toString(),
                approval.index(),
                approval.stage() == LogStage.PUBLISHED,
                ApprovalWording.standing(approval.state()),
                ApprovalWording.tone(approval.state()),
                ApprovalWording.next(approval),
                approval.proved(),
                approval.altered(),
                facts(approval),
                approval.asked().call().toString(),
                opened.shown().map(ApprovalView::statement).orElse(null),
                notShown(opened),
                history(approval),
                message(opened.verdicts().approve()),
                message(opened.verdicts().deny()),
                ApprovalWording.confirmation(opened.shown()),
                typed);
    }

    private static @Nullable String message(Optional<Approvals.Obstacle> obstacle) {
        return obstacle.map(Approvals.Obstacle::message).orElse(null);
    }

    private static @Nullable String notShown(Approvals.Opened opened) {
        if (opened.shown().isPresent()) {
            return null;
        }
        return opened.mayBeShown()
                ? "The statement and its effect cannot be opened here: this service has no key for it, the key was erased, or it is not what a gateway sealed."
                : "The statement and its rows are shown to who may decide, with the scope audit:approve, and to who asked.";
    }

    private static List<Named> facts(Approval approval) {
        var asked = approval.asked();
        var requester = asked.requester();
        var list = new ArrayList<Named>();
        add(list, "Asked for by", requester.subject());
        add(list, "With the client", requester.client());
        if (requester.agent() != null) {
            add(list, "Agent, as it calls itself", requester.agent());
        }
        add(list, "Database", asked.database().value());
        add(list, "Tool", asked.tool());
        add(list, "The statement does", asked.statementClass().wire());
        add(list, "Allowed so far", ApprovalWording.progress(approval));
        if (!asked.approvers().isEmpty()) {
            add(list, "Who may decide", String.join(", ", asked.approvers()));
        }
        add(list, "Asked for at", moment(approval.event().time()));
        add(list, "Expires at", moment(asked.expires()));
        add(
                list,
                "Effect digest",
                asked.effectDigest() == null ? "none: it was not rehearsed" : asked.effectDigest());
        return list;
    }

    private static void add(List<Named> list, String name, String value) {
        list.add(new Named(name, VisibleText.line(value)));
    }

    private static String moment(Instant time) {
        return EntryRow.day(time) + " " + EntryRow.time(time) + " UTC";
    }

    private static List<Step> history(Approval approval) {
        var steps = new ArrayList<Step>();
        var asked = approval.asked();
        steps.add(
                new Step(
                        "asked for",
                        "quiet",
                        VisibleText.line(asked.requester().subject()),
                        approval.event().time().toString(),
                        moment(approval.event().time()),
                        null,
                        null,
                        approval.index(),
                        null));
        for (var decided : approval.decisions()) {
            String words = decided.words();
            boolean counts = decided.counts();
            steps.add(
                    new Step(
                            decided.granted() ? "approved" : "denied",
                            counts ? (decided.granted() ? "good" : "bad") : "quiet",
                            VisibleText.line(decided.approver().subject()),
                            decided.time().toString(),
                            moment(decided.time()),
                            words == null ? null : VisibleText.lines(words),
                            decided.ignored(),
                            decided.index(),
                            null));
        }
        for (var used : approval.uses()) {
            steps.add(
                    new Step(
                            "used",
                            "quiet",
                            null,
                            used.time().toString(),
                            moment(used.time()),
                            null,
                            null,
                            used.index(),
                            used.call().toString()));
        }
        return steps;
    }

    private static Statement statement(Shown shown) {
        var effect = shown.effect();
        String note = effect.map(Shown.Effect::note).orElse(shown.unrehearsed());
        return new Statement(
                VisibleText.lines(shown.sql()),
                shown.params().stream().map(value -> VisibleText.line(value.toString())).toList(),
                effect.isPresent(),
                effect.map(Shown.Effect::complete).orElse(false),
                note == null ? null : VisibleText.lines(note),
                effect.map(Shown.Effect::tables).orElse(List.of()).stream()
                        .map(table ->
                                new Counted(
                                        VisibleText.line(table.table()),
                                        table.inserted(),
                                        table.updated(),
                                        table.deleted()))
                        .toList(),
                effect.map(Shown.Effect::changes).orElse(List.of()).stream()
                        .map(ApprovalView::row)
                        .toList(),
                effect.map(Shown.Effect::changesNotShown).orElse(0L),
                shown.cut(),
                ApprovalWording.isListed(Optional.of(shown)));
    }

    private static ChangedRow row(Shown.Change change) {
        boolean before = isThere(change.before());
        boolean after = isThere(change.after());
        Set<String> columns = new LinkedHashSet<>();
        columns.addAll(columns(change.before()));
        columns.addAll(columns(change.after()));
        var cells = new ArrayList<Cell>();
        for (String column : columns) {
            var old = value(change.before(), column);
            var fresh = value(change.after(), column);
            cells.add(
                    new Cell(
                            VisibleText.line(column),
                            old,
                            fresh,
                            before
                                    && after
                                    && !change.before().equals(change.after())
                                    && !String.valueOf(old).equals(String.valueOf(fresh))));
        }
        return new ChangedRow(
                VisibleText.line(change.table()),
                before && after ? "updated" : before ? "deleted" : after ? "inserted" : "changed",
                cells);
    }

    private static boolean isThere(JsonNode row) {
        return !row.isMissingNode() && !row.isNull();
    }

    /** A row that is a text, as some with unusual numbers are, has one column. */
    private static Set<String> columns(JsonNode row) {
        if (row.isObject()) {
            return new LinkedHashSet<>(row.propertyNames());
        }
        return isThere(row) ? Set.of("row") : Set.of();
    }

    private static @Nullable VisibleText value(JsonNode row, String column) {
        JsonNode value = row.isObject() ? row.get(column) : isThere(row) ? row : null;
        if (value == null) {
            return null;
        }
        return VisibleText.lines(value.isString() ? value.stringValue() : value.toString());
    }
}
