package dev.sallyport.cli;

import dev.sallyport.cli.stack.StackException;
import dev.sallyport.gateway.config.GatewayConfig;
import dev.sallyport.gateway.limit.Amounts;
import dev.sallyport.gateway.limit.Counted;
import dev.sallyport.gateway.limit.StoreAwayException;
import dev.sallyport.gateway.store.PostgresLeaseStore;
import dev.sallyport.schema.config.Settings;
import dev.sallyport.schema.id.TenantId;
import dev.sallyport.schema.registry.Budget;
import dev.sallyport.schema.registry.RegistryFeed;
import dev.sallyport.schema.registry.Tenant;
import dev.sallyport.schema.registry.TenantLimits;
import dev.sallyport.schema.secret.Secrets;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.function.ToLongFunction;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

@Command(
        name = "limits",
        description = "Print a tenant's limits and what is left of its budgets.",
        mixinStandardHelpOptions = true)
final class LimitsCommand implements Callable<Integer> {

    private static final String BUDGET = "budget/";
    private static final String ROW = "%-20s %-8s %-24s %-6s %18s %18s %18s %18s %10s%n";

    @Mixin BrokerOptions broker = new BrokerOptions();

    @Spec
    @SuppressWarnings("NullAway.Init")
    CommandSpec command;

    @Option(names = "--tenant", required = true, description = "Whose limits.")
    @SuppressWarnings("NullAway.Init")
    TenantId tenant;

    @Option(names = "--subject", description = "Only this principal's budgets.")
    @Nullable String subject;

    @Option(
            names = "--config",
            paramLabel = "FILE",
            description =
                    "A gateway's configuration, which names the database of limits; without it, the one of the local stack in --data.")
    @Nullable Path config;

    @Override
    public Integer call() throws StoreAwayException {
        Path file = config == null ? broker.data.folder().resolve("config/gateway.yaml") : config;
        GatewayConfig gateway =
                Settings.load(GatewayConfig.class, "gateway", file, System.getenv());
        TenantLimits limits;
        try (RegistryFeed feed =
                RegistryFeed.start(
                        broker.settings(), "sallyport-limits", BrokerOptions.REGISTRY_WITHIN)) {
            limits =
                    feed.get()
                            .tenant(tenant)
                            .map(Tenant::limitsInForce)
                            .orElseThrow(() ->
                                    new StackException(
                                            "tenant_unknown",
                                            "the registry has no tenant " + tenant));
        }
        if (gateway.limitStore().jdbcUrl() == null) {
            throw new StackException(
                    "limits_unavailable",
                    "the gateway's configuration names no database of limits (limitStore.jdbcUrl): rates are counted in each gateway, and budgets are not served");
        }
        List<Counted> counted;
        try (PostgresLeaseStore store =
                PostgresLeaseStore.openToRead(gateway.limitStore(), new Secrets(System.getenv()))) {
            counted = store.standing(tenant);
        }
        print(limits, counted);
        return 0;
    }

    private void print(TenantLimits limits, List<Counted> counted) {
        PrintWriter out = command.commandLine().getOut();
        out.printf(
                "%s: %d calls a minute by one client from one address, %d of them may destroy%n",
                tenant, limits.callsPerMinute(""), limits.destroyingPerMinute(""));
        limits.tools().keySet().stream()
                .sorted()
                .forEach(tool ->
                        out.printf(
                                "%s by itself: %d calls a minute, %d of them may destroy%n",
                                tool,
                                limits.callsPerMinute(tool),
                                limits.destroyingPerMinute(tool)));
        if (limits.budgets().isEmpty()) {
            out.println("no budgets");
        } else {
            out.printf(
                    ROW,
                    "budget",
                    "window",
                    "principal",
                    "of",
                    "limit",
                    "used",
                    "leased",
                    "left",
                    "resets in");
        }
        for (Budget budget : limits.budgets()) {
            List<Counted> of =
                    counted.stream()
                            .filter(one ->
                                    one.key().allowance().equals(BUDGET + budget.name())
                                            && one.key().window() == budget.window())
                            .filter(one -> subject == null || one.key().holder().equals(subject))
                            .sorted(Comparator.comparing(one -> one.key().holder()))
                            .toList();
            if (of.isEmpty()) {
                out.printf(
                        "%-20s %-8s not used in this window%n",
                        budget.name(), budget.window().wire());
            }
            for (Counted one : of) {
                row(out, budget, one, "calls", budget.calls(), Amounts::calls);
                row(out, budget, one, "rows", budget.rows(), Amounts::rows);
                row(out, budget, one, "bytes", budget.bytes(), Amounts::bytes);
            }
        }
        out.flush();
    }

    private static void row(
            PrintWriter out,
            Budget budget,
            Counted counted,
            String measure,
            @Nullable Long limit,
            ToLongFunction<Amounts> amount) {
        if (limit == null) {
            return;
        }
        long used = amount.applyAsLong(counted.used());
        long held = amount.applyAsLong(counted.leased()) + amount.applyAsLong(counted.expired());
        out.printf(
                ROW,
                budget.name(),
                budget.window().wire(),
                counted.key().holder(),
                measure,
                "%,d".formatted(limit),
                "%,d".formatted(used),
                "%,d".formatted(held),
                "%,d".formatted(Math.max(0, limit - used - held)),
                told(Duration.ofMillis(counted.endsInMillis())));
    }

    private static String told(Duration left) {
        return left.toDays() > 0
                ? left.toDays() + " d " + left.toHoursPart() + " h"
                : left.toHours() > 0
                        ? left.toHours() + " h " + left.toMinutesPart() + " min"
                        : left.toMinutes() > 0
                                ? left.toMinutes() + " min"
                                : left.toSeconds() + " s";
    }
}
