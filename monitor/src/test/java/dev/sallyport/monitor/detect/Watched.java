package dev.sallyport.monitor.detect;

import dev.sallyport.schema.id.CallId;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;

/** One principal under one detector: feeds observations and keeps what was found. */
final class Watched<S> {
    static final Instant START = Instant.parse("2026-11-22T09:00:00Z");

    private final Detector<S> detector;
    private S state;
    private final List<Finding> findings = new ArrayList<>();

    Watched(Detector<S> detector) {
        this.detector = detector;
        this.state = detector.fresh();
    }

    CallId read(Duration after, long rows) {
        return read(after, rows, rows * 100);
    }

    CallId read(Duration after, long rows, long bytes) {
        CallId call = CallId.next();
        observe(new Observation.Returned(START.plus(after), call, new Volume(rows, bytes)));
        return call;
    }

    CallId refused(Duration after, String code, long count) {
        CallId call = CallId.next();
        observe(new Observation.Refused(START.plus(after), call, code, count));
        return call;
    }

    void observe(Observation observation) {
        Detector.Step<S> step = detector.step("ana", state, observation);
        state = step.after();
        step.finding().ifPresent(findings::add);
    }

    S state() {
        return state;
    }

    List<Finding> findings() {
        return findings;
    }
}
