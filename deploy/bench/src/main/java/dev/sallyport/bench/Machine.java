package dev.sallyport.bench;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;

/** What the figures were measured on. */
final class Machine {
    private Machine() {}

    static Map<String, String> description() {
        Map<String, String> machine = new LinkedHashMap<>();
        machine.put(
                "machine",
                Runtime.getRuntime().availableProcessors()
                        + " cores of "
                        + field("/proc/cpuinfo", "model name")
                        + ", "
                        + Math.round(
                                Long.parseLong(
                                                field("/proc/meminfo", "MemTotal")
                                                        .replaceAll("\\D", ""))
                                        / 1024.0
                                        / 1024.0)
                        + " GiB");
        machine.put(
                "system", System.getProperty("os.name") + " " + System.getProperty("os.version"));
        machine.put(
                "java",
                System.getProperty("java.vendor.version")
                        + " "
                        + System.getProperty("java.version"));
        return machine;
    }

    private static String field(String file, String name) {
        try {
            return Files.readAllLines(Path.of(file)).stream()
                    .filter(line -> line.startsWith(name))
                    .findFirst()
                    .map(line -> line.substring(line.indexOf(':') + 1).strip())
                    .orElse("0");
        } catch (IOException e) {
            throw new UncheckedIOException(file + " cannot be read: the benchmark needs Linux", e);
        }
    }
}
