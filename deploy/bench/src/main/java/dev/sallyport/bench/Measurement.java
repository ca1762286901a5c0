package dev.sallyport.bench;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * All rounds of one contender with one number of connections.
 *
 * @param cpuMicros CPU time over all rounds by worker, from before each round until everything was
 *     quiet again
 * @param databaseMicros the same of PostgreSQL
 */
record Measurement(
        String contender,
        int connections,
        List<Sample> rounds,
        Map<String, Long> cpuMicros,
        long databaseMicros) {
    Measurement with(Sample sample, Map<String, Long> cpu, long database) {
        List<Sample> more = new ArrayList<>(rounds);
        more.add(sample);
        Map<String, Long> sum = new TreeMap<>(cpuMicros);
        cpu.forEach((worker, micros) -> sum.merge(worker, micros, Long::sum));
        return new Measurement(
                contender, connections, List.copyOf(more), sum, databaseMicros + database);
    }

    long calls() {
        return rounds.stream().mapToLong(Sample::calls).sum();
    }

    long wrong() {
        return rounds.stream().mapToLong(Sample::wrong).sum();
    }

    double callsPerSecond() {
        return median(rounds.stream().map(Sample::callsPerSecond).toList());
    }

    double p50Millis() {
        return median(rounds.stream().map(round -> round.p50Micros() / 1e3).toList());
    }

    double p99Millis() {
        return median(rounds.stream().map(round -> round.p99Micros() / 1e3).toList());
    }

    /** CPU of all workers together, in microseconds a call, without the database. */
    double cpuMicrosPerCall() {
        return (double) cpuMicros.values().stream().mapToLong(Long::longValue).sum()
                / Math.max(1, calls());
    }

    double databaseMicrosPerCall() {
        return (double) databaseMicros / Math.max(1, calls());
    }

    private static double median(List<Double> values) {
        List<Double> sorted = values.stream().sorted(Comparator.naturalOrder()).toList();
        int middle = sorted.size() / 2;
        return sorted.size() % 2 == 1
                ? sorted.get(middle)
                : (sorted.get(middle - 1) + sorted.get(middle)) / 2;
    }
}
