package dev.sallyport.schema.registry;

import dev.sallyport.schema.event.ApprovalBy;
import dev.sallyport.schema.event.StatementClass;
import dev.sallyport.schema.id.TenantId;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** All rules of a tenant. Immutable. */
public final class TenantRules {
    /**
     * Who has to allow what destroys (classes delete, ddl, admin and unknown) where no rule of the
     * tenant matches it: {@code none}, or {@code confirm}. Not {@code another}, since no rule names
     * anybody.
     */
    public static final ApprovalBy WITHOUT_RULE = ApprovalBy.NONE;

    static final TenantRules NONE = new TenantRules(List.of(), WITHOUT_RULE);

    private static final Set<StatementClass> DESTROYING =
            Collections.unmodifiableSet(
                    EnumSet.of(
                            StatementClass.DELETE,
                            StatementClass.DDL,
                            StatementClass.ADMIN,
                            StatementClass.UNKNOWN));

    /** Effects of statements whose text does not tell all the tables that they concern. */
    private static final Set<StatementClass> TABLES_UNTOLD =
            Collections.unmodifiableSet(
                    EnumSet.of(StatementClass.DDL, StatementClass.ADMIN, StatementClass.UNKNOWN));

    /** In the name of a table: what an odd quoted part was replaced with. */
    private static final String UNSAYABLE = "?";

    private final List<Rule> rules;
    private final MatchedRules withoutRule;

    private TenantRules(Collection<Rule> rules, ApprovalBy withoutRule) {
        this.rules = List.copyOf(rules);
        this.withoutRule =
                withoutRule == ApprovalBy.NONE
                        ? MatchedRules.NONE
                        : new MatchedRules(
                                List.of(
                                        new Rule(
                                                TenantId.PLATFORM,
                                                "default",
                                                Rule.When.ANY,
                                                new Rule.Approval(withoutRule, null, null, null),
                                                null)));
    }

    /** These rules, and what holds without one. */
    static TenantRules of(Collection<Rule> rules, ApprovalBy withoutRule) {
        return new TenantRules(rules, withoutRule);
    }

    static TenantRules of(Collection<Rule> rules) {
        return rules.isEmpty() ? NONE : of(rules, WITHOUT_RULE);
    }

    /** The rules that match a call. What is not told of it counts as what the rule names. */
    public MatchedRules matching(RuledCall call) {
        if (rules.isEmpty() && call.reads()) {
            return MatchedRules.NONE;
        }
        List<Rule> matching = new ArrayList<>();
        for (Rule rule : rules) {
            if (matches(rule.when(), call)) {
                matching.add(rule);
            }
        }
        if (!matching.isEmpty()) {
            return new MatchedRules(matching);
        }
        return Collections.disjoint(call.effects(), DESTROYING) ? MatchedRules.NONE : withoutRule;
    }

    private static boolean matches(Rule.When when, RuledCall call) {
        return has(when.databases(), call.database())
                && has(when.tools(), call.tool())
                && isOfClass(when.classes(), call)
                && (when.tables() == null || concernsOneOf(when.tables(), call))
                && (when.callers() == null || when.callers().mayInclude(call))
                && (when.callersExcept() == null || !when.callersExcept().includes(call))
                && (when.hours() == null || call.at() == null || when.hours().contains(call.at()));
    }

    /**
     * Without classes a rule is for all that may change something. Every statement may read: a
     * change can return the rows, or copy them to where they can be read.
     */
    private static boolean isOfClass(@Nullable Set<StatementClass> classes, RuledCall call) {
        if (classes == null) {
            return !call.reads();
        }
        return classes.contains(StatementClass.READ)
                || call.effects().contains(StatementClass.UNKNOWN)
                || !Collections.disjoint(classes, call.effects());
    }

    /** A read that names no table reads none. */
    private static boolean concernsOneOf(Set<String> tables, RuledCall call) {
        return (call.tables().isEmpty() && !call.reads())
                || !Collections.disjoint(call.effects(), TABLES_UNTOLD)
                || call.tables().stream().anyMatch(named -> isNamed(tables, named));
    }

    private static <T> boolean has(@Nullable Set<T> named, T value) {
        return named == null || named.contains(value);
    }

    /**
     * Whether a statement's name may be that of one of the tables; schemas that are not told may be
     * any.
     */
    private static boolean isNamed(Set<String> tables, String named) {
        if (named.contains(UNSAYABLE)) {
            return true;
        }
        List<String> parts = parts(named);
        String table = parts.getLast();
        for (String one : tables) {
            int dot = one.indexOf('.');
            boolean sameSchema =
                    dot < 0
                            || parts.size() < 2
                            || one.substring(0, dot).equals(parts.get(parts.size() - 2));
            if (sameSchema && one.substring(dot + 1).equals(table)) {
                return true;
            }
        }
        return false;
    }

    /** The parts of a qualified name without their quotes. */
    private static List<String> parts(String named) {
        List<String> parts = new ArrayList<>();
        StringBuilder part = new StringBuilder();
        boolean quoted = false;
        for (int i = 0; i < named.length(); i++) {
            char c = named.charAt(i);
            if (c == '"') {
                quoted = !quoted;
            } else if (c == '.' && !quoted) {
                parts.add(part.toString());
                part.setLength(0);
            } else {
                part.append(c);
            }
        }
        parts.add(part.toString());
        return parts;
    }
}
