package dev.sallyport.monitor.detect;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sallyport.schema.config.Settings;
import dev.sallyport.schema.id.CallId;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class VolumeDetectorTest {
    private static final Duration MINUTE = Duration.ofMinutes(1);

    private final Watched<VolumeState> ana =
            new Watched<>(
                    new VolumeDetector(Settings.load(VolumeTuning.class, "test", null, Map.of())));

    @Test
    void aCallFarAboveTheOwnCallsIsFound() {
        steadyMinutes(0, 30, 12);

        CallId bulk = ana.read(MINUTE.multipliedBy(30), 4_812);

        assertThat(ana.findings())
                .singleElement()
                .satisfies(finding -> {
                    assertThat(finding.reason())
                            .isEqualTo(
                                    "ana read 4,812 rows in one call; usual is 12 rows, and up to"
                                            + " 1,000 rows is accepted");
                    assertThat(finding.evidence()).containsExactly(bulk);
                    assertThat(finding.observed()).isEqualTo(4_812);
                    assertThat(finding.expected()).isEqualTo(12);
                });
    }

    @Test
    void manyCallsThatAreEachUsualAreFoundByTheirSum() {
        steadyMinutes(0, 30, 12);

        for (int i = 0; i < 40; i++) {
            ana.read(MINUTE.multipliedBy(40).plusSeconds(i), 90);
        }

        assertThat(ana.findings()).isNotEmpty();
        Finding first = ana.findings().getFirst();
        assertThat(first.reason())
                .isEqualTo(
                        "ana read 2,070 rows in 60 s; usual is 12 rows, and up to 2,000 rows is accepted");
        assertThat(first.evidence()).hasSize(Finding.EVIDENCE_MAX);
        assertThat(Duration.between(first.from(), first.to())).isEqualTo(MINUTE);
    }

    @Test
    void bytesAloneAreEnough() {
        for (int minute = 0; minute < 20; minute++) {
            ana.read(MINUTE.multipliedBy(minute), 10, 2_000);
        }

        ana.read(MINUTE.multipliedBy(20), 10, 3_000_000);

        assertThat(ana.findings())
                .singleElement()
                .satisfies(finding ->
                        assertThat(finding.reason())
                                .isEqualTo(
                                        "ana read 3,000 kB in one call; usual is 2,000 bytes, and"
                                                + " up to 1,000 kB is accepted"));
    }

    @Test
    void steadyUseIsNotFoundHoweverMuchItIs() {
        steadyMinutes(0, 200, 4_500);

        assertThat(ana.findings()).isEmpty();
    }

    @Test
    void whatIsBelowTheFloorIsNotFoundHoweverUnusual() {
        steadyMinutes(0, 30, 1);

        ana.read(MINUTE.multipliedBy(30), 1_000, 1_000_000);

        assertThat(ana.findings()).isEmpty();
    }

    @Test // case H
    void aNewcomerIsHeldToTheNewcomersLimitOnly() {
        ana.read(Duration.ZERO, 5_000);
        assertThat(ana.findings()).isEmpty();

        ana.read(Duration.ofMinutes(2), 5_001);

        assertThat(ana.findings())
                .singleElement()
                .satisfies(finding ->
                        assertThat(finding.reason())
                                .isEqualTo(
                                        "ana read 5,001 rows in one call; there is too little"
                                                + " history to compare with, and one call may hold"
                                                + " 5,000 rows until there is"));
    }

    @Test // case H
    void whatWasFoundIsNotLearnt() {
        steadyMinutes(0, 30, 12);
        for (int minute = 30; minute < 60; minute++) {
            ana.read(MINUTE.multipliedBy(minute), 5_000);
        }
        ana.read(MINUTE.multipliedBy(70), 12);

        assertThat(ana.findings()).hasSize(30);
        assertThat(ana.state().windows().rows().usual()).isEqualTo(12);
        assertThat(ana.state().calls().rows().usual()).isEqualTo(12);
    }

    @Test // case H
    void aBaselineIsNotTaughtHigherInAHurry() {
        steadyMinutes(0, 30, 100);

        // each minute asks for just below what is accepted
        for (int minute = 30; minute < 90; minute++) {
            ana.read(MINUTE.multipliedBy(minute), 700);
        }
        ana.read(MINUTE.multipliedBy(100), 1);

        assertThat(ana.findings()).isEmpty();
        assertThat(ana.state().windows().rows().usual()).isBetween(150L, 701L);
        steadyMinutes(100, 105, 100);
        ana.read(MINUTE.multipliedBy(110), 60_000);
        assertThat(ana.findings()).hasSize(1);
    }

    @Test
    void aQuietHourTeachesNothing() {
        steadyMinutes(0, 30, 3_000);
        ana.read(MINUTE.multipliedBy(600), 3_000);

        assertThat(ana.state().windows().rows().usual()).isEqualTo(3_000);
        assertThat(ana.findings()).isEmpty();
    }

    @Test
    void callsThatReturnNothingAreNoUse() {
        for (int minute = 0; minute < 30; minute++) {
            ana.read(MINUTE.multipliedBy(minute), 0, 2);
        }

        assertThat(ana.state()).isEqualTo(VolumeState.FRESH);
    }

    @Test
    void anEventTooLateForItsWindowStillSpeaksForItself() {
        steadyMinutes(0, 30, 12);

        ana.read(Duration.ofMinutes(5), 4_812);

        assertThat(ana.findings()).hasSize(1);
    }

    @ParameterizedTest
    @MethodSource("seeds")
    void theOrderOfArrivalDoesNotDecide(long seed) {
        Random random = new Random(seed);
        List<Observation> burst =
                new ArrayList<>(
                        IntStream.range(0, 60)
                                .mapToObj(i ->
                                        (Observation)
                                                new Observation.Returned(
                                                        Watched.START
                                                                .plus(MINUTE.multipliedBy(40))
                                                                .plusMillis(i * 450L),
                                                        CallId.next(),
                                                        new Volume(random.nextInt(50, 120), 1_000)))
                                .toList());
        Collections.shuffle(burst, random);
        steadyMinutes(0, 30, 12);

        burst.forEach(ana::observe);

        long sum =
                burst.stream()
                        .mapToLong(each -> ((Observation.Returned) each).volume().rows())
                        .sum();
        assertThat(ana.findings().getLast().observed()).isEqualTo(sum);
    }

    @ParameterizedTest
    @MethodSource("seeds")
    void variedButUsualWorkIsNotFoundAndItsStateStaysSmall(long seed) {
        Random random = new Random(seed);
        Duration at = Duration.ZERO;
        for (int call = 0; call < 3_000; call++) {
            at = at.plusMillis(random.nextInt(1, 20_000));
            long rows =
                    Math.max(1, Math.round(Math.exp(3 + Math.clamp(random.nextGaussian(), -3, 3))));
            ana.read(at, rows);
            assertThat(ana.state().slots()).hasSizeLessThan(50);
        }

        assertThat(ana.findings()).isEmpty();
        assertThat(ana.stored()).hasSizeLessThan(8_000);
    }

    @Test
    void theStateSurvivesItsStore() throws Exception {
        steadyMinutes(0, 3, 12);

        assertThat(ana.read(ana.stored())).isEqualTo(ana.state());
    }

    @Test
    void amountsBeyondCountingDoNotTurnNegative() {
        ana.read(Duration.ZERO, Long.MAX_VALUE, 1);
        ana.read(Duration.ZERO, Long.MAX_VALUE, 1);

        assertThat(ana.findings()).hasSize(2);
        assertThat(ana.findings().getLast().observed()).isEqualTo(Long.MAX_VALUE);
    }

    @Test
    void aTuningThatMakesNoSenseIsRefused() {
        assertThatThrownBy(() ->
                        Settings.load(
                                VolumeTuning.class,
                                "test",
                                null,
                                Map.of("SALLYPORT_TEST_CALL_ROWS_FLOOR", "5001")))
                .hasMessageContaining("callRowsNewcomer not below it: 5001 and 5000");
        assertThatThrownBy(() -> new BaselineTuning(0, 5, 0.4, 8, 3))
                .hasMessageContaining("weight");
    }

    static LongStream seeds() {
        return LongStream.rangeClosed(1, 20);
    }

    private void steadyMinutes(int from, int to, long rows) {
        for (int minute = from; minute < to; minute++) {
            ana.read(MINUTE.multipliedBy(minute), rows);
        }
    }
}
