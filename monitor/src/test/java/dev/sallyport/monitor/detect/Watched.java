package dev.sallyport.monitor.detect;

import dev.sallyport.schema.id.CallId;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
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

    byte[] stored() {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try {
            detector.write(state, new DataOutputStream(bytes));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return bytes.toByteArray();
    }

    S read(byte[] stored) throws IOException {
        return detector.read(new DataInputStream(new ByteArrayInputStream(stored)));
    }

    List<Finding> findings() {
        return findings;
    }
}
