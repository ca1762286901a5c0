package dev.sallyport.schema.signal;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sallyport.schema.event.AuthenticationFailed;
import dev.sallyport.schema.id.TenantId;
import dev.sallyport.schema.signal.Folding.Due;
import dev.sallyport.schema.signal.Folding.Folded;
import dev.sallyport.schema.signal.Folding.Kind;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;

class FoldingTest {

    private static final Instant START = Instant.parse("2026-11-22T00:00:00Z");
    private static final Folded FOLDED =
            (count, first, last) ->
                    new AuthenticationFailed("token_expired", null, null, null, count, first, last);

    private final Folding folding = new Folding();

    @Test
    void theFirstOfAKindAreToldOneByOneAndTheRestTogether() {
        int singles = 0;
        for (int i = 0; i < 100; i++) {
            singles += folding.single(kind("acme", "alice"), START.plusSeconds(i), FOLDED) ? 1 : 0;
        }

        assertThat(singles).isEqualTo(Folding.SINGLES_MAX);
        assertThat(folding.end())
                .singleElement()
                .satisfies(due -> {
                    assertThat(due.count()).isEqualTo(100 - Folding.SINGLES_MAX);
                    assertThat(due.first()).isEqualTo(START.plusSeconds(Folding.SINGLES_MAX));
                    assertThat(due.last()).isEqualTo(START.plusSeconds(99));
                });
    }

    @Test
    void aNewWindowStartsAnew() {
        for (int i = 0; i < 100; i++) {
            folding.single(kind("acme", "alice"), START, FOLDED);
        }
        folding.end();

        assertThat(folding.single(kind("acme", "alice"), START, FOLDED)).isTrue();
        assertThat(folding.end()).isEmpty();
    }

    @Test
    void manyFacesOfOneTenantFillNeitherLogNorMemory() {
        int singles = 0;
        for (int i = 0; i < 100_000; i++) {
            singles += folding.single(kind("platform", "address " + i), START, FOLDED) ? 1 : 0;
        }
        List<Due> due = folding.end();

        assertThat(singles).isEqualTo(Folding.TENANT_SINGLES_MAX);
        assertThat(due.size()).isLessThanOrEqualTo(Folding.TENANT_KINDS_MAX + 1);
        assertThat(due.stream().mapToInt(Due::count).sum()).isEqualTo(100_000 - singles);
    }

    @Test
    void oneTenantsFloodTakesNothingFromAnother() {
        for (int i = 0; i < 10_000; i++) {
            folding.single(kind("acme", "subject " + i), START, FOLDED);
        }

        assertThat(folding.single(kind("globex", "bob"), START, FOLDED)).isTrue();
    }

    @Test
    void whatCouldNotBeToldGoesOnIntoTheNextWindow() {
        for (int i = 0; i < 30; i++) {
            folding.single(kind("acme", "alice"), START, FOLDED);
        }
        Due untold = folding.end().getFirst();
        for (int i = 0; i < 30; i++) {
            folding.single(kind("acme", "alice"), START.plusSeconds(60), FOLDED);
        }
        folding.keep(untold);

        assertThat(folding.end())
                .singleElement()
                .satisfies(due -> {
                    assertThat(due.count()).isEqualTo(40);
                    assertThat(due.first()).isEqualTo(START);
                    assertThat(due.last()).isEqualTo(START.plusSeconds(60));
                });
    }

    private static Kind kind(String tenant, String who) {
        return new Kind(new TenantId(tenant), "token", "token_expired", who);
    }
}
