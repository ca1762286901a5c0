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
import org.jspecify.annotations.Nullable;

/**
 * What was measured, for people and for machines.
 *
 * @param machine what it was measured on
 * @param settings how it was measured
 * @param manyTenants null where that was left out
 */
record Report(
        Map<String, String> machine,
        Map<String, String> settings,
        List<Measurement> measurements,
        @Nullable ManyTenants manyTenants,
        List<Aim> aims) {
    private static final String ROW = "%-36s %10s %9s %9s %12s %12s %10s%n";

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
            for (Measurement row : rows) {
                // one worker's share is in the table
                if (row.cpuMicros().size() > 1) {
                    text.append(
                            "  CPU of %s, us a call: %s%n"
                                    .formatted(row.contender(), shares(row, row.cpuMicros())));
                    text.append(
                            "    of PostgreSQL: %s%n".formatted(shares(row, row.databaseMicros())));
                }
            }
        }
        if (manyTenants != null) {
            text.append(tenants(manyTenants));
        }
        if (!aims.isEmpty()) {
            text.append('\n').append(Aim.table(aims));
        }
        return text.toString();
    }

    private static String tenants(ManyTenants measured) {
        return """

        many tenants, %d connections, calls/s
        %-36s %10s %10s %10s
        %-36s %10.0f %10.0f %10.2f
        %-36s %10.0f %10.0f %10.2f
          registered in %.0f s; with the machine's drift divided out: %.2f
        """
                .formatted(
                        measured.few().connections(),
                        "",
                        "2",
                        measured.tenants(),
                        "ratio",
                        measured.few().contender(),
                        measured.few().callsPerSecond(),
                        measured.many().callsPerSecond(),
                        measured.plainRatio(),
                        measured.fewPlain().contender(),
                        measured.fewPlain().callsPerSecond(),
                        measured.manyPlain().callsPerSecond(),
                        measured.drift(),
                        measured.registeredSeconds(),
                        measured.ratio());
    }

    private static String shares(Measurement measurement, Map<String, Long> micros) {
        return micros.entrySet().stream()
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
