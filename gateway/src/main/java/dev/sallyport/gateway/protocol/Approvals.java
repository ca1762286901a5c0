package dev.sallyport.gateway.protocol;

import java.net.URI;
import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What a caller is told whose call waits for somebody to allow it, or may not run as it is. */
public final class Approvals {

    /** The code of a call that waits. */
    public static final String REQUIRED = "approval_required";

    private static final String RETRY_AFTER = "Retry-After";
    private static final String ANEW =
            " Nothing was changed. Send the call without approval to ask for a new one";

    private Approvals() {}

    /** Where people see what waits and decide. */
    public static String link(URI console, String approval) {
        String base = console.toString();
        return (base.endsWith("/") ? base : base + "/") + "approvals/" + approval;
    }

    /** What its caller is to do whose rule wants it to confirm. */
    public static String confirm(String approval, Instant expires, long rows, boolean complete) {
        return ("Nothing was changed yet. The statement was rehearsed and would change %d rows, which are told below%s. Ask your user whether that is what they want."
                        + " If so, send exactly the same call again with approval \"%s\" before %s: it changes just that, or nothing where the effect would be another one by then")
                .formatted(
                        rows,
                        complete ? "" : "; it changes more, which cannot be told",
                        approval,
                        expires);
    }

    /** The same where other people have to allow it. */
    public static String another(
            String approval,
            Instant expires,
            int needed,
            Collection<String> approvers,
            @Nullable String link,
            boolean rehearsed) {
        return ("Nothing was changed. %s Your organisation wants %d of these people to allow it, and not you: %s. They decide %s. Tell your user, and do not ask again."
                        + " Once they have allowed it, send exactly the same call again with approval \"%s\" before %s; until then it is answered approval_pending")
                .formatted(
                        rehearsed
                                ? "The statement was rehearsed; what it would change is told below."
                                : "The statement cannot be rehearsed here, so people have to look at its text.",
                        needed,
                        String.join(", ", approvers),
                        link == null
                                ? "in the audit console or with ./sallyport approvals show "
                                        + approval
                                : "at " + link,
                        approval,
                        expires);
    }

    /** There is no such approval, or it is somebody else's. */
    public static Refusal unknown() {
        return Refusal.toModel("approval_unknown", "You have no approval of that id." + ANEW);
    }

    /** The call is another one than was asked for. */
    public static Refusal mismatch(List<String> differences) {
        return Refusal.toModel(
                "approval_mismatch",
                "This approval is for another call of yours: %s differ."
                                .formatted(String.join(", ", differences))
                        + " Send exactly the call that it was given for. Nothing was changed");
    }

    /** Not enough people have allowed it. */
    public static Refusal pending(String approval) {
        return Refusal.toModel(
                "approval_pending",
                "Not enough people have allowed this call yet. Nothing was changed. Tell your user, and later send the same call again with approval \"%s\""
                        .formatted(approval));
    }

    /** The client's user was asked and did not say. */
    public static Refusal unanswered(String approval) {
        return Refusal.toModel(
                "approval_pending",
                "Your user was asked whether to make this change and has not answered. Nothing was changed. Ask them, and if they want it, send the same call again with approval \"%s\""
                        .formatted(approval));
    }

    /** The client's user said no. */
    public static Refusal declined() {
        return Refusal.toModel(
                "approval_denied",
                "Your user was asked whether to make this change and declined. Nothing was changed. Do not ask again unless they want you to");
    }

    /** What a client's user is asked before a change. */
    public static String question(String database, String effect) {
        return "An agent wants to change data in the database %s. It was tried out and taken back: %s. If you say yes, just this is changed, or nothing where the effect would be another one by then."
                .formatted(database, effect);
    }

    /** Where a client's user is led to whose call other people have to allow. */
    public static String leading(int needed, Collection<String> approvers) {
        return "An agent's change waits for %d of these people to allow it: %s. They see it and decide here."
                .formatted(needed, String.join(", ", approvers));
    }

    /** Somebody refused it. */
    public static Refusal denied() {
        return Refusal.toModel(
                "approval_denied",
                "Somebody who was asked to allow this call refused it. Nothing was changed. Tell your user, and do not ask again unless they want you to");
    }

    /** It was not used in time. */
    public static Refusal expired() {
        return Refusal.toModel("approval_expired", "This approval has expired." + ANEW);
    }

    /** The rules ask for more than they did. */
    public static Refusal rulesChanged() {
        return Refusal.toModel(
                "approval_expired",
                "The rules of your organisation ask for more than they did when this approval was asked for."
                        + ANEW);
    }

    /** A call ran by it. */
    public static Refusal used() {
        return Refusal.toModel(
                "approval_used",
                "This approval was used, and is good for one call only. Look up what came of that call before you ask for a new one");
    }

    /** The rules refuse it, whoever would allow it. */
    public static Refusal ruledOut(List<String> rules) {
        return Refusal.toModel(
                "rule_refuses",
                "The rules of your organisation let nobody do this (%s). Nothing ran. Tell your user; its administrator can change them"
                        .formatted(String.join(", ", rules)));
    }

    /** The rules name nobody who could allow it. */
    public static Refusal impossible(List<String> rules, boolean rehearsed) {
        return Refusal.toModel(
                "approval_impossible",
                "%s rules %s of your organisation, which name too few people who could allow it and are not you: its administrator can change them. Nothing was changed"
                        .formatted(
                                rehearsed
                                        ? "This call is held by the"
                                        : "This call cannot be rehearsed, and so is held for another person by the",
                                String.join(", ", rules)));
    }

    /** The requester has as many requests open as may be. */
    public static Refusal tooMany(int most) {
        return Refusal.toModel(
                "approvals_open",
                "You have asked for %d approvals that nobody has decided or used yet: wait for those. Nothing was changed"
                        .formatted(most));
    }

    /** The approver could not be shown the whole text. */
    public static Refusal tooLarge() {
        return Refusal.toModel(
                "call_too_large",
                "The statement and its parameters are too large to be shown whole to who has to allow them: split the work. Nothing was changed");
    }

    /** The last such call is too short ago. */
    public static Refusal cooldown(Duration wait) {
        long seconds = wait.plusMillis(999).toSeconds();
        return Refusal.toModel(
                        "cooldown",
                        "Your organisation wants some time between two calls of this kind: nothing was changed. Wait %d seconds before you send it again, and tell your user"
                                .formatted(seconds))
                .withHeader(RETRY_AFTER, String.valueOf(seconds));
    }

    /** Nobody can tell what was approved. */
    public static Refusal unavailable() {
        return Refusal.toModelAndClient(
                        ErrorCode.APPROVALS_UNAVAILABLE,
                        "A rule of your organisation wants this call approved, or some time before it, and where that is kept cannot be asked just now: nothing was changed. Try again; the operator can tell more")
                .withHeader(RETRY_AFTER, "5");
    }
}
