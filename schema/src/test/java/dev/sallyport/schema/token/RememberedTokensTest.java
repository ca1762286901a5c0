package dev.sallyport.schema.token;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sallyport.schema.id.TenantId;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.time.Instant;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

// case B4
class RememberedTokensTest {
    private static final TenantId ACME = new TenantId("acme");
    private static final TenantId GLOBEX = new TenantId("globex");
    private static final Instant NOW = Instant.parse("2026-11-22T08:00:00Z");
    private static final Duration KEPT_FOR = Duration.ofSeconds(60);

    private final RememberedTokens<Integer> tokens = new RememberedTokens<>(1_000, KEPT_FOR);

    @Test
    void aTenantAloneHasAllOfTheBytesAndForgetsItsOldest() {
        for (int i = 0; i < 1_000; i++) {
            put(ACME, i, 10, NOW);
            assertThat(tokens.bytes()).isLessThanOrEqualTo(1_000);
        }
        assertThat(kept(0, 900)).isZero();
        assertThat(kept(900, 1_000)).isEqualTo(100);
    }

    @Test
    void aFloodOfOneTenantPushesOutNobodyElses() {
        for (int i = 0; i < 20; i++) {
            put(GLOBEX, i, 10, NOW);
        }
        for (int i = 100; i < 2_000; i++) {
            put(ACME, i, 10, NOW);
        }
        assertThat(kept(0, 20)).isEqualTo(20);
        assertThat(kept(100, 2_000)).isEqualTo(80);
        // and gives back what is above its share where the other one wants its own
        for (int i = 3_000; i < 3_030; i++) {
            put(GLOBEX, i, 10, NOW);
        }
        assertThat(kept(0, 20) + kept(3_000, 3_030)).isEqualTo(50);
        assertThat(kept(100, 2_000)).isEqualTo(50);
    }

    @Test
    void ofManyTenantsEachHasItsShare() {
        for (int tenant = 0; tenant < 40; tenant++) {
            for (int i = 0; i < 100; i++) {
                put(new TenantId("tenant-" + tenant), tenant * 100 + i, 1, NOW);
            }
        }
        assertThat(tokens.bytes()).isEqualTo(1_000);
        for (int tenant = 0; tenant < 40; tenant++) {
            assertThat(kept(tenant * 100, tenant * 100 + 100)).isBetween(24L, 26L);
        }
    }

    @Test
    void whatIsOverIsForgottenAndItsBytesAreFree() {
        put(ACME, 1, 400, NOW);
        assertThat(kept(1, 2, NOW.plus(KEPT_FOR).minusMillis(1))).isEqualTo(1);
        assertThat(kept(1, 2, NOW.plus(KEPT_FOR))).isZero();
        // a clock that is set back keeps nothing for longer
        assertThat(kept(1, 2, NOW.minusSeconds(1))).isZero();

        put(GLOBEX, 2, 450, NOW.plus(KEPT_FOR));
        assertThat(tokens.bytes()).isEqualTo(450);
        assertThat(tokens.tenants()).isEqualTo(1);
    }

    @Test
    void whatIsPutAgainCountsOnce() {
        for (int i = 0; i < 100; i++) {
            put(ACME, 1, 300, NOW.plusSeconds(i));
            put(GLOBEX, 2, 100, NOW.plusSeconds(i));
            put(GLOBEX, 1, 200, NOW.plusSeconds(i));
        }
        assertThat(tokens.bytes()).isEqualTo(300);
        assertThat(tokens.tenants()).isEqualTo(1);
        assertThat(tokens.get(digest(1), NOW.plusSeconds(100))).contains(1);
    }

    @Test
    void whatIsLargerThanAllOfItIsNotRemembered() {
        put(GLOBEX, 1, 100, NOW);
        put(ACME, 2, 1_001, NOW);
        assertThat(kept(1, 3)).isEqualTo(1);
        assertThat(tokens.bytes()).isEqualTo(100);
    }

    private void put(TenantId tenant, int number, int bytes, Instant now) {
        tokens.put(digest(number), tenant, number, bytes, now);
    }

    private long kept(int from, int to) {
        return kept(from, to, NOW);
    }

    private long kept(int from, int to, Instant now) {
        return IntStream.range(from, to)
                .filter(number -> tokens.get(digest(number), now).isPresent())
                .count();
    }

    private static ByteBuffer digest(int number) {
        return ByteBuffer.allocate(4).putInt(0, number);
    }
}
