package dev.sallyport.schema.registry;

import dev.sallyport.schema.event.ApprovalBy;
import dev.sallyport.schema.event.StatementClass;
import dev.sallyport.schema.id.DatabaseName;
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

    /**
     * The rules that match a call. What is not told of it counts as what the rule names.
     *
     * @param effects everything that its statement does; a call that only reads is matched by none
     * @param tables the relations that its statement names, as PostgreSQL folds them, odd names in
     *     double quotes; none where they are not told
     */
    public MatchedRules matching(
            DatabaseName database,
            String tool,
            Set<StatementClass> effects,
            Collection<String> tables) {
        if (Set.of(StatementClass.READ).containsAll(effects)) {
            return MatchedRules.NONE;
        }
        List<Rule> matching = new ArrayList<>();
        for (Rule rule : rules) {
            if (matches(rule.when(), database, tool, effects, tables)) {
                matching.add(rule);
            }
        }
        if (!matching.isEmpty()) {
            return new MatchedRules(matching);
        }
        return Collections.disjoint(effects, DESTROYING) ? MatchedRules.NONE : withoutRule;
    }

    private static boolean matches(
            Rule.When when,
            DatabaseName database,
            String tool,
            Set<StatementClass> effects,
            Collection<String> tables) {
        return has(when.databases(), database)
                && has(when.tools(), tool)
                && (when.classes() == null
                        || effects.contains(StatementClass.UNKNOWN)
                        || !Collections.disjoint(when.classes(), effects))
                && (when.tables() == null
                        || tables.isEmpty()
                        || !Collections.disjoint(effects, TABLES_UNTOLD)
                        || tables.stream().anyMatch(named -> isNamed(when.tables(), named)));
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
