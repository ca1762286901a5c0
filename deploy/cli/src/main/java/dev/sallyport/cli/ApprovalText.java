package dev.sallyport.cli;

import dev.sallyport.audit.page.VisibleText;
import java.io.PrintWriter;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/** Approvals as a terminal shows them: nothing in them can act on it, or hide. */
record ApprovalText(PrintWriter out, InstantSource clock) {
    private static final String INDENT = "    ";

    /** A text of one line with what does not show written as code points. */
    static String plain(String text) {
        return marked(VisibleText.line(text));
    }

    private static String marked(VisibleText text) {
        return text.pieces().stream()
                .map(piece -> piece.hidden() ? "<" + piece.text() + ">" : piece.text())
                .collect(Collectors.joining());
    }

    /** One approval of a list. */
    void row(JsonNode approval) {
        String id = approval.path("approval").asString();
        if (approval.has("check") && !approval.path("check").asString().equals("as_logged")) {
            out.println(plain(id) + "  ALTERED: it is not what was logged");
            return;
        }
        out.println(
                plain(id)
                        + "  "
                        + standing(approval)
                        + (approval.path("awaitsYou").asBoolean(false) ? ", waits for you" : ""));
        out.println(INDENT + asked(approval) + ", " + rows(approval));
        out.println(INDENT + people(approval) + "; " + end(approval));
    }

    /** All of an approval, and what the reader can do with these options. */
    void whole(JsonNode whole, String again) {
        whole(whole);
        JsonNode approval = whole.path("approval");
        out.println("what you can do:");
        verdict(whole.path("youCannotApprove"), "approve", "", approval, again);
        verdict(whole.path("youCannotDeny"), "deny", " --reason WHY", approval, again);
    }

    /** All of an approval. */
    void whole(JsonNode whole) {
        JsonNode approval = whole.path("approval");
        out.println("approval " + plain(approval.path("approval").asString()));
        line("state", standing(approval));
        line("asked for", asked(approval));
        line("tool", approval.path("tool").asString());
        line("from", "call " + approval.path("call").asString());
        line("decisions", people(approval));
        line("time", end(approval));
        line("in the log", "entry " + approval.path("index").asLong());
        if (!approval.path("proved").asBoolean(false)) {
            out.println("WARNING: no gateway that the registry knows signed this request");
        }
        for (JsonNode index : approval.path("altered")) {
            out.println(
                    "WARNING: entry "
                            + index.asLong()
                            + " belongs to it and is not what was logged");
        }
        JsonNode shown = whole.path("shown");
        if (shown.isObject()) {
            statement(shown, approval);
        } else if (whole.has("shownTo")) {
            out.println(
                    "exact text and effect: shown to " + plain(whole.path("shownTo").asString()));
        } else {
            out.println("exact text and effect: they cannot be opened");
        }
        history(approval);
    }

    private void verdict(
            JsonNode obstacle, String verdict, String more, JsonNode approval, String again) {
        out.println(
                INDENT
                        + (obstacle.isObject()
                                ? "you cannot %s it: %s"
                                        .formatted(
                                                verdict, plain(obstacle.path("message").asString()))
                                : "./sallyport approvals %s %s %s%s"
                                        .formatted(
                                                verdict,
                                                plain(approval.path("approval").asString()),
                                                again,
                                                more)));
    }

    private void line(String name, String value) {
        out.printf("%s%-12s%s%n", INDENT, name, plain(value));
    }

    private static String standing(JsonNode approval) {
        return switch (approval.path("state").asString()) {
            case "open" -> "open";
            case "granted" -> "approved: the caller may send the call again, once";
            case "denied" -> "denied: the call cannot run";
            case "expired" -> "expired: the call cannot run";
            case "used" -> "used: a call ran by it";
            default -> plain(approval.path("state").asString());
        };
    }

    private static String asked(JsonNode approval) {
        return plain(
                "%s on %s, asked for by %s at %s"
                        .formatted(
                                approval.path("statementClass").asString(),
                                approval.path("database").asString(),
                                approval.at("/requester/subject").asString(),
                                time(approval.path("requestedAt").asString())));
    }

    private static String rows(JsonNode approval) {
        if (!approval.has("effectDigest")) {
            return "it could not be rehearsed, so nobody knows what it changes";
        }
        long rows = approval.path("rowsAffected").asLong();
        return "the statement would change " + (rows == 1 ? "1 row" : rows + " rows");
    }

    private static String people(JsonNode approval) {
        if (approval.path("by").asString().equals("confirm")) {
            return "the caller confirms it";
        }
        return plain(
                "allowed by %d of %d needed; who may decide: %s"
                        .formatted(
                                approval.path("granted").asLong(),
                                approval.path("needed").asLong(),
                                approval.path("approvers")
                                        .valueStream()
                                        .map(JsonNode::asString)
                                        .collect(Collectors.joining(", "))));
    }

