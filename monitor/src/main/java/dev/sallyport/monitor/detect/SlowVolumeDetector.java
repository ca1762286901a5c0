package dev.sallyport.monitor.detect;

import dev.sallyport.schema.event.Severity;
import java.io.DataInput;
import java.io.DataOutput;
import java.io.IOException;

/**
 * Finds a principal that carries out in an hour or in a day more than it usually does, in portions
 * that no minute makes conspicuous.
 *
 * @param hour the hour's limits and baseline
 * @param day the day's
 */
public record SlowVolumeDetector(VolumeDetector hour, VolumeDetector day)
        implements Detector<SlowVolumeState> {
    private static final String NAME = "slow_volume";

    public SlowVolumeDetector(SlowVolumeTuning tuning) {
        this(new VolumeDetector(NAME, tuning.hour(), 1), new VolumeDetector(NAME, tuning.day(), 1));
    }

    @Override
    public String name() {
        return NAME;
    }

    @Override
    public Severity severity() {
        return Severity.HIGH;
    }

    @Override
    public SlowVolumeState fresh() {
        return new SlowVolumeState(hour.fresh(), day.fresh());
    }

    /** The hour speaks first: it is over sooner. */
    @Override
    public Step<SlowVolumeState> step(
            String subject, SlowVolumeState before, Observation observation) {
        Step<VolumeState> ofHour = hour.step(subject, before.hour(), observation);
        Step<VolumeState> ofDay = day.step(subject, before.day(), observation);
        return new Step<>(
                new SlowVolumeState(ofHour.after(), ofDay.after()),
                ofHour.finding().or(ofDay::finding));
    }

    @Override
    public void write(SlowVolumeState state, DataOutput out) throws IOException {
        hour.write(state.hour(), out);
        day.write(state.day(), out);
    }

    @Override
    public SlowVolumeState read(DataInput in) throws IOException {
        return new SlowVolumeState(hour.read(in), day.read(in));
    }
}
