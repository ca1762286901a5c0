package dev.sallyport.gateway.limit;

import dev.sallyport.gateway.store.LimitDatabase;
import dev.sallyport.schema.event.Limits;
import dev.sallyport.schema.id.TenantId;
import dev.sallyport.schema.registry.Budget;
import dev.sallyport.schema.registry.TenantLimits;
import dev.sallyport.schema.registry.Window;
import dev.sallyport.schema.token.Caller;
import java.lang.management.ManagementFactory;
import java.net.URI;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * What limits cost a call, as CPU time of the calling thread and of the whole process: to be run by
 * hand.
 */
final class AllowancesCost {

    private static final TenantId ACME = new TenantId("acme");
    private static final int CALLS = 200_000;

    private AllowancesCost() {}

    static void main() {
        var limits =
                new TenantLimits(
                        TenantLimits.PER_MINUTE_MAX,
                        TenantLimits.PER_MINUTE_MAX,
                        Map.of(),
                        List.of(
                                budget("hourly", Window.HOUR),
                                budget("daily", Window.DAY),
                                budget("monthly", Window.MONTH)));
        var rates = new TenantLimits(TenantLimits.PER_MINUTE_MAX, null, Map.of(), List.of());
        var database = LimitDatabase.fresh(Duration.ofSeconds(10));
        try (Allowances allowances =
                Allowances.shared(
                        database.open("cost"),
                        Evidence.NONE,
                        Duration.ofSeconds(10),
                        Duration.ofSeconds(10),
                        InstantSource.system())) {
            for (int round = 0; round < 5; round++) {
                measure("a rate", allowances, rates);
                measure("a rate and three budgets of three measures", allowances, limits);
            }
        }
    }

    private static void measure(String what, Allowances allowances, TenantLimits limits) {
        var caller =
                new Caller(
                        ACME,
                        "ana",
                        "agent",
                        Set.of(),
                        URI.create("https://issuer.example.org"),
                        Instant.MAX);
        var call = new Limits(1_000, 1_000_000, 1_000);
        var thread = ManagementFactory.getThreadMXBean();
        var process =
                (com.sun.management.OperatingSystemMXBean)
                        ManagementFactory.getOperatingSystemMXBean();
        long cpu = thread.getCurrentThreadCpuTime();
        long all = process.getProcessCpuTime();
        long refused = 0;
        for (int i = 0; i < CALLS; i++) {
            if (!(allowances.pace(limits, caller, "203.0.113.7", "db_query")
                    instanceof Paced.Kept)) {
                refused++;
            }
            if (allowances.reserve(limits, ACME, "ana", "db_query", call, Duration.ofSeconds(30))
                    instanceof Reserved.Held held) {
                held.reservation().settle(10, 1_000);
            } else {
                refused++;
            }
        }
        IO.println(
                "%s: %.2f us a call by its thread, %.2f us by the process, %d refused"
                        .formatted(
                                what,
                                (thread.getCurrentThreadCpuTime() - cpu) / 1_000.0 / CALLS,
                                (process.getProcessCpuTime() - all) / 1_000.0 / CALLS,
                                refused));
    }

    private static Budget budget(String name, Window window) {
        return new Budget(
                name,
                Set.of(),
                Set.of(),
                window,
                Budget.AMOUNT_MAX,
                Budget.AMOUNT_MAX,
                Budget.AMOUNT_MAX);
    }
}
