package dev.sallyport.cli.lint;

import dev.sallyport.cli.lint.Finding.Kind;
import dev.sallyport.schema.event.ApprovalBy;
import dev.sallyport.schema.event.StatementClass;
import dev.sallyport.schema.id.DatabaseName;
import dev.sallyport.schema.registry.Database;
import dev.sallyport.schema.registry.Rule;
import dev.sallyport.schema.registry.Scope;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Rules that hold nothing, that another rule makes needless, and that nobody can meet. */
final class RuleLint {
    private final Holding holding;
    private final List<Finding> findings = new ArrayList<>();

    RuleLint(Holding holding) {
        this.holding = holding;
    }

    List<Finding> findings() {
        for (Rule rule : holding.rules()) {
            lookAtMatches(rule);
            lookAtOthers(rule);
            lookAtApprovers(rule);
        }
        return findings;
    }

    private void lookAtMatches(Rule rule) {
        Set<DatabaseName> named = rule.when().databases();
        if (named != null) {
            named.stream()
                    .filter(name -> !holding.databases().containsKey(name))
                    .map(DatabaseName::value)
                    .sorted()
                    .forEach(name ->
                            add(
                                    Kind.RULE_DATABASE_UNKNOWN,
                                    rule,
                                    "the tenant has no database " + name));
        }
        List<Database> databases =
                holding.databases().values().stream()
                        .filter(database -> named == null || named.contains(database.name()))
                        .toList();
        List<Database> writable =
                databases.stream().filter(database -> !holding.isReadOnly(database)).toList();
        boolean reads = isAboutReads(rule.when());
        if (!reads && !databases.isEmpty() && writable.isEmpty()) {
            add(
                    Kind.RULE_READ_ONLY,
                    rule,
                    "nothing can be changed in its databases: they, or the tenant, are read-only");
        } else if (!databases.isEmpty()
                && (reads ? databases : writable)
                        .stream().noneMatch(database -> isGranted(rule, database))) {
            add(
                    Kind.RULE_WITHOUT_GRANT,
                    rule,
                    "nobody is granted what it is about, in any of its databases");
        }
    }

    /** Such a rule is about every statement, for each may read. */
    private static boolean isAboutReads(Rule.When when) {
        return when.classes() != null && when.classes().contains(StatementClass.READ);
    }

    /** Whether anybody may do there what the rule is about. */
    private boolean isGranted(Rule rule, Database database) {
        Set<StatementClass> classes = orAny(rule.when().classes(), Rule.CHANGES);
        return holding.subjects().stream()
                .map(subject -> holding.scopes(subject, database.name()))
                .anyMatch(scopes ->
                        // what cannot be classified has every class
                        scopes.contains(Scope.SQL)
                                || classes.stream()
                                        .anyMatch(some -> scopes.containsAll(needed(some))));
    }

    private static Set<Scope> needed(StatementClass some) {
        return switch (some) {
            case READ -> Set.of(Scope.READ);
            case WRITE -> Set.of(Scope.WRITE);
            case DELETE -> Set.of(Scope.WRITE, Scope.DELETE);
            case DDL, ADMIN, UNKNOWN -> Set.of(Scope.SQL);
        };
    }

    private void lookAtOthers(Rule rule) {
        for (Rule other : holding.rules()) {
            if (other.name().equals(rule.name())) {
                continue;
            }
            if (shadows(other, rule)
                    && (!shadows(rule, other) || other.name().compareTo(rule.name()) < 0)) {
                add(
                        Kind.RULE_SHADOWED,
                        rule,
                        other.key() + " matches the same calls and asks for as much");
            }
            if (other.name().compareTo(rule.name()) > 0 && excludeEachOther(rule, other)) {
                add(
                        Kind.RULE_IMPOSSIBLE,
                        rule,
                        "calls that %s matches too need more people than both name"
                                .formatted(other.key()));
            }
        }
    }