    private String end(JsonNode approval) {
        String expires = approval.path("expires").asString();
        Duration left = Duration.between(clock.instant(), Instant.parse(expires));
        String end = time(expires);
        if (left.isNegative()) {
            return "expired at " + end;
        }
        long minutes = left.toMinutes();
        return "expires at %s (in %s)"
                .formatted(
                        end,
                        minutes >= 120
                                ? left.toHours() + " h"
                                : minutes >= 1 ? minutes + " min" : left.toSeconds() + " s");
    }

    private static String time(String instant) {
        return Instant.parse(instant).truncatedTo(ChronoUnit.SECONDS).toString();
    }

    private void statement(JsonNode shown, JsonNode approval) {
        VisibleText sql = VisibleText.lines(shown.path("sql").asString());
        out.println("exact text:");
        marked(sql).lines().forEach(one -> out.println(INDENT + one));
        if (sql.hidden() > 0) {
            out.println(
                    "WARNING: characters of it that do not show by themselves: "
                            + sql.hidden()
                            + "; they stand there as <U+...>");
        }
        if (sql.foreign() > 0) {
            out.println("note: characters of it outside of ASCII: " + sql.foreign());
        }
        int place = 1;
        for (JsonNode value : shown.path("params")) {
            out.println(INDENT + "$" + place++ + " = " + plain(value.toString()));
        }
        effect(shown, approval);
    }

    private void effect(JsonNode shown, JsonNode approval) {
        if (!approval.has("effectDigest")) {
            out.println(
                    "effect: it could not be rehearsed, so nobody knows what it changes. "
                            + plain(shown.at("/effect/cannotBeRehearsed").asString("")));
            return;
        }
        JsonNode effect = shown.path("effect");
        out.println("effect, and only this one will be committed:");
        counts(effect).forEach(one -> out.println(INDENT + one));
        for (JsonNode change : effect.path("changes")) {
            change(change);
        }
        long more = effect.path("changesNotShown").asLong(0);
        if (more > 0) {
            out.println(INDENT + "(" + more + " more rows are changed)");
        }
        if (shown.path("cut").asBoolean(false)) {
            out.println("WARNING: not all tables and rows of the effect had room in the request");
        }
        if (!effect.path("complete").asBoolean(false)) {
            out.println(
                    "WARNING: not all changed rows could be looked at. "
                            + plain(effect.path("note").asString("")));
        }
    }

    /** What is changed in each table, such as {@code public.orders: 20 deleted}. */
    static List<String> counts(JsonNode effect) {
        List<String> lines = new ArrayList<>();
        for (JsonNode table : effect.path("tables")) {
            String counts =
                    List.of("deleted", "updated", "inserted").stream()
                            .filter(kind -> table.path(kind).asLong(0) != 0)
                            .map(kind -> table.path(kind).asLong() + " " + kind)
                            .collect(Collectors.joining(", "));
            lines.add(
                    plain(table.path("table").asString())
                            + ": "
                            + (counts.isEmpty() ? "no rows" : counts));
        }
        return lines.isEmpty() ? List.of("no rows") : lines;
    }

    private void change(JsonNode change) {
        JsonNode before = change.path("before");
        JsonNode after = change.path("after");
        out.println(
                INDENT
                        + "a row of "
                        + plain(change.path("table").asString())
                        + (after.isNull()
                                ? " that is deleted"
                                : before.isNull() ? " that is inserted" : ", before -> after"));
        Set<String> columns = new LinkedHashSet<>();
        if (before.isObject()) {
            columns.addAll(before.propertyNames());
        }
        if (after.isObject()) {
            columns.addAll(after.propertyNames());
        }
        for (String column : columns) {
            out.println(
                    INDENT
                            + INDENT
                            + plain(column)
                            + ": "
                            + value(before.get(column), after.get(column)));
        }
        if (columns.isEmpty()) {
            out.println(INDENT + INDENT + value(before, after));
        }
    }

    private static String value(@Nullable JsonNode before, @Nullable JsonNode after) {
        String was = text(before);
        String is = text(after);
        if (was == null || is == null) {
            return was == null ? Objects.requireNonNullElse(is, "-") : was;
        }
        return was.equals(is) ? was : was + " -> " + is;
    }

    private static @Nullable String text(@Nullable JsonNode value) {
        return value == null || value.isMissingNode() ? null : plain(value.toString());
    }

    private void history(JsonNode approval) {
        out.println("history:");
        out.println(
                INDENT
                        + time(approval.path("requestedAt").asString())
                        + "  asked for by "
                        + plain(approval.at("/requester/subject").asString()));
        for (JsonNode decided : approval.path("decisions")) {
            out.println(
                    INDENT
                            + time(decided.path("time").asString())
                            + (decided.path("granted").asBoolean(false)
                                    ? "  approved by "
                                    : "  denied by ")
                            + plain(decided.at("/approver/subject").asString())
                            + (decided.has("words")
                                    ? ": " + plain(decided.path("words").asString())
                                    : "")
                            + (decided.has("ignored")
                                    ? "  (does not count: "
                                            + plain(decided.path("ignored").asString())
                                            + ")"
                                    : ""));
        }
        for (JsonNode used : approval.path("uses")) {
            out.println(
                    INDENT
                            + time(used.path("time").asString())
                            + "  used by call "
                            + plain(used.path("call").asString()));
        }
    }
}
