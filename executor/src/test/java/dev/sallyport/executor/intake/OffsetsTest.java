package dev.sallyport.executor.intake;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.RepetitionInfo;
import org.junit.jupiter.api.Test;

final class OffsetsTest {
    private final Offsets offsets = new Offsets(Progress.NONE);

    private static OptionalLong offset(Offsets offsets) {
        return offsets.toCommit()
                .map(mark -> OptionalLong.of(mark.offset()))
                .orElseGet(OptionalLong::empty);
    }

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
        assertThat(offset(offsets)).hasValue(5);

        offsets.settled(5);
        assertThat(offset(offsets)).hasValue(10);
    }

    @Test
    void whatWasCommittedIsNotCommittedAgain() {
        offsets.opened(5);
        offsets.committed(offsets.toCommit().orElseThrow());

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
     * In whatever order calls come, are decided and settle: all below the commit settled, none is
     * held back, and the next owner knows of each call above it what became of it.
     */
    @RepeatedTest(200)
    void theCommitIsTheOldestUnsettledAndTellsOfTheOthers(RepetitionInfo repetition) {
        Random random = new Random(repetition.getCurrentRepetition());
        List<Long> underWay = new ArrayList<>();
        Set<Long> decided = new HashSet<>();
        long first = random.nextInt(1_000);
        long next = first;
        for (int step = 0; step < 300; step++) {
            int doing = random.nextInt(100);
            if (underWay.isEmpty() || doing < 50) {
                next += random.nextInt(3);
                offsets.opened(next);
                underWay.add(next);
                next++;
            } else if (doing < 60) {
                long chosen = underWay.get(random.nextInt(underWay.size()));
                offsets.decided(chosen);
                decided.add(chosen);
            } else {
                offsets.settled(underWay.remove(random.nextInt(underWay.size())));
            }
            assertThat(offsets.unsettled()).isEqualTo(underWay.size());
            Optional<Offsets.Mark> mark = offsets.toCommit();
            if (mark.isPresent()) {
                long oldest = underWay.stream().mapToLong(Long::longValue).min().orElse(next);
                assertThat(mark.get().offset()).isEqualTo(oldest);
                assertThat(readBy(mark.get(), next))
                        .isEqualTo(expected(underWay, decided, oldest, next));
                offsets.committed(mark.get());
            }
        }
    }

    private static List<String> expected(
            List<Long> underWay, Set<Long> decided, long oldest, long next) {
        List<String> states = new ArrayList<>();
        for (long offset = oldest; offset < next + 2; offset++) {
            states.add(
                    offset >= next
                            ? "open"
                            : !underWay.contains(offset)
                                    ? "settled"
                                    : decided.contains(offset) ? "decided" : "open");
        }
        return states;
    }

    /** What the next owner makes of it. */
    private static List<String> readBy(Offsets.Mark mark, long next) {
        Progress progress = Progress.parse(mark.offset(), mark.metadata());
        List<String> states = new ArrayList<>();
        for (long offset = mark.offset(); offset < next + 2; offset++) {
            states.add(progress.of(offset).name().toLowerCase(Locale.ROOT));
        }
        return states;
    }

    @Test
    void whatTheOwnerBeforeNotedIsKnownAndHandedOn() {
        Offsets second = new Offsets(Progress.parse(100, "1o1s3d1o1d1"));
        second.cameAt(108);

        assertThat(second.opened(100)).hasValue(Past.MAY_HAVE_RUN);
        assertThat(second.opened(101)).isEmpty();
        // what was not delivered again yet is told to a third owner as it was to the second
        assertThat(second.toCommit()).hasValue(new Offsets.Mark(100, "1o1s3d1o1d1"));
        assertThat(second.opened(104)).hasValue(Past.MAY_HAVE_BEEN_TOLD);
        assertThat(second.opened(105)).hasValue(Past.MAY_HAVE_RUN);
        assertThat(second.opened(106)).hasValue(Past.MAY_HAVE_BEEN_TOLD);
        assertThat(second.opened(107)).hasValue(Past.MAY_HAVE_RUN);
        assertThat(second.opened(108)).hasValue(Past.NONE);
        second.settled(100);
        assertThat(second.toCommit()).hasValue(new Offsets.Mark(104, "1d1o1d1"));
    }

    @Test
    void ofAnOwnerThatNotedNothingAnythingMayHaveBeenToldUpToTheEndOfTheLog() {
        Offsets second = new Offsets(Progress.parse(100, ""));
        assertThat(second.opened(100)).hasValue(Past.MAY_HAVE_BEEN_TOLD);
        assertThat(second.mark()).isEqualTo(new Offsets.Mark(100, "1d*"));
        second.cameAt(102);

        assertThat(second.mark()).isEqualTo(new Offsets.Mark(100, "1d2"));
        assertThat(second.opened(101)).hasValue(Past.MAY_HAVE_BEEN_TOLD);
        assertThat(second.opened(102)).hasValue(Past.NONE);
    }

    @Test
    void whatStandsWhereTheLogWasCutOffIsNotTakenForSettled() {
        Offsets second = new Offsets(Progress.parse(100, "1o1s9"));
        second.cameAt(105);

        assertThat(second.opened(100)).hasValue(Past.MAY_HAVE_RUN);
        assertThat(second.opened(104)).isEmpty();
        assertThat(second.opened(105)).hasValue(Past.NONE);
    }

    @Test
    void whatIsTooLongToBeNotedIsNotedAsDecided() {
        for (long offset = 0; offset < 4_000; offset++) {
            offsets.opened(offset);
            if (offset % 2 == 1) {
                offsets.settled(offset);
            }
        }

        assertThat(offsets.toCommit()).hasValue(new Offsets.Mark(0, "1d4000"));
    }

    @Test
    void theLongestMetadataAreRead() {
        String longest = "1" + "o1d1s1d1".repeat(511);
        assertThat(longest.length()).isBetween(Progress.CHARS_MAX - 10, Progress.CHARS_MAX);

        Progress read = Progress.parse(100, longest);

        assertThat(read.of(100)).isEqualTo(Progress.State.OPEN);
        assertThat(read.of(101)).isEqualTo(Progress.State.DECIDED);
        assertThat(read.text(100)).isEqualTo(longest);
    }

    @Test
    void metadataOfAnotherFormTellNothing() {
        for (String other :
                List.of(
                        "",
                        "2o1",
                        "1x3",
                        "1o",
                        "1o99999999999999999999",
                        "1o999999999999999999" + "d999999999999999999".repeat(9),
                        "1o*s1",
                        "1s2 d1",
                        "1d*\n",
                        " 1o1")) {
            assertThat(Progress.parse(5, other)).as(other).isSameAs(Progress.UNKNOWN);
        }
        assertThat(Progress.parse(5, null)).isSameAs(Progress.UNKNOWN);
    }
}
