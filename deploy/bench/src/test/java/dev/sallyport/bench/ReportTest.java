package dev.sallyport.bench;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class ReportTest {
    private static final Measurement OURS =
            new Measurement("Sallyport", 16, List.of(), Map.of(), 0)
                    .with(
                            new Sample(2_000, 1, 1_000, 9_000, 0, ""),
                            Map.of("gateway", 200_000L, "executor", 100_000L),
                            40_000)
                    .with(
                            new Sample(4_000, 1, 3_000, 5_000, 0, ""),
                            Map.of("gateway", 200_000L, "executor", 100_000L),
                            20_000)
                    .with(
                            new Sample(3_000, 1, 2_000, 7_000, 0, ""),
                            Map.of("gateway", 200_000L, "executor", 100_000L),
                            30_000);
    private static final Measurement PEER =
            new Measurement("Peer", 16, List.of(), Map.of(), 0)
                    .with(
                            new Sample(1_500, 1, 4_000, 8_000, 0, ""),
                            Map.of("server", 150_000L),
                            15_000);

    @Test
    void roundsAreSummedUpByTheirMedian() {
        assertThat(OURS.callsPerSecond()).isEqualTo(3_000);
        assertThat(OURS.p50Millis()).isEqualTo(2);
        assertThat(OURS.p99Millis()).isEqualTo(7);
    }

    @Test
    void cpuIsCountedACallOverAllWorkersAndRounds() {
        assertThat(OURS.cpuMicrosPerCall()).isEqualTo(100);
        assertThat(OURS.databaseMicrosPerCall()).isEqualTo(10);
    }

    @Test
    void theTableHoldsEachContenderWithItsRatioToTheFirst() {
        String text =
                new Report(Map.of("machine", "two cores"), Map.of(), List.of(OURS, PEER)).text();

        assertThat(text)
                .contains("two cores", "16 connections")
                .containsPattern("Sallyport +3000 +2.00 +7.00 +100 +10 +1.00")
                .containsPattern("Peer +1500 +4.00 +8.00 +100 +10 +0.50")
                .contains("executor 33, gateway 67");
    }
}
