package dev.sallyport.monitor.stream;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.sallyport.embedded.TestServers;
import dev.sallyport.monitor.detect.RefusalBurstDetector;
import dev.sallyport.monitor.detect.RefusalBurstTuning;
import dev.sallyport.monitor.detect.VolumeDetector;
import dev.sallyport.monitor.detect.VolumeTuning;
import dev.sallyport.monitor.fixture.Told;
import dev.sallyport.schema.config.Settings;
import dev.sallyport.schema.event.Event;
import dev.sallyport.schema.event.EventCodec;
import dev.sallyport.schema.id.CellId;
import dev.sallyport.schema.id.TenantId;
import dev.sallyport.schema.registry.RegistryFeed;
import dev.sallyport.schema.registry.Suspension;
import dev.sallyport.schema.topic.KafkaSettings;
import dev.sallyport.schema.topic.Topics;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicBoolean;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What becomes of the state when the stream dies between two commits. */
class DetectionStreamIT {
    private static final Duration SOON = Duration.ofSeconds(30);

    private static KafkaSettings kafka;

    private final Told ana =
            new Told(new TenantId("t" + UUID.randomUUID().toString().substring(0, 8)), "ana");
    private final StreamTally tally = new StreamTally();
    private final AtomicBoolean broken = new AtomicBoolean();

    @TempDir Path folder;

    @BeforeAll
    static void start() throws Exception {
        kafka = new KafkaSettings(TestServers.kafka().bootstrapServers(), Map.of());
        try (Admin admin = Admin.create(kafka.client("test"))) {
            Topics.createMissing(admin, Set.of(new CellId("c1")), 4, (short) 1);
        }
    }

    @Test
    void whatWasNotCommittedIsReadAgainAndCountsOnce() throws Exception {
        // the state of the first events is committed; that of the others dies with the thread
        try (DetectionStream stream = started();
                RegistryFeed registry = RegistryFeed.start(kafka, "test", SOON);
                KafkaProducer<String, byte[]> producer =
                        new KafkaProducer<>(kafka.producer("test"))) {
            assertThat(stream.awaitRunning(SOON)).isTrue();
            Instant now = Instant.now();
            send(producer, ana.read(now.minusSeconds(1_200), 12));
            await().atMost(SOON).until(() -> tally.events() == 1);
            broken.set(true);
            for (int minute = 18; minute > 2; minute--) {
                send(producer, ana.read(now.minusSeconds(60L * minute), 12));
            }
            send(producer, ana.read(now, 4_812));

            await().atMost(SOON).until(() -> suspension(registry).isPresent());

            assertThat(tally.threadFailures()).isEqualTo(1);
            assertThat(tally.duplicates()).isZero();
            assertThat(suspension(registry).orElseThrow().reason())
                    .startsWith("ana read 4,812 rows in one call; usual is 12 rows");
        }
    }

    private DetectionStream started() {
        return DetectionStream.start(
                kafka,
                "test",
                folder,
                new DetectionTopology(
                        List.of(
                                new VolumeDetector(
                                        Settings.load(VolumeTuning.class, "test", null, Map.of())),
                                new RefusalBurstDetector(
                                        Settings.load(
                                                RefusalBurstTuning.class, "test", null, Map.of()))),
                        List.of(),
                        (_, _) -> false,
                        new ResponsePolicy(Set.of("volume"), Duration.ofMinutes(10)),
                        Duration.ofMinutes(10),
                        Duration.ofDays(30),
                        clock(),
                        tally));
    }

    /** A clock that fails once, when it is asked for the time of the alert. */
    private InstantSource clock() {
        return () -> {
            if (broken.compareAndSet(true, false)) {
                throw new IllegalStateException("killed");
            }
            return Instant.now();
        };
    }

    private Optional<Suspension> suspension(RegistryFeed registry) {
        return registry.get().suspension(ana.tenant(), "ana");
    }

    private static void send(KafkaProducer<String, byte[]> producer, Event<?> event)
            throws Exception {
        producer.send(
                        new ProducerRecord<>(
                                Topics.OUTCOMES, event.tenant().value(), EventCodec.encode(event)))
                .get();
    }
}
