package dev.sallyport.executor.intake;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import java.util.Random;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.RepetitionInfo;
import org.junit.jupiter.api.Test;

final class OffsetsTest {
    private final Offsets offsets = new Offsets();

    @Test
    void nothingIsCommittedBeforeAnythingCame() {
        assertThat(offsets.toCommit()).isEmpty();
    }

    @Test
    void offsetsMoveOnlyAfterTheOldestCallSettled() {
        offsets.opened(5);
        offsets.opened(6);
        offsets.opened(9);

        offsets.settled(9);
        offsets.settled(6);
        assertThat(offsets.toCommit()).hasValue(5);

        offsets.settled(5);
        assertThat(offsets.toCommit()).hasValue(10);
    }

    @Test
    void whatWasCommittedIsNotCommittedAgain() {
        offsets.opened(5);
        offsets.committed(5);

        assertThat(offsets.toCommit()).isEmpty();
    }

    @Test
    void anOffsetThatIsNotUnderWayCannotSettle() {
        offsets.opened(5);
        offsets.settled(5);

        assertThatThrownBy(() -> offsets.settled(5)).hasMessageContaining("offset 5");
        assertThatThrownBy(() -> offsets.opened(4)).hasMessageContaining("4 came after 5");
    }

    /**
     * In whatever order calls come and settle: all below the commit settled, and none is held back.
     */
    @RepeatedTest(200)
    void theCommitIsTheOldestUnsettledInAnyOrder(RepetitionInfo repetition) {
        Random random = new Random(repetition.getCurrentRepetition());
        List<Long> underWay = new ArrayList<>();
        long next = random.nextInt(1_000);
        long committed = -1;
        for (int step = 0; step < 300; step++) {
            if (underWay.isEmpty() || random.nextInt(100) < 55) {
                next += random.nextInt(3);
                offsets.opened(next);
                underWay.add(next);
                next++;
            } else {
                offsets.settled(underWay.remove(random.nextInt(underWay.size())));
            }
            long expected = underWay.stream().mapToLong(Long::longValue).min().orElse(next);
            OptionalLong toCommit = offsets.toCommit();
            assertThat(toCommit)
                    .isEqualTo(
                            expected == committed
                                    ? OptionalLong.empty()
                                    : OptionalLong.of(expected));
            assertThat(offsets.unsettled()).isEqualTo(underWay.size());
            if (toCommit.isPresent() && random.nextBoolean()) {
                assertThat(toCommit.getAsLong()).isGreaterThan(committed);
                committed = toCommit.getAsLong();
                offsets.committed(committed);
            }
        }
    }
}
