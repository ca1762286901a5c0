package dev.sallyport.gateway.limit;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sallyport.embedded.EmbeddedPostgres;
import dev.sallyport.gateway.store.LimitDatabase;
import dev.sallyport.schema.event.Limits;
import dev.sallyport.schema.id.TenantId;
import dev.sallyport.schema.registry.Budget;
import dev.sallyport.schema.registry.TenantLimits;
import dev.sallyport.schema.registry.Window;
import dev.sallyport.schema.token.Caller;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicLong;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Gateways that share a store, without the rest of them. */
class SharedBudgetsIT {

    private static final TenantId ACME = new TenantId("acme");
    private static final Duration LEASE = Duration.ofSeconds(2);
    private static final Limits CALL = new Limits(100, 100_000, 1_000);

    private final LimitDatabase database = LimitDatabase.fresh(LEASE);
    private final List<Allowances> gateways = new ArrayList<>();

    private Allowances gateway(String name) {
        return gateway(name, InstantSource.system());
    }

    private Allowances gateway(String name, InstantSource clock) {
        Allowances gateway =
                Allowances.shared(
                        database.open(name), Evidence.NONE, LEASE, Duration.ofSeconds(1), clock);
        gateways.add(gateway);
        return gateway;
    }

    @AfterEach
    void stop() {
        gateways.forEach(Allowances::close);
    }

    /** A window that does not end while a test runs. */
    private static Window calm() {
        Instant soon = Instant.now().plus(5, ChronoUnit.MINUTES);
        for (Window window : List.of(Window.HOUR, Window.DAY)) {
            if (window.startOf(soon).equals(window.startOf(Instant.now()))) {
                return window;
            }
        }
        return Window.MONTH;
    }

    private static TenantLimits budget(
            @Nullable Long calls, @Nullable Long rows, @Nullable Long bytes) {
        return new TenantLimits(
                null,
                null,
                Map.of(),
                List.of(new Budget("b", Set.of(), Set.of(), calm(), calls, rows, bytes)));
    }

    private static Reserved reserve(Allowances gateway, TenantLimits limits, String subject) {
        return gateway.reserve(limits, ACME, subject, "db_query", CALL, Duration.ofSeconds(20));
    }

    /** What one caller does until it is refused for good; how often it was served. */
    private static long callUntilExhausted(
            Allowances gateway, TenantLimits limits, long rowsEach, AtomicLong rowsUsed) {
        long served = 0;
        while (true) {
            switch (reserve(gateway, limits, "ana")) {
                case Reserved.Held held -> {
                    served++;
                    long rows = Math.min(rowsEach, held.limits().rowsMax());
                    rowsUsed.addAndGet(rows);
                    held.reservation().settle(rows, 10);
                }
                case Reserved.Exhausted _ -> {
                    return served;
                }
                case Reserved.InUse _ -> {}
                case Reserved.Unknown _, Reserved.Crowded _ ->
                        throw new IllegalStateException("the store is there");
            }
        }
    }

