package dev.sallyport.schema.registry;

import dev.sallyport.schema.event.ApprovalBy;
import java.time.Duration;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.SortedSet;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * The rules of a tenant that match a call as far as its text tells; some may ask for the number of
 * rows that it changes.
 *
 * @param rules by name
 */
public record MatchedRules(List<Rule> rules) {
    /** No rule matches. */
    public static final MatchedRules NONE = new MatchedRules(List.of());

    public MatchedRules {
        rules = rules.stream().sorted(Comparator.comparing(Rule::name)).toList();
    }

    public boolean isEmpty() {
        return rules.isEmpty();
    }

    /** Whether any of them holds calls, rather than only having the next one wait. */
    public boolean hold() {
        return rules.stream().anyMatch(rule -> rule.approval().by() != ApprovalBy.NONE);
    }

    /** The first that refuses the call, however many rows it changes. */
    public Optional<Rule> refusing() {
        return rules.stream()
                .filter(rule -> rule.approval().by() == ApprovalBy.NOBODY)
                .filter(rule -> rule.when().rowsAbove() == null)
                .findFirst();
    }

    /** Whether it depends on the number of rows what they ask for. */
    public boolean askForRows() {
        return rules.stream().anyMatch(rule -> rule.when().rowsAbove() != null);
    }

    /**
     * What they ask for.
     *
     * @param rows how many rows the call changes; null where that cannot be told, which is more
     *     than any number
     */
    public Demand demand(@Nullable Long rows) {
        List<Rule> matching = rules.stream().filter(rule -> isAbove(rule, rows)).toList();
        ApprovalBy by = strictest(matching);
        return demand(matching, by, by);
    }

    /**
     * What they ask for where the call cannot be rehearsed: nobody can confirm an effect that is
     * not known, so another person has to look at the text.
     */
    public Demand demandUnrehearsed() {
        ApprovalBy by = strictest(rules);
        return by == ApprovalBy.NONE || by == ApprovalBy.NOBODY
                ? demand(rules, by, by)
                : demand(
                        rules,
                        ApprovalBy.ANOTHER,
                        by == ApprovalBy.ANOTHER ? by : ApprovalBy.CONFIRM);
    }

    /**
     * Adds up.
     *
     * @param whose the rules of that kind say who may approve
     */
    private static Demand demand(Collection<Rule> matching, ApprovalBy by, ApprovalBy whose) {
        SortedSet<String> approvers = new TreeSet<>();
        int needed = 1;
        boolean first = true;
        Duration valid = Duration.ofSeconds(Rule.Approval.VALID_SECONDS_MAX);
        Duration cooldown = Duration.ZERO;
        for (Rule rule : matching) {
            Rule.Approval approval = rule.approval();
            if (approval.by() != ApprovalBy.NONE) {
                valid = approval.valid().compareTo(valid) < 0 ? approval.valid() : valid;
            }
            // who only asks for confirmation need not name anybody
            if (by == ApprovalBy.ANOTHER
                    && approval.by() == whose
                    && (whose == ApprovalBy.ANOTHER || !approval.people().isEmpty())) {
                if (first) {
                    approvers.addAll(approval.people());
                    first = false;
                } else {
                    approvers.retainAll(approval.people());
                }
                needed = Math.max(needed, approval.neededOrOne());
            }
            Integer seconds = rule.cooldownSeconds();
            if (seconds != null && cooldown.toSeconds() < seconds) {
                cooldown = Duration.ofSeconds(seconds);
            }
        }
        return new Demand(
                matching.stream().map(Rule::name).toList(), by, approvers, needed, valid, cooldown);
    }

    private static boolean isAbove(Rule rule, @Nullable Long rows) {
        Long above = rule.when().rowsAbove();
        return above == null || rows == null || rows > above;
    }

    private static ApprovalBy strictest(Collection<Rule> rules) {
        return rules.stream()
                .map(rule -> rule.approval().by())
                .max(Comparator.naturalOrder())
                .orElse(ApprovalBy.NONE);
    }
}
