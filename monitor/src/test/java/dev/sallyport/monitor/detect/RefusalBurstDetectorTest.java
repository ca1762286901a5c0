package dev.sallyport.monitor.detect;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sallyport.schema.config.Settings;
import dev.sallyport.schema.id.CallId;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class RefusalBurstDetectorTest {
    private final Watched<RefusalBurstState> ana =
            new Watched<>(
                    new RefusalBurstDetector(
                            Settings.load(RefusalBurstTuning.class, "test", null, Map.of())));

    @Test
    void moreRefusalsThanMistakesExplainAreFound() {
        for (int i = 0; i < 20; i++) {
            ana.refused(
                    Duration.ofSeconds(i), i % 4 == 0 ? "scope_missing" : "statement_refused", 1);
        }
        assertThat(ana.findings()).isEmpty();

        ana.refused(Duration.ofSeconds(20), "statement_refused", 1);

        assertThat(ana.findings())
                .singleElement()
                .satisfies(finding -> {
                    assertThat(finding.reason())
                            .isEqualTo(
                                    "ana was refused 21 times in 60 s (statement_refused 16,"
                                            + " scope_missing 5); up to 20 is accepted");
                    assertThat(finding.observed()).isEqualTo(21);
                    assertThat(finding.expected()).isEqualTo(20);
                });
    }

    @Test
    void aFoldedRefusalCountsAsManyTimesAsItSays() {
        CallId first = ana.refused(Duration.ZERO, "statement_refused", 500);

        assertThat(ana.findings())
                .singleElement()
                .satisfies(finding -> assertThat(finding.evidence()).containsExactly(first));
    }

    @Test
    void refusalsSpreadOverTimeAreNotFound() {
        for (int i = 0; i < 200; i++) {
            ana.refused(Duration.ofSeconds(4L * i), "statement_refused", 1);
        }

        assertThat(ana.findings()).isEmpty();
        assertThat(ana.state().slots()).hasSizeLessThan(50);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "rate_limited",
                "principal_suspended",
                "tenant_busy",
                "cell_unavailable",
                "limits_unavailable",
                "budget_exhausted",
                "budget_in_use",
                "data_key_missing"
            })
    void whoIsMerelyTooFastOrSuspendedOrCannotBeServedIsNotProbing(String code) {
        ana.refused(Duration.ZERO, code, 100_000);

        assertThat(ana.findings()).isEmpty();
    }

    @Test
    void lateRefusalsAreJudgedByTheirOwnTime() {
        ana.refused(Duration.ofSeconds(100), "statement_refused", 1);
        ana.refused(Duration.ofSeconds(50), "statement_refused", 11);
        ana.refused(Duration.ofSeconds(70), "statement_refused", 10);

        assertThat(ana.findings().getLast().observed()).isEqualTo(22);

        int found = ana.findings().size();
        ana.refused(Duration.ofSeconds(-1_000), "statement_refused", 1_000);
        assertThat(ana.findings()).hasSize(found);
    }

    @Test
    void inventedCodesDoNotFillTheState() {
        for (int i = 0; i < 1_000; i++) {
            ana.refused(Duration.ZERO, "code_" + i, 1);
        }

        assertThat(ana.state().slots())
                .singleElement()
                .satisfies(
                        slot -> assertThat(slot.byCode()).hasSize(9).containsEntry("other", 992L));
    }

    @Test
    void theStateSurvivesItsStore() throws Exception {
        ana.refused(Duration.ZERO, "statement_refused", 3);

        assertThat(ana.read(ana.stored())).isEqualTo(ana.state());
    }
}
