package dev.sallyport.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** Go, with the packages of Debian's golang-golang-x-mod-dev: nothing is downloaded. */
final class GoPrograms {
    /** The top of the project's sources. */
    static final Path TOP = Path.of("../..").toAbsolutePath().normalize();

    private static final Path COMPILER = Path.of("/usr/bin/go");
    private static final Path PACKAGES = Path.of("/usr/share/gocode/src/golang.org/x/mod/sumdb");
    private static final long WITHIN_SECONDS = 120;

    private GoPrograms() {}

    /** Where Go or its packages are not there, the test is skipped; in CI that is a failure. */
    static GoPrograms there() {
        boolean there = Files.isExecutable(COMPILER) && Files.isDirectory(PACKAGES);
        if (System.getenv("CI") != null) {
            assertThat(there)
                    .as("packages golang-go and golang-golang-x-mod-dev are installed")
                    .isTrue();
        }
        assumeTrue(there, "skipped: golang-go and golang-golang-x-mod-dev are not installed");
        return new GoPrograms();
    }

    /** What a program said, on both of its outputs. */
    record Said(int exitCode, String text) {}

    /** Runs shell commands as somebody pastes them at the top of the sources. */
    Said paste(String commands, URI log, String key, String token)
            throws IOException, InterruptedException {
        Path said = Files.createTempFile("go", ".log");
        ProcessBuilder builder =
                new ProcessBuilder("bash", "-c", commands)
                        .directory(TOP.toFile())
                        .redirectErrorStream(true)
                        .redirectOutput(said.toFile());
        builder.environment().putAll(Map.of("LOG", log.toString(), "VKEY", key, "TOKEN", token));
        Process process = builder.start();
        try {
            boolean ended = process.waitFor(WITHIN_SECONDS, TimeUnit.SECONDS);
            assertThat(ended).as("go ends: %s", Files.readString(said)).isTrue();
            return new Said(process.exitValue(), Files.readString(said));
        } finally {
            process.descendants().forEach(ProcessHandle::destroyForcibly);
            process.destroyForcibly();
            Files.delete(said);
        }
    }
}
