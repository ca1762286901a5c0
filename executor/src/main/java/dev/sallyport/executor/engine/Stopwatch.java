package dev.sallyport.executor.engine;

import dev.sallyport.schema.event.Timings;
import java.util.EnumMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** Where the time of one call goes; used by one thread at a time. */
public final class Stopwatch {
    /** The parts of a call, in their order. */
    public enum Part {
        QUEUE,
        CONNECTION,
        EXECUTION,
        FETCH
    }

    private final Map<Part, Long> nanos = new EnumMap<>(Part.class);
    private long since = System.nanoTime();

    /** What went by since the last lap belongs to the part. */
    public void lap(Part part) {
        long now = System.nanoTime();
        nanos.merge(part, now - since, Long::sum);
        since = now;
    }

    public Timings timings() {
        return new Timings(
                micros(Part.QUEUE),
                micros(Part.CONNECTION),
                micros(Part.EXECUTION),
                micros(Part.FETCH));
    }

    private long micros(Part part) {
        return TimeUnit.NANOSECONDS.toMicros(nanos.getOrDefault(part, 0L));
    }
}
