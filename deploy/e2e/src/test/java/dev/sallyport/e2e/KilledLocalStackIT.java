package dev.sallyport.e2e;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Case I1: the local stack starts again, and soon, after everything of it was killed. */
class KilledLocalStackIT {
    private static final int KILLS = 2;

    /** Where nothing else keeps the processors busy. */
    private static final Duration UP_WITHIN = Duration.ofSeconds(30);

    /** Where it is not known how long the processors were busy with something else. */
    private static final Duration UP_WITHIN_UNCOUNTED = Duration.ofMinutes(2);

    private static final Path PRESSURE = Path.of("/proc/pressure/cpu");
    private static final Pattern WAITED = Pattern.compile("some .*total=([0-9]+)");

    @Test
    @Timeout(value = 8, unit = TimeUnit.MINUTES)
    void itIsUpAgainAfterAKill(@TempDir Path given) throws Exception {
        Path folder = given.toRealPath();
        up(folder).close();

        for (int i = 0; i < KILLS; i++) {
            try (Up again = up(folder)) {
                assertThat(again.undisturbed())
                        .isLessThan(
                                waitedForProcessors().isZero() ? UP_WITHIN_UNCOUNTED : UP_WITHIN);
            }
        }
    }

    /**
     * The stack, once it is up.
     *
     * @param undisturbed how long that took, without the time in which anything that could run had
     *     to wait for a processor: a busy machine does not fail the test, and what waits for an
     *     expiry that never comes does
     */
    private record Up(Process process, Duration undisturbed) implements AutoCloseable {
        @Override
        public void close() {
            kill(process);
        }
    }

    /**
     * How long something waited for a processor since the machine started; Linux counts it (<a
     * href="https://docs.kernel.org/accounting/psi.html">PSI</a>), and where it does not, nothing.
     */
    private static Duration waitedForProcessors() {
        try {
            Matcher waited = WAITED.matcher(Files.readString(PRESSURE));
            return waited.find()
                    ? Duration.of(Long.parseLong(waited.group(1)), ChronoUnit.MICROS)
                    : Duration.ZERO;
        } catch (IOException e) {
            return Duration.ZERO;
        }
    }

    /** Starts the stack, each service in a process of its own, and waits until it says so. */
    private static Up up(Path folder) throws IOException {
        long began = System.nanoTime();
        Duration waitedBefore = waitedForProcessors();
        Process process =
                new ProcessBuilder(
                                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                                "-Xmx1g",
                                "-XX:+UseSerialGC",
                                "--enable-native-access=ALL-UNNAMED",
                                "--sun-misc-unsafe-memory-access=allow",
                                "-cp",
                                System.getProperty("java.class.path"),
                                "dev.sallyport.cli.Main",
                                "up",
                                "--isolated",
                                "--data",
                                folder.toString())
                        .redirectError(ProcessBuilder.Redirect.INHERIT)
                        .start();
        List<String> said = new ArrayList<>();
        BufferedReader output =
                new BufferedReader(new InputStreamReader(process.getInputStream(), UTF_8));
        String line = output.readLine();
        while (line != null && !line.startsWith("Sallyport is up")) {
            said.add(line);
            line = output.readLine();
        }
        assertThat(line).as("the stack ended: %s", said).isNotNull();
        Duration took = Duration.ofNanos(System.nanoTime() - began);
        return new Up(process, took.minus(waitedForProcessors().minus(waitedBefore)));
    }

    /** Everything at once, with no time for anyone to clean up. */
    private static void kill(Process stack) {
        List<ProcessHandle> all = stack.descendants().toList();
        stack.destroyForcibly();
        all.forEach(ProcessHandle::destroyForcibly);
        stack.onExit().join();
        all.forEach(process -> process.onExit().join());
    }
}
