package dev.sallyport.bench;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class ReportTest {
    private static final Measurement OURS =
            Measurement.none("Sallyport", 16)
                    .with(
                            new Sample(2_000, 1, 1_000, 9_000, 0, ""),
                            Map.of("gateway", 200_000L, "executor", 100_000L),
                            Map.of(DatabaseTimes.TENANT, 34_000L, DatabaseTimes.AUDIT, 6_000L))
                    .with(
                            new Sample(4_000, 1, 3_000, 5_000, 0, ""),
                            Map.of("gateway", 200_000L, "executor", 100_000L),
                            Map.of(DatabaseTimes.TENANT, 14_000L, DatabaseTimes.AUDIT, 6_000L))
                    .with(
                            new Sample(3_000, 1, 2_000, 7_000, 0, ""),
                            Map.of("gateway", 200_000L, "executor", 100_000L),
                            Map.of(DatabaseTimes.TENANT, 24_000L, DatabaseTimes.AUDIT, 6_000L));
    private static final Measurement PEER =
            Measurement.none("Peer", 16)
                    .with(
                            new Sample(1_500, 1, 4_000, 8_000, 0, ""),
                            Map.of("server", 150_000L),
                            Map.of("load", 15_000L));

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
                new Report(
                                Map.of("machine", "two cores"),
                                Map.of(),
                                List.of(OURS, PEER),
                                null,
                                List.of(Aim.atLeast("speed", 3, 2, " x")))
                        .text();

        assertThat(text)
                .contains("two cores", "16 connections")
                .containsPattern("Sallyport +3000 +2.00 +7.00 +100 +10 +1.00")
                .containsPattern("Peer +1500 +4.00 +8.00 +100 +10 +0.50")
                .contains("executor 33, gateway 67")
                .contains("of PostgreSQL: audit service 2, tenant statements 8")
                .containsPattern("speed +3.00 x +>= 2.00 x +reached");
    }
}
