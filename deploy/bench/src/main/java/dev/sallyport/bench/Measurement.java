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
 * @param databaseMicros the same of PostgreSQL by whom it worked for
 */
record Measurement(
        String contender,
        int connections,
        List<Sample> rounds,
        Map<String, Long> cpuMicros,
        Map<String, Long> databaseMicros) {
    static Measurement none(String contender, int connections) {
        return new Measurement(contender, connections, List.of(), Map.of(), Map.of());
    }

    Measurement with(Sample sample, Map<String, Long> cpu, Map<String, Long> database) {
        List<Sample> more = new ArrayList<>(rounds);
        more.add(sample);
        return new Measurement(
                contender,
                connections,
                List.copyOf(more),
                sum(cpuMicros, cpu),
                sum(databaseMicros, database));
    }

    private static Map<String, Long> sum(Map<String, Long> first, Map<String, Long> second) {
        Map<String, Long> sum = new TreeMap<>(first);
        second.forEach((name, micros) -> sum.merge(name, micros, Long::sum));
        return sum;
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
        return perCall(cpuMicros);
    }

    double databaseMicrosPerCall() {
        return perCall(databaseMicros);
    }

    private double perCall(Map<String, Long> micros) {
        return (double) micros.values().stream().mapToLong(Long::longValue).sum()
                / Math.max(1, calls());
    }

    static double median(List<Double> values) {
        List<Double> sorted = values.stream().sorted(Comparator.naturalOrder()).toList();
        int middle = sorted.size() / 2;
        return sorted.size() % 2 == 1
                ? sorted.get(middle)
                : (sorted.get(middle - 1) + sorted.get(middle)) / 2;
    }
}
