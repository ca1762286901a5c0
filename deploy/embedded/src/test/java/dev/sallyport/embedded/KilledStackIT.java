package dev.sallyport.embedded;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * What a process that was killed leaves behind is cleared away by the next start, and no committed
 * data are lost.
 */
final class KilledStackIT {

    private static final Duration WAIT_MAX = Duration.ofSeconds(30);

    @Test
    void aKilledStackStartsAgainWithItsData(@TempDir Path given) throws Exception {
        // given a stack in another JVM, with data in each server
        Path folder = given.toRealPath();
        Process first = start(folder);
        assertThatThrownBy(() -> EmbeddedStack.start(folder, StackListener.SILENT))
                .isInstanceOf(EmbeddedException.class)
                .hasMessageContaining("pid " + first.pid());
        write(folder);

        // when the JVM is killed, PostgreSQL does not outlive it
        kill(first);
        Path cluster = folder.resolve("postgres/cluster");
        await().atMost(WAIT_MAX).until(() -> Postmaster.processesIn(cluster).isEmpty());

        // and when at the next start everything is killed, with no time for anyone to clean up
        Process second = start(folder);
        long postmaster =
                Long.parseLong(
                        Files.readAllLines(cluster.resolve("postmaster.pid")).getFirst().strip());
        ProcessHandle.of(postmaster).orElseThrow().destroyForcibly();
        kill(second);
        assertThat(cluster.resolve("postmaster.pid")).exists();

        // then the data are there
        try (EmbeddedStack stack = EmbeddedStack.start(folder, StackListener.SILENT)) {
            assertDataIn(stack);
        }
    }

    @Test
    void anOrphanedPostgresIsStoppedBeforeTheNextStart(@TempDir Path folder) throws Exception {
        // given a server that nobody keeps
        int port;
        try (EmbeddedPostgres postgres = EmbeddedPostgres.start(folder)) {
            port = postgres.port();
        }
        PostgresIdentity identity = PostgresIdentity.ofThisProcess();
        List<String> command =
                identity.command(
                        List.of(
                                PostgresBinaries.unpackedIn(identity.programsFolder())
                                        .program("postgres")
                                        .toString(),
                                "-D",
                                folder.resolve("cluster").toString(),
                                "-c",
                                "listen_addresses=127.0.0.1",
                                "-c",
                                "unix_socket_directories=",
                                "-c",
                                "port=" + port));
        Process orphan =
                new ProcessBuilder(command)
                        .redirectErrorStream(true)
                        .redirectOutput(folder.resolve("orphan.log").toFile())
                        .start();
        await().atMost(WAIT_MAX).until(() -> !RememberedPorts.isFree(port));

        // when
        try (EmbeddedPostgres postgres = EmbeddedPostgres.start(folder)) {

            // then
            assertThat(orphan.isAlive()).isFalse();
            assertThat(postgres.port()).isNotZero();
            try (Connection connection = postgres.connect("postgres")) {
                assertThat(connection.isValid(5)).isTrue();
            }
        }
    }

    private static Process start(Path folder) throws Exception {
        Process jvm =
                new ProcessBuilder(
                                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                                "-Xmx512m",
                                "--enable-native-access=ALL-UNNAMED",
                                "--sun-misc-unsafe-memory-access=allow",
                                "-cp",
                                System.getProperty("java.class.path"),
                                StackProcess.class.getName(),
                                folder.toString())
                        .redirectError(ProcessBuilder.Redirect.INHERIT)
                        .start();
        BufferedReader output =
                new BufferedReader(new InputStreamReader(jvm.getInputStream(), UTF_8));
        assertThat(output.readLine()).startsWith("ready");
        return jvm;
    }

    private static void kill(Process jvm) throws InterruptedException {
        jvm.destroyForcibly();
        assertThat(jvm.waitFor(WAIT_MAX.toSeconds(), TimeUnit.SECONDS)).isTrue();
    }

    private static void write(Path folder) throws Exception {
        java.util.Properties ports = new java.util.Properties();
        for (String part : List.of("kafka", "postgres", "opensearch")) {
            try (var in = Files.newInputStream(folder.resolve(part).resolve("ports.properties"))) {
                ports.load(in);
            }
        }
        String password =
                Files.readString(folder.resolve("postgres/superuser.password"), UTF_8).strip();
        String address =
                "jdbc:postgresql://127.0.0.1:" + ports.getProperty("postgres") + "/postgres";
        try (Connection connection =
                        java.sql.DriverManager.getConnection(address, "postgres", password);
                Statement statement = connection.createStatement()) {
            statement.execute("create table kept as select 'row' as value");
        }
        String bootstrap = "127.0.0.1:" + ports.getProperty("kafka");
        EmbeddedKafkaIT.create(bootstrap, "kept", Map.of());
        try (KafkaProducer<String, String> producer =
                EmbeddedKafkaIT.producer(bootstrap, Map.of())) {
            producer.send(new ProducerRecord<>("kept", "k", "record")).get();
        }
        java.net.URI search =
                java.net.URI.create("http://127.0.0.1:" + ports.getProperty("opensearch"));
        assertThat(
                        EmbeddedOpenSearchIT.send(
                                search, "PUT", "/kept/_doc/1", "{\"value\":\"document\"}"))
                .contains("created");
    }

    private static void assertDataIn(EmbeddedStack stack) throws Exception {
        try (Connection connection = stack.postgres().connect("postgres");
                Statement statement = connection.createStatement();
                var rows = statement.executeQuery("select value from kept")) {
            assertThat(rows.next()).isTrue();
            assertThat(rows.getString(1)).isEqualTo("row");
        }
        assertThat(EmbeddedKafkaIT.read(stack.kafka(), "kept", 1)).containsExactly("record");
        assertThat(EmbeddedOpenSearchIT.send(stack.openSearch().uri(), "GET", "/kept/_doc/1", null))
                .contains("document");
    }
}
