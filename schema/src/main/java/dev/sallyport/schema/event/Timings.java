package dev.sallyport.schema.event;

/** Where the time of a call went, each in microseconds. */
public record Timings(
        long queueMicros, long connectionMicros, long executionMicros, long fetchMicros) {
    public static final Timings NONE = new Timings(0, 0, 0, 0);
}
