package dev.sallyport.e2e;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Case I1: the local stack starts again, and soon, after everything of it was killed. */
class KilledLocalStackIT {
    private static final int KILLS = 2;

    /**
     * What a killed broker's session and the recovery of the servers may take on top. The machine
     * may be busier than at the first start, but what waits for an expiry that never comes takes
     * longer than that.
     */
    private static final Duration RECOVERY = Duration.ofSeconds(15);

    @Test
    @Timeout(value = 8, unit = TimeUnit.MINUTES)
    void itIsUpAgainAfterAKill(@TempDir Path given) throws Exception {
        Path folder = given.toRealPath();
        Up first = up(folder);
        kill(first.process());

        for (int i = 0; i < KILLS; i++) {
            Up again = up(folder);
            assertThat(again.took()).isLessThan(first.took().multipliedBy(2).plus(RECOVERY));
            kill(again.process());
        }
    }

    private record Up(Process process, Duration took) {}

    /** Starts the stack, each service in a process of its own, and waits until it says so. */
    private static Up up(Path folder) throws IOException {
        long began = System.nanoTime();
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
        return new Up(process, Duration.ofNanos(System.nanoTime() - began));
    }

    /** Everything at once, with no time for anyone to clean up. */
    private static void kill(Process stack) throws InterruptedException {
        List<ProcessHandle> all = stack.descendants().toList();
        stack.destroyForcibly();
        all.forEach(ProcessHandle::destroyForcibly);
        assertThat(stack.waitFor(30, TimeUnit.SECONDS)).isTrue();
        all.forEach(process -> process.onExit().join());
    }
}
