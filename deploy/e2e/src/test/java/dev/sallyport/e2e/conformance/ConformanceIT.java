package dev.sallyport.e2e.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sallyport.e2e.NodePrograms;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
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

    private static final Duration RUN_WITHIN = Duration.ofMinutes(5);
    private static final Pattern VERDICT =
            Pattern.compile("([✓✗]) ([a-z0-9-]+): \\d+ passed, \\d+ failed");

    private static NodePrograms suite;

    @BeforeAll
    static void install() throws Exception {
        suite = NodePrograms.install("conformance", SUITE);
    }

    @ParameterizedTest
    @ValueSource(strings = {"2026-07-28", "2025-11-25"})
    void theSuiteSaysWhatIsWrittenDown(String revision) throws Exception {
        String said;
        try (var gateway = ConformanceGateway.start(0)) {
            said =
                    suite.run(
                                    RUN_WITHIN,
                                    "@modelcontextprotocol/conformance/dist/index.js",
                                    "server",
                                    "--url",
                                    "http://127.0.0.1:" + gateway.port() + "/mcp",
                                    "--requirements",
                                    revision,
                                    "-o",
                                    "results-" + revision)
                            .text();
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
}
