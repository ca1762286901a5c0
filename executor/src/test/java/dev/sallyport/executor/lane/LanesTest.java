package dev.sallyport.executor.lane;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.sallyport.schema.id.TenantId;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

final class LanesTest {
    private static final TenantId ACME = new TenantId("acme");
    private static final TenantId GLOBEX = new TenantId("globex");

    private final Lanes lanes = new Lanes(2, 3);
    private final CountDownLatch gate = new CountDownLatch(1);
    private final AtomicInteger running = new AtomicInteger();
    private final AtomicInteger most = new AtomicInteger();
    private final List<Integer> done = new CopyOnWriteArrayList<>();

    private Runnable call(int number) {
        return () -> {
            most.accumulateAndGet(running.incrementAndGet(), Math::max);
            try {
                gate.await();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
            running.decrementAndGet();
            done.add(number);
        };
    }

    @Test
    void aFullLaneTurnsCallsAway() {
        for (int i = 0; i < 5; i++) {
            assertThat(lanes.enter(ACME, call(i))).isTrue();
        }
        assertThat(lanes.enter(ACME, call(5))).isFalse();
        assertThat(lanes.enter(GLOBEX, call(6))).isTrue();

        gate.countDown();

        await().until(() -> done.size() == 6);
        await().until(() -> lanes.tenants() == 0);
        assertThat(most.get()).isLessThanOrEqualTo(3);
        assertThat(lanes.enter(ACME, call(7))).isTrue();
    }

    @Test
    void noMoreThanTheLimitRunAtOnce() {
        Lanes narrow = new Lanes(2, 100);
        for (int i = 0; i < 50; i++) {
            assertThat(narrow.enter(ACME, call(i))).isTrue();
        }
        await().until(() -> running.get() == 2);
        gate.countDown();

        await().until(() -> done.size() == 50);
        assertThat(most.get()).isEqualTo(2);
    }

    @Test
    void aCallThatThrowsLeavesItsPlace() {
        Lanes narrow = new Lanes(1, 1);
        Thread.UncaughtExceptionHandler before = Thread.getDefaultUncaughtExceptionHandler();
        Thread.setDefaultUncaughtExceptionHandler((_, _) -> {});
        try {
            narrow.enter(
                    ACME,
                    () -> {
                        throw new IllegalStateException("as a test asks");
                    });
            gate.countDown();
            await().dontCatchUncaughtExceptions().until(() -> narrow.enter(ACME, call(1)));
            await().dontCatchUncaughtExceptions().until(() -> done.contains(1));
        } finally {
            Thread.setDefaultUncaughtExceptionHandler(before);
        }
    }
}
