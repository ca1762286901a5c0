package dev.sallyport.monitor.detect;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sallyport.schema.config.Settings;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Test;

class SlowVolumeDetectorTest {
    private final Watched<SlowVolumeState> ana =
            new Watched<>(
                    new SlowVolumeDetector(
                            Settings.load(SlowVolumeTuning.class, "test", null, Map.of())));

    @Test // case H
    void anAcceptedMinuteAllDayLongIsFoundWithinTheHour() {
        Duration at = eachMinute(Duration.ZERO, Duration.ofHours(2), 2_000);

        assertThat(at).isLessThan(Duration.ofHours(1));
        assertThat(ana.findings().getFirst().reason())
                .isEqualTo(
                        "ana read 102,000 rows in 1 h; there is too little history to compare with,"
                                + " and 1 h may hold 100,000 rows until there is");
    }

    @Test // case H
    void whatANewSubjectMayReadInAMinuteItMayNotReadForLong() {
        Duration at = eachMinute(Duration.ZERO, Duration.ofHours(2), 9_999);

        assertThat(at).isLessThan(Duration.ofMinutes(15));
    }

    @Test
    void anAcceptedHourAllDayLongIsFoundWithinTheDay() {
        Duration at = eachMinute(Duration.ZERO, Duration.ofHours(24), 1_500);

        assertThat(at).isLessThan(Duration.ofHours(12));
        assertThat(ana.findings().getFirst().reason()).contains(" in 24 h; ");
        assertThat(ana.findings().getFirst().evidence()).isNotEmpty();
    }

    @Test
    void whoIsKnownIsHeldToItsOwnHours() {
        for (int hour = 0; hour < 24; hour++) {
            ana.read(Duration.ofHours(hour), 300);
        }

        Duration at = eachMinute(Duration.ofHours(30), Duration.ofHours(40), 1_000);

        assertThat(at).isLessThan(Duration.ofHours(31));
        assertThat(ana.findings().getFirst().reason())
                .contains("usual is 300 rows, and up to 20,000 rows is accepted");
    }

    @Test
    void steadyUseOfWeeksIsUsual() {
        Duration at = Duration.ZERO;
        for (int day = 0; day < 30; day++) {
            for (int minute = 0; minute < 480; minute++) {
                at = Duration.ofDays(day).plusMinutes(minute);
                ana.read(at, 1_200);
            }
        }

        assertThat(ana.findings()).isEmpty();
        assertThat(ana.stored()).hasSizeLessThan(6_000);
    }

    @Test
    void theStateSurvivesItsStore() throws Exception {
        eachMinute(Duration.ZERO, Duration.ofHours(3), 10);

        assertThat(ana.read(ana.stored())).isEqualTo(ana.state());
    }

    /** Reads each minute until something is found; answers when that was, or the end. */
    private Duration eachMinute(Duration from, Duration to, long rows) {
        Duration at = from;
        while (at.compareTo(to) < 0 && ana.findings().isEmpty()) {
            ana.read(at, rows);
            at = at.plusMinutes(1);
        }
        return at;
    }
}
