package dev.sallyport.bench;

/**
 * What one round gave.
 *
 * @param calls right answers
 * @param seconds how long the round took
 * @param wrong answers that were wrong, late or missing
 * @param example one of them; empty where there is none
 */
record Sample(
        long calls, double seconds, long p50Micros, long p99Micros, long wrong, String example) {
    double callsPerSecond() {
        return calls / seconds;
    }
}
