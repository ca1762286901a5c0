package dev.sallyport.schema.registry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sallyport.embedded.EmbeddedKafka;
import dev.sallyport.schema.SchemaException;
import dev.sallyport.schema.id.CellId;
import dev.sallyport.schema.id.DatabaseName;
import dev.sallyport.schema.id.TenantId;
import dev.sallyport.schema.topic.KafkaSettings;
import dev.sallyport.schema.topic.Topics;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Several administrators at one registry. */
final class RegistryWriterIT {
    private static final Duration WITHIN = Duration.ofSeconds(20);

    @TempDir
    @SuppressWarnings("NullAway.Init")
    static Path folder;

    @SuppressWarnings("NullAway.Init")
    private static EmbeddedKafka broker;

    @SuppressWarnings("NullAway.Init")
    private static KafkaSettings kafka;

    @BeforeAll
    static void start() {
        broker = EmbeddedKafka.start(folder);
        kafka = new KafkaSettings(broker.bootstrapServers(), Map.of());
        try (Admin admin = Admin.create(kafka.client("test"))) {
            Topics.createMissing(admin, Set.of(new CellId("main")), 2, (short) 1);
        }
    }

    @AfterAll
    static void stop() {
        broker.close();
    }

    private static RegistryWriter writer(String by) {
        return new RegistryWriter(kafka, InstantSource.system(), by);
    }

    private static Grant grant(String tenant, String subject) {
        return new Grant(
                new TenantId(tenant),
                "g",
                Set.of(subject),
                Set.of(new DatabaseName("shop")),
                Set.of(Scope.READ));
    }

    private static RegistrySnapshot read() {
        return RegistrySnapshot.read(kafka, "test", WITHIN);
    }

    private static RegistryEntry at(String key) {
        return Objects.requireNonNull(read().get(key)).entry();
    }

    private static RegistryChange change(Grant grant, RegistrySnapshot seen) {
        return new RegistryChange(grant.key(), grant, seen.versionOf(grant.key()));
    }

    @Test
    void whatWasChangedSinceItWasSeenIsNotOverwritten() {
        Grant first = grant("one", "ana");
        Grant mine = grant("one", "ben");
        Grant besides = grant("one-besides", "ben");
        try (RegistryWriter writer = writer("test");
                RegistryWriter other = writer("other")) {
            RegistrySnapshot seen = read();
            other.put(first.tenant(), first);

            assertThatThrownBy(() ->
                            writer.compareAndSet(
                                    List.of(change(besides, seen), change(mine, seen)), "mine"))
                    .isInstanceOfSatisfying(
                            SchemaException.class,
                            e -> assertThat(e.code()).isEqualTo("registry_changed"))
                    .hasMessageContaining("grant/one/g");
            assertThat(at(first.key())).isEqualTo(first);
            assertThat(read().get(besides.key())).as("all or nothing").isNull();

            writer.compareAndSet(List.of(change(mine, read())), "mine");
            assertThat(at(first.key())).isEqualTo(mine);
        }
    }

    @Test
    void whatWasPutAgainAsItWasCountsAsChanged() {
        Grant first = grant("two", "ana");
        try (RegistryWriter writer = writer("test")) {
            writer.put(first.tenant(), first);
            RegistrySnapshot seen = read();
            writer.remove(first.tenant(), first.key());
            writer.put(first.tenant(), first);
            assertThatThrownBy(() ->
                            writer.compareAndSet(List.of(change(grant("two", "ben"), seen)), "x"))
                    .hasMessageContaining("grant/two/g");
        }
    }

    @Test
    void ofManyWhoSawTheSameOneSucceeds() throws Exception {
        for (int round = 0; round < 3; round++) {
            RegistrySnapshot seen = read();
            List<Callable<Boolean>> contenders = new ArrayList<>();
            for (int i = 0; i < 4; i++) {
                Grant mine = grant("three", "subject-" + round + "-" + i);
                contenders.add(() -> {
                    try (RegistryWriter writer = writer("contender")) {
                        writer.compareAndSet(List.of(change(mine, seen)), "mine");
                        return true;
                    } catch (SchemaException e) {
                        assertThat(e.code()).isEqualTo("registry_changed");
                        return false;
                    }
                });
            }
            int succeeded = 0;
            try (var threads = Executors.newFixedThreadPool(4)) {
                for (Future<Boolean> ended : threads.invokeAll(contenders)) {
                    succeeded += ended.get() ? 1 : 0;
                }
            } catch (ExecutionException e) {
                throw new AssertionError(e.getCause());
            }
            assertThat(succeeded).isEqualTo(1);
        }
    }

    @Test
    void whoeverBeginsMakesAnEndOfWhatAnotherHadBegun() {
        Grant late = grant("four", "late");
        Map<String, Object> settings = kafka.transactional("test", "sallyport-registry-writer");
        try (var slow = new KafkaProducer<String, byte[]>(settings)) {
            slow.initTransactions();
            slow.beginTransaction();
            var _ =
                    slow.send(
                            new ProducerRecord<>(
                                    Topics.REGISTRY, 0, late.key(), RegistryCodec.encode(late)));
            slow.flush();
            try (RegistryWriter writer = writer("test")) {
                Grant mine = grant("four", "mine");
                writer.compareAndSet(
                        List.of(new RegistryChange(mine.key(), mine, RegistrySnapshot.ABSENT)),
                        "x");
                assertThatThrownBy(slow::commitTransaction).isNotNull();
                assertThat(at(mine.key())).isEqualTo(mine);
            }
        }
    }

    @Test
    void anotherWriterDoesNotKeepAPlainChangeFromBeingMade() {
        try (RegistryWriter one = writer("one");
                RegistryWriter two = writer("two")) {
            one.put(new TenantId("five"), grant("five", "a"));
            two.put(new TenantId("five"), grant("five", "b"));
            one.put(new TenantId("five"), grant("five", "c"));
            two.put(new TenantId("five"), grant("five", "d"));
            assertThat(at("grant/five/g")).isEqualTo(grant("five", "d"));
        }
    }

    @Test
    void anEntryThatSaysMoreThanIsKnownIsNotTakenForWhatIsKnownOfIt() {
        String newer =
                """
                {"tenant":"six","name":"g","subjects":["a"],"databases":[],"scopes":[],
                 "statistics":false,"onlyAtNight":true}\
                """;
        try (var producer = new KafkaProducer<String, byte[]>(kafka.producer("test"))) {
            var _ =
                    producer.send(
                            new ProducerRecord<>(
                                    Topics.REGISTRY,
                                    0,
                                    "grant/six/g",
                                    newer.getBytes(StandardCharsets.UTF_8)));
            producer.flush();
        }
        assertThatThrownBy(() -> at("grant/six/g"))
                .isInstanceOf(SchemaException.class)
                .hasMessageContaining("grant/six/g");
    }
}
