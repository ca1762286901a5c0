package dev.sallyport.bench;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class AimsTest {
    private static Measurement measured(String name, int connections, long calls, long p50Micros) {
        return Measurement.none(name, connections)
                .with(
                        new Sample(calls, 1, p50Micros, p50Micros, 0, ""),
                        Map.of("gateway", calls * 500),
                        Map.of(DatabaseTimes.TENANT, calls * 250));
    }

    @Test
    void everyAimIsAFigureOfThisRun() {
        List<Aim> aims =
                Aims.of(
                        List.of(
                                measured(Aims.QUERY, 1, 400, 2_400),
                                measured(Aims.TOOLBOX, 1, 1_900, 600),
                                measured(Aims.QUERY, 16, 1_200, 12_000),
                                measured(Aims.TOOLBOX, 16, 6_000, 2_000),
                                measured(Aims.DBHUB, 16, 1_000, 7_000),
                                measured(Aims.SEALED_READ, 16, 10_000, 1_000),
                                measured(Aims.PLAIN_READ, 16, 20_000, 500),
                                measured(Aims.SEALED_WRITE, 16, 2_000, 1_000),
                                measured(Aims.PLAIN_WRITE, 16, 8_000, 500),
                                measured(Aims.QUERY, 64, 1_600, 38_000),
                                measured(Aims.TOOLBOX, 64, 4_000, 8_000),
                                measured(Aims.DBHUB, 64, 2_000, 27_000)),
                        new ManyTenants(
                                10_000,
                                100_000,
                                60,
                                measured(Aims.QUERY, 16, 1_000, 1),
                                measured(Aims.PLAIN_READ, 16, 50_000, 1),
                                measured(Aims.QUERY, 16, 760, 1),
                                measured(Aims.PLAIN_READ, 16, 40_000, 1)));

        assertThat(aims)
                .extracting(Aim::now)
                .containsExactly(1.2, 0.8, 0.2, 0.4, 4.0, 500.0, 250.0, 0.5, 0.25, 0.95);
        assertThat(aims)
                .extracting(Aim::reached)
                .containsExactly(true, false, false, true, false, true, false, true, false, true);
    }

    @Test
    void whatWasNotMeasuredHasNoLine() {
        assertThat(Aims.of(List.of(measured(Aims.QUERY, 1, 400, 2_000)), null)).isEmpty();
    }

    @Test
    void whatIsNotANumberIsNotReached() {
        assertThat(Aim.atLeast("calls", Double.NaN, 1, "").reached()).isFalse();
        assertThat(Aim.atMost("time", Double.NaN, 1, "").reached()).isFalse();
    }

    @Test
    void startsAreSummedUpByTheirMedianAndTheTenthCall() {
        var quick = new StartCommand.Start(6, List.of(50.0, 4.0));
        var usual = new StartCommand.Start(7, List.of(20.0, 9.0));
        var slow = new StartCommand.Start(30, List.of(20.0, 90.0));

        assertThat(StartCommand.aims(Map.of("up", List.of(slow, quick, usual))))
                .extracting(Aim::now, Aim::reached)
                .containsExactly(
                        org.assertj.core.groups.Tuple.tuple(7.0, true),
                        org.assertj.core.groups.Tuple.tuple(9.0, false));
    }
}