    private long inParallel(TenantLimits limits, int callers, long rowsEach, AtomicLong rowsUsed)
            throws Exception {
        Allowances one = gateway("one");
        Allowances two = gateway("two");
        try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            List<Callable<Long>> all = new ArrayList<>();
            for (int i = 0; i < callers; i++) {
                Allowances of = i % 2 == 0 ? one : two;
                all.add(() -> callUntilExhausted(of, limits, rowsEach, rowsUsed));
            }
            long served = 0;
            for (Future<Long> caller : threads.invokeAll(all)) {
                served += caller.get();
            }
            return served;
        }
    }

    @Test
    void parallelCallersOnTwoGatewaysEndAtExactlyTheBudgetOfCalls() throws Exception {
        assertThat(inParallel(budget(5_003L, null, null), 64, 0, new AtomicLong()))
                .isEqualTo(5_003);
    }

    @Test
    void aBudgetOfFewCallsIsSharedToTheLastOne() throws Exception {
        assertThat(inParallel(budget(7L, null, null), 64, 0, new AtomicLong())).isEqualTo(7);
    }

    @Test
    void parallelCallersEndAtExactlyTheBudgetOfRows() throws Exception {
        var rows = new AtomicLong();

        var _ = inParallel(budget(null, 20_011L, null), 64, 7, rows);

        assertThat(rows).hasValue(20_011);
    }

    @Test
    void aCallOfWhichLessIsLeftGetsThatAndIsTold() {
        TenantLimits limits = budget(null, 130L, null);
        Allowances one = gateway("one");
        ((Reserved.Held) reserve(one, limits, "ana")).reservation().settle(100, 10);

        var last = (Reserved.Held) reserve(one, limits, "ana");

        assertThat(last.limits().rowsMax()).isEqualTo(30);
        assertThat(last.lowered()).hasSize(1);
        last.reservation().settle(30, 10);
        assertThat(reserve(one, limits, "ana")).isInstanceOf(Reserved.Exhausted.class);
        // others have budgets of their own
        assertThat(reserve(one, limits, "bob")).isInstanceOf(Reserved.Held.class);
    }

    @Test
    void whatIsReservedIsTakenUntilItIsSettled() throws Exception {
        TenantLimits limits = budget(2L, null, null);
        Allowances one = gateway("one");
        Allowances two = gateway("two");
        var unknown = (Reserved.Held) reserve(one, limits, "ana");
        ((Reserved.Held) reserve(two, limits, "ana")).reservation().settle(0, 0);

        assertThat(one.reserve(limits, ACME, "ana", "db_query", CALL, Duration.ofMillis(400)))
                .isInstanceOf(Reserved.InUse.class);
        assertThat(two.reserve(limits, ACME, "ana", "db_query", CALL, Duration.ofMillis(400)))
                .isInstanceOf(Reserved.InUse.class);
        // it did not run after all, and the other gateway gets it
        unknown.reservation().giveBack();
        unknown.reservation().giveBack();
        assertThat(reserve(two, limits, "ana")).isInstanceOf(Reserved.Held.class);
        assertThat(reserve(one, limits, "ana")).isNotInstanceOf(Reserved.Held.class);
    }

    @Test
    void aGatewayThatStopsGivesBackWhatItDidNotUse() {
        TenantLimits limits = budget(10L, null, null);
        Allowances one = gateway("one");
        for (int i = 0; i < 4; i++) {
            ((Reserved.Held) reserve(one, limits, "ana")).reservation().settle(0, 0);
        }
        one.close();

        Allowances again = gateway("one");
        for (int i = 0; i < 6; i++) {
            ((Reserved.Held) reserve(again, limits, "ana")).reservation().settle(0, 0);
        }
        assertThat(reserve(again, limits, "ana")).isInstanceOf(Reserved.Exhausted.class);
    }

    @Test
    void anIdleGatewayKeepsNothing() {
        TenantLimits limits = budget(10L, null, null);
        Allowances one = gateway("one");
        for (int i = 0; i < 4; i++) {
            ((Reserved.Held) reserve(one, limits, "ana")).reservation().settle(0, 0);
        }

        Awaitility.await().atMost(Duration.ofSeconds(20)).until(() -> one.size() == 0);

        Allowances two = gateway("two");
        for (int i = 0; i < 6; i++) {
            ((Reserved.Held) reserve(two, limits, "ana")).reservation().settle(0, 0);
        }
        assertThat(reserve(two, limits, "ana")).isInstanceOf(Reserved.Exhausted.class);
        assertThat(reserve(one, limits, "ana")).isInstanceOf(Reserved.Exhausted.class);
    }

    @Test
    void aBudgetThatIsLoweredHoldsForWhatIsLeasedAlready() {
        TenantLimits before = budget(1_000L, null, null);
        Allowances one = gateway("one");
        Allowances two = gateway("two");
        for (int i = 0; i < 20; i++) {
            ((Reserved.Held) reserve(one, before, "ana")).reservation().settle(0, 0);
            ((Reserved.Held) reserve(two, before, "ana")).reservation().settle(0, 0);
        }
        TenantLimits after = budget(50L, null, null);

        long served = 40;
        while (reserve(one, after, "ana") instanceof Reserved.Held held) {
            held.reservation().settle(0, 0);
            served++;
        }
        while (reserve(two, after, "ana") instanceof Reserved.Held held) {
            held.reservation().settle(0, 0);
            served++;
        }

        assertThat(served).isLessThanOrEqualTo(50);
        assertThat(reserve(one, budget(60L, null, null), "ana")).isInstanceOf(Reserved.Held.class);
    }

    @Test
    void aWrongClockOfAGatewayChangesNothing() {
        TenantLimits limits = budget(10L, null, null);
        Allowances early =
                gateway(
                        "early",
                        InstantSource.offset(InstantSource.system(), Duration.ofDays(-40)));
        Allowances late =
                gateway("late", InstantSource.offset(InstantSource.system(), Duration.ofDays(40)));
        for (int i = 0; i < 5; i++) {
            ((Reserved.Held) reserve(early, limits, "ana")).reservation().settle(0, 0);
            ((Reserved.Held) reserve(late, limits, "ana")).reservation().settle(0, 0);
        }

        assertThat(reserve(early, limits, "ana")).isInstanceOf(Reserved.Exhausted.class);
        assertThat(reserve(late, limits, "ana")).isInstanceOf(Reserved.Exhausted.class);
    }

    @Test
    void manyPrincipalsOfOneTenantLeaveRoomForOthers() {
        TenantLimits limits = TenantLimits.DEFAULT;
        Allowances one = Allowances.ofOneGateway(InstantSource.system());
        gateways.add(one);
        Set<Class<?>> answers = new HashSet<>();
        for (int i = 0; i < Ledger.ACCOUNTS_MAX / 2 + 10; i++) {
            answers.add(
                    one.pace(limits, caller(ACME, "client-" + i), "1.1.1.1", "db_query")
                            .getClass());
        }

        assertThat(answers).contains(Paced.Crowded.class);
        assertThat(one.size()).isLessThanOrEqualTo(Ledger.ACCOUNTS_MAX / 2);
        assertThat(one.pace(limits, caller(new TenantId("globex"), "c"), "1.1.1.1", "db_query"))
                .isInstanceOf(Paced.Kept.class);
    }

    private static Caller caller(TenantId tenant, String client) {
        return new Caller(
                tenant,
                "ana",
                client,
                Set.of(),
                URI.create("https://issuer.example.org"),
                Instant.MAX);
    }

    @Test
    void withoutItsStoreAGatewayServesWhatItHasAndThenRefuses(@TempDir Path folder) {
        try (EmbeddedPostgres own = EmbeddedPostgres.start(folder.resolve("pg"))) {
            LimitDatabase away = LimitDatabase.on(own, LEASE);
            TenantLimits limits = budget(1_000L, null, null);
            try (Allowances one =
                    Allowances.shared(
                            away.open("one"),
                            Evidence.NONE,
                            Duration.ofSeconds(30),
                            Duration.ofSeconds(1),
                            InstantSource.system())) {
                for (int i = 0; i < 50; i++) {
                    ((Reserved.Held) reserve(one, limits, "ana")).reservation().settle(0, 0);
                }
                own.stop();

                int served = 0;
                Reserved last = reserve(one, limits, "ana");
                while (last instanceof Reserved.Held held) {
                    held.reservation().settle(0, 0);
                    served++;
                    last = reserve(one, limits, "ana");
                }

                assertThat(last).isInstanceOf(Reserved.Unknown.class);
                assertThat(served).isBetween(1, 950);
                assertThat(reserve(one, limits, "bob")).isInstanceOf(Reserved.Unknown.class);
                own.startAgain();
                Awaitility.await()
                        .atMost(Duration.ofSeconds(20))
                        .until(() -> reserve(one, limits, "ana") instanceof Reserved.Held);
            }
        }
    }
}