    /** Whether every call is held just the same without the rule. */
    private static boolean shadows(Rule other, Rule rule) {
        Rule.When when = other.when();
        Rule.When inner = rule.when();
        return has(when.databases(), inner.databases())
                && has(when.tools(), orAny(inner.tools(), Rule.TOOLS))
                && (isAboutReads(when)
                        || orAny(when.classes(), Rule.CHANGES)
                                .containsAll(orAny(inner.classes(), Rule.CHANGES)))
                && has(when.tables(), inner.tables())
                && isAnyOrSame(when.callers(), inner.callers())
                && isAnyOrSame(when.callersExcept(), inner.callersExcept())
                && isAnyOrSame(when.hours(), inner.hours())
                && (when.rowsAbove() == null
                        || (inner.rowsAbove() != null && inner.rowsAbove() >= when.rowsAbove()))
                && (other.approval().by() == ApprovalBy.NOBODY
                        || (seconds(other.cooldownSeconds()) >= seconds(rule.cooldownSeconds())
                                && asksForAsMuch(other.approval(), rule.approval())));
    }

    private static boolean isAnyOrSame(@Nullable Object outer, @Nullable Object inner) {
        return outer == null || outer.equals(inner);
    }

    private static boolean asksForAsMuch(Rule.Approval other, Rule.Approval approval) {
        if (approval.by() == ApprovalBy.NONE) {
            return true;
        }
        Set<String> people = approval.approvers();
        Set<String> others = other.approvers();
        return other.by().compareTo(approval.by()) >= 0
                && valid(other) <= valid(approval)
                && needed(other) >= needed(approval)
                // who only asks for confirmation names those who are asked where it cannot be had
                && (people == null
                        || (approval.by() == ApprovalBy.CONFIRM && other.by() == ApprovalBy.ANOTHER)
                        || (others != null && people.containsAll(others)));
    }

    private static <T> Set<T> orAny(@Nullable Set<T> named, Set<T> any) {
        return named == null ? any : named;
    }

    private static <T> boolean has(@Nullable Set<T> outer, @Nullable Set<T> inner) {
        return outer == null || (inner != null && outer.containsAll(inner));
    }

    private static boolean excludeEachOther(Rule rule, Rule other) {
        if (rule.approval().by() != ApprovalBy.ANOTHER
                || other.approval().by() != ApprovalBy.ANOTHER
                || !meet(rule.when().databases(), other.when().databases())
                || !meet(rule.when().classes(), other.when().classes())
                || !meetForCertain(rule.when(), other.when())) {
            return false;
        }
        Set<String> both = people(rule);
        both.retainAll(people(other));
        return both.size() < Math.max(needed(rule.approval()), needed(other.approval()));
    }

    /** Whether some caller at some time is in both; of two that differ nothing is said. */
    private static boolean meetForCertain(Rule.When one, Rule.When other) {
        return isAnyOrSame(one.callers(), other.callers())
                && isAnyOrSame(one.callersExcept(), other.callersExcept())
                && isAnyOrSame(one.hours(), other.hours());
    }

    /** Tables say nothing here: a statement may name some of both. */
    private static <T> boolean meet(@Nullable Set<T> one, @Nullable Set<T> other) {
        return one == null || other == null || !Collections.disjoint(one, other);
    }

    private void lookAtApprovers(Rule rule) {
        Set<String> left = people(rule);
        Collection<String> all = Set.copyOf(left);
        left.removeAll(holding.suspended());
        if (rule.approval().by() == ApprovalBy.ANOTHER
                && all.size() >= needed(rule.approval())
                && left.size() < needed(rule.approval())) {
            add(
                    Kind.RULE_APPROVERS_SUSPENDED,
                    rule,
                    "%d of its approvers are suspended, and %d of %d have to approve"
                            .formatted(
                                    all.size() - left.size(), needed(rule.approval()), all.size()));
        }
    }

    private static Set<String> people(Rule rule) {
        Set<String> people = rule.approval().approvers();
        return people == null ? new HashSet<>() : new HashSet<>(people);
    }

    private static int needed(Rule.Approval approval) {
        return approval.needed() == null ? 1 : approval.needed();
    }

    private static int valid(Rule.Approval approval) {
        return approval.validSeconds() == null
                ? Rule.Approval.VALID_SECONDS
                : approval.validSeconds();
    }

    private static int seconds(@Nullable Integer cooldown) {
        return cooldown == null ? 0 : cooldown;
    }

    private void add(Kind kind, Rule rule, String message) {
        findings.add(new Finding(kind, rule.key(), message));
    }
}
