package dev.sallyport.monitor.stream;

import dev.sallyport.monitor.detect.Detector;
import dev.sallyport.monitor.detect.Finding;
import dev.sallyport.monitor.detect.Observation;
import java.io.DataInput;
import java.io.DataOutput;
import java.io.IOException;
import java.util.Optional;

/** One detector with what it keeps of one principal. */
final class Watch<S> {
    private final Detector<S> detector;
    private S state;

    private Watch(Detector<S> detector, S state) {
        this.detector = detector;
        this.state = state;
    }

    static <S> Watch<S> fresh(Detector<S> detector) {
        return new Watch<>(detector, detector.fresh());
    }

    static <S> Watch<S> read(Detector<S> detector, DataInput in) throws IOException {
        return new Watch<>(detector, detector.read(in));
    }

    void write(DataOutput out) throws IOException {
        detector.write(state, out);
    }

    Detector<S> detector() {
        return detector;
    }

    boolean isNewcomer() {
        return detector.isNewcomer(state);
    }

    /** What there is to say, and whether the state is another one now. */
    Step step(String subject, Observation observation) {
        Detector.Step<S> step = detector.step(subject, state, observation);
        boolean changed = !step.after().equals(state);
        state = step.after();
        return new Step(changed, step.finding());
    }

    record Step(boolean changed, Optional<Finding> finding) {}
}
