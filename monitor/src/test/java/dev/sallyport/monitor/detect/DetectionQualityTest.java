package dev.sallyport.monitor.detect;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sallyport.schema.config.Settings;
import java.time.Duration;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;

/**
 * Labelled traffic: many principals that work each in its own way, some of which start to carry
 * data out. Tells how many of those are found, how soon, and how many others are blamed. The
 * traffic is invented, so the figures compare tunings with each other; they do not foretell a real
 * site's.
 */
class DetectionQualityTest {
    private static final int PRINCIPALS = 300;
    private static final Duration WORKDAY = Duration.ofHours(8);

    @Test // case H
    void mostThievesAreFoundSoonAndFewOthersBlamed() {
        Random random = new Random(7);
        Score score = new Score();
        for (int i = 0; i < PRINCIPALS; i++) {
            play(random, i % 10 == 0, score);
        }
        score.print();

        // one in 300 a workday at the most is suspended though honest
        assertThat(score.blamed).isLessThanOrEqualTo(1);
        assertThat(score.recall()).isGreaterThanOrEqualTo(0.9);
        assertThat(score.precision()).isGreaterThanOrEqualTo(0.95);
        assertThat(score.medianSecondsToDetect()).isLessThanOrEqualTo(120);
    }

    private static void play(Random random, boolean thief, Score score) {
        Watched<VolumeState> watched =
                new Watched<>(
                        new VolumeDetector(
                                Settings.load(VolumeTuning.class, "test", null, Map.of())));
        double usual = 1 + 4 * random.nextDouble();
        double spread = 0.3 + 0.7 * random.nextDouble();
        int gapMillis = 2_000 + random.nextInt(90_000);
        Duration turns = thief ? WORKDAY.multipliedBy(3).dividedBy(4) : WORKDAY.multipliedBy(2);
        Duration at = Duration.ZERO;
        while (at.compareTo(turns) < 0 && at.compareTo(WORKDAY) < 0) {
            at = at.plusMillis(1 + (long) (2 * gapMillis * random.nextDouble()));
            watched.read(
                    at, Math.max(1, Math.round(Math.exp(usual + spread * random.nextGaussian()))));
        }
        score.falseAlarm(!watched.findings().isEmpty());
        if (thief) {
            int before = watched.findings().size();
            Duration start = at;
            // a table of 100,000 rows, in pages of a size that the thief likes
            int page = 200 + random.nextInt(4_800);
            for (int row = 0; row < 100_000 && watched.findings().size() == before; row += page) {
                at = at.plusMillis(500 + random.nextInt(3_000));
                watched.read(at, page);
            }
            score.thief(watched.findings().size() > before, at.minus(start));
        }
    }

    private static final class Score {
        private final java.util.List<Long> secondsToDetect = new java.util.ArrayList<>();
        private int thieves;
        private int blamed;

        void falseAlarm(boolean happened) {
            blamed += happened ? 1 : 0;
        }

        void thief(boolean found, Duration after) {
            thieves++;
            if (found) {
                secondsToDetect.add(after.toSeconds());
            }
        }

        double recall() {
            return (double) secondsToDetect.size() / thieves;
        }

        double precision() {
            return (double) secondsToDetect.size() / (secondsToDetect.size() + blamed);
        }

        long medianSecondsToDetect() {
            return secondsToDetect.stream().sorted().toList().get(secondsToDetect.size() / 2);
        }

        void print() {
            System.out.printf(
                    Locale.ROOT,
                    "volume: %d principals for a workday, %d thieves: recall %.2f, precision %.2f, median %d s to"
                            + " detect, %d blamed wrongly%n",
                    PRINCIPALS,
                    thieves,
                    recall(),
                    precision(),
                    medianSecondsToDetect(),
                    blamed);
        }
    }
}
