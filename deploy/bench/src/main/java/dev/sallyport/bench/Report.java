package dev.sallyport.bench;

import dev.sallyport.schema.json.Json;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * What was measured, for people and for machines.
 *
 * @param machine what it was measured on
 * @param settings how it was measured
 */
record Report(
        Map<String, String> machine, Map<String, String> settings, List<Measurement> measurements) {
    private static final String ROW = "%-34s %10s %9s %9s %12s %12s %10s%n";

    /** The tables, one for each number of connections. Ratios are to the first contender. */
    String text() {
        var text = new StringBuilder();
        machine.forEach((key, value) -> text.append("%-10s %s%n".formatted(key, value)));
        settings.forEach((key, value) -> text.append("%-10s %s%n".formatted(key, value)));
        for (int connections :
                measurements.stream().map(Measurement::connections).distinct().sorted().toList()) {
            text.append("%n%d connection%s%n".formatted(connections, connections == 1 ? "" : "s"));
            text.append(
                    ROW.formatted(
                            "",
                            "calls/s",
                            "p50 ms",
                            "p99 ms",
                            "CPU us/call",
                            "DB us/call",
                            "calls x"));
            List<Measurement> rows =
                    measurements.stream().filter(m -> m.connections() == connections).toList();
            for (Measurement row : rows) {
                text.append(
                        ROW.formatted(
                                row.contender(),
                                number("%.0f", row.callsPerSecond()),
                                number("%.2f", row.p50Millis()),
                                number("%.2f", row.p99Millis()),
                                number("%.0f", row.cpuMicrosPerCall()),
                                number("%.0f", row.databaseMicrosPerCall()),
                                number(
                                        "%.2f",
                                        row.callsPerSecond() / rows.getFirst().callsPerSecond())));
            }
            String shares = shares(rows.getFirst());
            if (!shares.isEmpty()) {
                text.append("  CPU of ")
                        .append(rows.getFirst().contender())
                        .append(", us a call: ")
                        .append(shares)
                        .append('\n');
            }
        }
        return text.toString();
    }

    private static String shares(Measurement measurement) {
        return measurement.cpuMicros().entrySet().stream()
                .map(entry ->
                        entry.getKey()
                                + " "
                                + number(
                                        "%.0f",
                                        (double) entry.getValue()
                                                / Math.max(1, measurement.calls())))
                .collect(Collectors.joining(", "));
    }

    void writeTo(Path file) {
        try {
            Files.write(
                    file, Json.mapper().writerWithDefaultPrettyPrinter().writeValueAsBytes(this));
        } catch (IOException e) {
            throw new UncheckedIOException("the result cannot be written to " + file, e);
        }
    }

    private static String number(String format, double value) {
        return String.format(Locale.ROOT, format, value);
    }
}
