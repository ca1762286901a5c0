package dev.sallyport.monitor.stream;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sallyport.monitor.detect.Detector;
import dev.sallyport.monitor.detect.Observation;
import dev.sallyport.monitor.detect.RefusalBurstDetector;
import dev.sallyport.monitor.detect.RefusalBurstTuning;
import dev.sallyport.monitor.detect.Volume;
import dev.sallyport.monitor.detect.VolumeDetector;
import dev.sallyport.monitor.detect.VolumeTuning;
import dev.sallyport.schema.config.Settings;
import dev.sallyport.schema.id.CallId;
import java.io.IOException;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class PrincipalStateTest {
    private static final Detector<?> VOLUME =
            new VolumeDetector(Settings.load(VolumeTuning.class, "test", null, Map.of()));
    private static final Detector<?> BURST =
            new RefusalBurstDetector(
                    Settings.load(RefusalBurstTuning.class, "test", null, Map.of()));
    private static final List<Detector<?>> BOTH = List.of(VOLUME, BURST);
    private static final Instant AT = Instant.parse("2026-11-22T09:00:00Z");

    @Test
    void aRowGivesTheSameStateAgain() throws Exception {
        PrincipalState state = busy();

        PrincipalState again = PrincipalState.ofRow(state.toRow(), BOTH);

        assertThat(again.toRow()).isEqualTo(state.toRow());
        assertThat(again.standing()).isEqualTo(state.standing());
        assertThat(again.seenMillis()).isEqualTo(17);
        assertThat(PrincipalState.seenMillis(state.toRow())).isEqualTo(17);
    }

    @Test
    void aDetectorThatTheRowDoesNotKnowStartsAfresh() throws Exception {
        byte[] row = PrincipalState.ofRow(busy().toRow(), List.of(VOLUME)).toRow();

        PrincipalState again = PrincipalState.ofRow(row, BOTH);

        assertThat(again.watches()).hasSize(2);
        assertThat(again.standing().suspended()).isTrue();
    }

    @Test
    void aRowOfAnotherVersionIsRefused() {
        byte[] row = busy().toRow();
        row[0] = 9;

        assertThat(PrincipalState.readable(row)).isFalse();
        assertThatThrownBy(() -> PrincipalState.ofRow(row, BOTH)).isInstanceOf(IOException.class);
    }

    @Test
    void noPartOfARowIsARow() {
        byte[] row = busy().toRow();
        for (int length = 0; length < row.length; length++) {
            byte[] part = Arrays.copyOf(row, length);
            assertThatThrownBy(() -> PrincipalState.ofRow(part, BOTH))
                    .as("%d bytes of %d", length, row.length)
                    .isInstanceOfAny(IOException.class, IllegalArgumentException.class);
        }
    }

    private static PrincipalState busy() {
        PrincipalState state = PrincipalState.fresh(BOTH);
        for (Watch<?> watch : state.watches()) {
            for (int i = 0; i < 50; i++) {
                Instant at = AT.plusSeconds(7L * i);
                watch.step(
                        "ana",
                        new Observation.Returned(at, CallId.next(), new Volume(1 + i, 100L * i)));
                watch.step("ana", new Observation.Refused(at, CallId.next(), "code_" + i % 3, 2));
            }
        }
        state.stands(Standing.GOOD.withAlert("volume", AT.toEpochMilli()).withSuspension());
        state.seen(17);
        return state;
    }
}
