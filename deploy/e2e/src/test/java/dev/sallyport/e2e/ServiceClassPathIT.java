package dev.sallyport.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sallyport.cli.stack.ServiceJvm;
import dev.sallyport.service.ServiceKind;
import java.io.File;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What a process of one service can load; an IT, because it looks at the packaged modules. */
class ServiceClassPathIT {
    @ParameterizedTest
    @EnumSource(ServiceKind.class)
    void noServiceHasAnEmbeddedServerOnItsClassPath(ServiceKind kind) {
        assertThat(jars(kind))
                .noneMatch(jar ->
                        jar.matches(
                                "(embedded|cli|bench|kafka_2|kafka-server|kafka-group-coordinator|kafka-metadata|kafka-raft"
                                        + "|opensearch-\\d|opensearch-core|lucene|mock-oauth2-server|netty|okhttp).*"));
    }

    @ParameterizedTest
    @EnumSource(ServiceKind.class)
    void aServiceIsAloneOnItsClassPath(ServiceKind kind) {
        assertThat(jars(kind))
                .filteredOn(jar -> jar.matches("(gateway|executor|audit-service|monitor)-0.*"))
                .hasSize(1);
    }

    @ParameterizedTest
    @EnumSource(ServiceKind.class)
    void itIsEnoughToStart(ServiceKind kind) throws Exception {
        Process process =
                new ProcessBuilder(
                                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                                "-cp",
                                ServiceJvm.classPath(kind),
                                "dev.sallyport.service.Main",
                                kind.command(),
                                "--list-keys")
                        .redirectErrorStream(true)
                        .start();
        String out = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);

        assertThat(process.waitFor()).as(out).isZero();
        assertThat(out).contains("SALLYPORT_" + kind.name() + "_KAFKA_BOOTSTRAP_SERVERS");
    }

    private static List<String> jars(ServiceKind kind) {
        return Stream.of(ServiceJvm.classPath(kind).split(File.pathSeparator, -1))
                .map(entry -> Path.of(entry).getFileName().toString())
                .toList();
    }
}
