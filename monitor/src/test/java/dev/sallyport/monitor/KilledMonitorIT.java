package dev.sallyport.monitor;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.sallyport.embedded.EmbeddedKafka;
import dev.sallyport.monitor.index.Index;
import dev.sallyport.monitor.stream.DetectionStream;
import dev.sallyport.schema.config.Settings;
import dev.sallyport.schema.id.CellId;
import dev.sallyport.schema.topic.KafkaSettings;
import dev.sallyport.schema.topic.Topics;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.MemberDescription;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Case I1: a monitor that was killed is not in its own way when it comes back. */
class KilledMonitorIT {
    private static final Duration SOON = Duration.ofSeconds(30);

    /** From the kill until its detectors run and its index has its partitions again. */
    private static final Duration RECOVERED_WITHIN = Duration.ofSeconds(15);

    @Test
    void itTakesItsOwnPlaceAgainAtOnce(@TempDir Path kafkaFolder, @TempDir Path stateDir)
            throws Exception {
        try (EmbeddedKafka broker = EmbeddedKafka.start(kafkaFolder)) {
            KafkaSettings kafka = new KafkaSettings(broker.bootstrapServers(), Map.of());
            try (Admin admin = Admin.create(kafka.client("test"))) {
                Topics.createMissing(admin, Set.of(new CellId("c1")), 2, (short) 1);
                Process killed = started(broker.bootstrapServers(), stateDir);
                await().atMost(SOON).until(() -> members(admin).size() == 2);
                Set<String> places = members(admin);

                long killedAt = System.nanoTime();
                killed.destroyForcibly();
                assertThat(killed.waitFor(SOON.toSeconds(), TimeUnit.SECONDS)).isTrue();
                try (Monitor again = monitor(broker.bootstrapServers(), stateDir)) {

                    // the dead members are never waited for: these are their places
                    assertThat(again.awaitRunning(SOON)).isTrue();
                    await().atMost(SOON)
                            .until(() ->
                                    !Objects.equals(
                                            again.health().figures().get("index"),
                                            "without partitions"));
                    // case I2
                    assertThat(Duration.ofNanos(System.nanoTime() - killedAt))
                            .isLessThan(RECOVERED_WITHIN);
                    assertThat(members(admin)).isEqualTo(places);
                }
            }
        }
    }

    /** The static members of both groups; a member that is none fails. */
    private static Set<String> members(Admin admin) throws Exception {
        Set<String> members = new TreeSet<>();
        for (var group :
                admin.describeConsumerGroups(Set.of(Index.GROUP, DetectionStream.APPLICATION))
                        .all()
                        .get()
                        .values()) {
            for (MemberDescription member : group.members()) {
                members.add(group.groupId() + " " + member.groupInstanceId().orElseThrow());
            }
        }
        return members;
    }

    private static Process started(String bootstrapServers, Path stateDir) throws IOException {
        Process jvm =
                new ProcessBuilder(
                                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                                "-Xmx256m",
                                "-cp",
                                System.getProperty("java.class.path"),
                                Child.class.getName(),
                                bootstrapServers,
                                stateDir.toString())
                        .redirectError(ProcessBuilder.Redirect.INHERIT)
                        .start();
        BufferedReader output =
                new BufferedReader(new InputStreamReader(jvm.getInputStream(), UTF_8));
        String line = output.readLine();
        while (line != null && !line.equals("running")) {
            line = output.readLine();
        }
        assertThat(line).isEqualTo("running");
        return jvm;
    }

    /** A monitor in a JVM of its own, until its input ends. */
    static final class Child {
        private Child() {}

        public static void main(String[] arguments) throws IOException {
            try (Monitor monitor = monitor(arguments[0], Path.of(arguments[1]))) {
                if (monitor.awaitRunning(SOON)) {
                    System.out.println("running");
                    System.in.transferTo(OutputStream.nullOutputStream());
                }
            }
        }
    }

    /** Its index waits for an OpenSearch that is not there, which is none of its concern. */
    private static Monitor monitor(String bootstrapServers, Path stateDir) {
        return Monitor.start(
                Settings.load(
                        MonitorConfig.class,
                        "monitor",
                        null,
                        Map.of(
                                "SALLYPORT_MONITOR_KAFKA_BOOTSTRAP_SERVERS",
                                bootstrapServers,
                                "SALLYPORT_MONITOR_STATE_DIR",
                                stateDir.toString(),
                                "SALLYPORT_MONITOR_OPEN_SEARCH_URL",
                                "http://127.0.0.1:1",
                                "SALLYPORT_MONITOR_HEALTH_PORT",
                                "0")),
                InstantSource.system());
    }
}
