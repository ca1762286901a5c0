package dev.sallyport.gateway.admission;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sallyport.schema.id.CellId;
import dev.sallyport.schema.id.TenantId;
import dev.sallyport.schema.token.Caller;
import java.net.URI;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

class AdmissionTest {

    private static final int MIB = 1 << 20;
    private final Admission admission = new Admission(100, 64 * MIB);

    @Test
    void aPlaceThatWasLeftHoldsNothing() {
        for (int i = 0; i < 1_000; i++) {
            try (Place place = place(caller("acme", "alice"), 60_000)) {
                place.bodyCame(100);
                assertThat(place.waitsFor(new CellId("cell-1"))).isTrue();
                assertThat(place.hasRoomFor(MIB)).isTrue();
            }
        }

        assertThat(admission.places.taken()).isZero();
        assertThat(admission.memory.taken()).isZero();
        assertThat(admission.waiting.taken()).isZero();
        assertThat(admission.places.holders()).isZero();
        assertThat(admission.memory.holders()).isZero();
    }

    @Test
    void whoHasNoPlaceIsHeardWithinItsShare() {
        Caller alice = caller("acme", "alice");
        List<Hearing> held = new ArrayList<>();
        for (var next = admission.hear(alice); next.isPresent(); next = admission.hear(alice)) {
            held.add(next.get());
        }

        assertThat(held).hasSizeBetween(3, 5);
        assertThat(admission.hear(caller("acme", "bob"))).isPresent();
        assertThat(admission.hear(caller("globex", "carol"))).isPresent();
        held.forEach(Hearing::close);
        held.forEach(Hearing::close);
        assertThat(admission.hearings.taken()).isEqualTo(2);
        assertThat(admission.hear(alice)).isPresent();
    }

    @Test
    void leavingTwiceGivesBackOnce() {
        Place kept = place(caller("globex", "carol"), 1_000);
        Place place = place(caller("acme", "alice"), 1_000);
        place.close();
        place.close();

        assertThat(admission.places.taken()).isEqualTo(1);
        assertThat(place.hasRoomFor(MIB)).isFalse();
        kept.close();
        assertThat(admission.memory.taken()).isZero();
    }

    @Test
    void aTenantsMemoryIsBoundedWhateverItHoldsItFor() {
        List<Place> held = new ArrayList<>();
        Caller alice = caller("acme", "alice");
        while (admission.enter(alice, 60_000) instanceof Place place) {
            held.add(place);
        }

        assertThat(held).hasSizeBetween(8, 16);
        assertThat(held.getFirst().hasRoomFor(MIB * 4)).isFalse();
        assertThat(held.getFirst().hasRoomFor(1_000)).isTrue();
        Place other = place(caller("globex", "carol"), 60_000);
        assertThat(other.hasRoomFor(MIB)).isTrue();
    }

    @Test
    void manyTenantsOfOneCellLeaveRoomForOtherCells() {
        var dead = new CellId("dead");
        int waiting = 0;
        for (int tenant = 0; tenant < 20; tenant++) {
            for (int i = 0; i < 20; i++) {
                if (admission.enter(caller("tenant-" + tenant, "x"), 100) instanceof Place place) {
                    if (place.waitsFor(dead)) {
                        waiting++;
                    } else {
                        place.close();
                    }
                }
            }
        }

        assertThat(waiting).isEqualTo(50);
        assertThat(place(caller("globex", "carol"), 100).waitsFor(new CellId("alive"))).isTrue();
    }

    private Place place(Caller caller, int bodyBytes) {
        return (Place) admission.enter(caller, bodyBytes);
    }

    private static Caller caller(String tenant, String subject) {
        return new Caller(
                new TenantId(tenant),
                subject,
                "agent",
                Set.of(),
                URI.create("https://issuer.example.org"),
                Instant.MAX);
    }
}
