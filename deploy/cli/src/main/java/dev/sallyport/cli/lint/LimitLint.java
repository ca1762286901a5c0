package dev.sallyport.cli.lint;

import dev.sallyport.cli.lint.Finding.Kind;
import dev.sallyport.schema.event.Limits;
import dev.sallyport.schema.registry.Budget;
import dev.sallyport.schema.registry.Database;
import dev.sallyport.schema.registry.Grant;
import dev.sallyport.schema.registry.Tenant;
import dev.sallyport.schema.registry.TenantLimits;
import dev.sallyport.schema.registry.Window;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** Limits that another limit is always reached before. */
final class LimitLint {
    /** The only tool whose calls may destroy. */
    private static final String DESTROYS = "db_execute";

    private final Holding holding;
    private final Limits ceiling;
    private final List<Finding> findings = new ArrayList<>();

    LimitLint(Holding holding, Limits ceiling) {
        this.holding = holding;
        this.ceiling = ceiling;
    }

    List<Finding> findings() {
        holding.databases().values().forEach(this::look);
        Tenant tenant = holding.tenant();
        if (tenant != null && tenant.limits() != null) {
            lookAtRates(tenant, tenant.limits());
            for (Budget budget : tenant.limits().budgets()) {
                lookAtBudget(tenant, tenant.limits(), budget);
            }
        }
        return findings;
    }

    private void look(Database database) {
        Limits limits = database.limits();
        above(database, "rowsMax", limits.rowsMax(), ceiling.rowsMax());
        above(database, "bytesMax", limits.bytesMax(), ceiling.bytesMax());
        above(database, "timeoutMillis", limits.timeoutMillis(), ceiling.timeoutMillis());
    }

    private void above(Database database, String what, int allowed, int most) {
        if (allowed > most) {
            add(
                    Kind.LIMIT_ABOVE_CEILING,
                    database.key(),
                    "limits.%s is %d, and gateways give one call %d at the most"
                            .formatted(what, allowed, most));
        }
    }

    private void lookAtRates(Tenant tenant, TenantLimits limits) {
        for (String tool : TenantLimits.TOOLS.stream().sorted().toList()) {
            TenantLimits.Rates own = limits.tools().get(tool);
            if (own != null && own.destroyingPerMinute() != null && !tool.equals(DESTROYS)) {
                rate(
                        tenant,
                        "limits.tools.%s.destroyingPerMinute: no call of this tool destroys"
                                .formatted(tool));
            }
        }
        TenantLimits.Rates own = limits.tools().get(DESTROYS);
        boolean written =
                limits.destroyingPerMinute() != null
                        || (own != null && own.destroyingPerMinute() != null);
        int destroying = limits.destroyingPerMinute(DESTROYS);
        int calls = limits.callsPerMinute(DESTROYS);
        if (written && destroying > calls) {
            rate(
                    tenant,
                    "limits: %d calls of %s a minute may destroy, and there are %d of any kind"
                            .formatted(destroying, DESTROYS, calls));
        }
    }

    private void rate(Tenant tenant, String message) {
        add(Kind.RATE_NEVER_BINDS, tenant.key(), message);
    }

    private void lookAtBudget(Tenant tenant, TenantLimits limits, Budget budget) {
        BigInteger calls = mostCalls(limits, budget);
        String by =
                "one client at one address makes %d calls in a %s at the most"
                        .formatted(calls, budget.window().wire());
        never(tenant, budget, "calls", budget.calls(), calls, by);
        BigInteger counted =
                budget.calls() == null ? calls : calls.min(BigInteger.valueOf(budget.calls()));
        never(
                tenant,
                budget,
                "rows",
                budget.rows(),
                counted.multiply(most(Limits::rowsMax)),
                "%d calls give %d rows at the most"
                        .formatted(counted, counted.multiply(most(Limits::rowsMax))));
        never(
                tenant,
                budget,
                "bytes",
                budget.bytes(),
                counted.multiply(most(Limits::bytesMax)),
                "%d calls give %d bytes at the most"
                        .formatted(counted, counted.multiply(most(Limits::bytesMax))));
        for (Budget other : limits.budgets()) {
            if (isBefore(other, budget)
                    && (!isBefore(budget, other) || other.name().compareTo(budget.name()) < 0)) {
                add(
                        Kind.BUDGET_SHADOWED,
                        tenant.key(),
                        "limits.budgets %s: %s counts the same calls and is used up first"
                                .formatted(budget.name(), other.name()));
                break;
            }
        }
        List<String> strangers =
                budget.subjects().stream()
                        .filter(subject -> !subject.equals(Grant.EVERYONE))
                        .filter(subject ->
                                holding.grants().stream()
                                        .noneMatch(grant -> Holding.concerns(grant, subject)))
                        .sorted()
                        .toList();
        if (!strangers.isEmpty()) {
            add(
                    Kind.BUDGET_SUBJECT_WITHOUT_GRANT,
                    tenant.key(),
                    "limits.budgets %s: nothing is granted to %s"
                            .formatted(budget.name(), String.join(", ", strangers)));
        }
    }

    private void never(
            Tenant tenant,
            Budget budget,
            String what,
            @Nullable Long amount,
            BigInteger most,
            String why) {
        if (amount != null && BigInteger.valueOf(amount).compareTo(most) > 0) {
            add(
                    Kind.BUDGET_NEVER_BINDS,
                    tenant.key(),
                    "limits.budgets %s: %s is %d, and %s"
                            .formatted(budget.name(), what, amount, why));
        }
    }

    /** What the largest of the tenant's databases gives to one call. */
    private BigInteger most(Function<Limits, Integer> what) {
        return BigInteger.valueOf(
                holding.databases().values().stream()
                        .mapToInt(database -> what.apply(database.limits().within(ceiling)))
                        .max()
                        .orElse(0));
    }

    /** Tools that are counted by themselves add up; the others share the tenant's rate. */
    private static BigInteger mostCalls(TenantLimits limits, Budget budget) {
        Set<String> tools = budget.tools().isEmpty() ? TenantLimits.TOOLS : budget.tools();
        long perMinute = 0;
        long shared = 0;
        for (String tool : tools) {
            if (limits.countsByItself(tool)) {
                perMinute += limits.callsPerMinute(tool);
            } else {
                shared = limits.callsPerMinute(tool);
            }
        }
        return BigInteger.valueOf((perMinute + shared) * minutes(budget.window()));
    }

    private static long minutes(Window window) {
        return switch (window) {
            case MINUTE -> 1;
            case HOUR -> 60;
            case DAY -> 24 * 60;
            case MONTH -> 31 * 24 * 60;
        };
    }

    /** Whether the other is used up at the latest when the budget is, whatever is called. */
    private static boolean isBefore(Budget other, Budget budget) {
        return !other.name().equals(budget.name())
                && other.window() == budget.window()
                && (other.subjects().isEmpty()
                        || other.subjects().contains(Grant.EVERYONE)
                        || (!budget.subjects().isEmpty()
                                && other.subjects().containsAll(budget.subjects())))
                && (other.tools().isEmpty()
                        || (!budget.tools().isEmpty() && other.tools().containsAll(budget.tools())))
                && isAtMost(other.calls(), budget.calls())
                && isAtMost(other.rows(), budget.rows())
                && isAtMost(other.bytes(), budget.bytes());
    }

    private static boolean isAtMost(@Nullable Long other, @Nullable Long amount) {
        return amount == null || (other != null && other <= amount);
    }

    private void add(Kind kind, String key, String message) {
        findings.add(new Finding(kind, key, message));
    }
}
