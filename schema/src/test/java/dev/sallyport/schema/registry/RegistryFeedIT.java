package dev.sallyport.schema.registry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.sallyport.embedded.EmbeddedKafka;
import dev.sallyport.schema.SchemaException;
import dev.sallyport.schema.event.Event;
import dev.sallyport.schema.event.EventCodec;
import dev.sallyport.schema.event.Limits;
import dev.sallyport.schema.event.RegistryChanged;
import dev.sallyport.schema.event.StatementClass;
import dev.sallyport.schema.id.CellId;
import dev.sallyport.schema.id.DatabaseName;
import dev.sallyport.schema.id.TenantId;
import dev.sallyport.schema.secret.SecretReference;
import dev.sallyport.schema.topic.KafkaSettings;
import dev.sallyport.schema.topic.Topics;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RegistryFeedIT {
    private static final TenantId ACME = new TenantId("acme");
    private static final DatabaseName SHOP = new DatabaseName("shop");
    private static final Duration WITHIN = Duration.ofSeconds(20);
    private static final InstantSource CLOCK = InstantSource.system();

    @TempDir Path folder;
    private EmbeddedKafka broker;
    private KafkaSettings kafka;

    @BeforeEach
    void start() {
        broker = EmbeddedKafka.start(folder);
        kafka = new KafkaSettings(broker.bootstrapServers(), Map.of());
        try (Admin admin = Admin.create(kafka.client("test"))) {
            Topics.createMissing(admin, Set.of(new CellId("main")), 2, (short) 1);
            Topics.createMissing(admin, Set.of(new CellId("main")), 2, (short) 1);
        }
    }

    @AfterEach
    void stop() {
        broker.close();
    }

    @Test
    void aFeedReadsTheRegistryWholeAndFollowsIt() {
        Suspension suspension = new Suspension(ACME, "eve", "why", null, Instant.EPOCH);
        try (RegistryWriter writer = new RegistryWriter(kafka, CLOCK, "test")) {
            writer.put(ACME, shop());
            writer.put(ACME, grant(Scope.READ));
            try (RegistryFeed feed = RegistryFeed.start(kafka, "test", WITHIN)) {
                assertThat(granted(feed.get(), ACME, "ana", SHOP)).containsExactly(Scope.READ);
                writer.put(ACME, grant(Scope.WRITE));
                writer.put(ACME, suspension);
                await().until(() -> feed.get().suspension(ACME, "eve").isPresent());
                assertThat(granted(feed.get(), ACME, "ana", SHOP)).containsExactly(Scope.WRITE);
                writer.remove(ACME, suspension.key());
                await().until(() -> feed.get().suspension(ACME, "eve").isEmpty());
            }
        }
    }

    @Test
    void everyChangeIsAnEventOfTheSameTransaction() {
        try (RegistryWriter writer = new RegistryWriter(kafka, CLOCK, "ops")) {
            writer.put(ACME, grant(Scope.READ));
            writer.remove(ACME, grant(Scope.READ).key());
        }
        List<RegistryChanged> changes =
                committed(Topics.SIGNALS, 2).stream()
                        .map(record ->
                                (RegistryChanged)
                                        ((Event<?>) EventCodec.decode(record.value())).data())
                        .toList();
        assertThat(changes).extracting(RegistryChanged::key).containsOnly("grant/acme/readers");
        assertThat(changes).extracting(RegistryChanged::by).containsOnly("ops");
        assertThat(changes.getFirst().valueDigest()).isNotNull();
        assertThat(changes.getLast().valueDigest()).isNull();
    }

    @Test
    void manyEntriesAreWrittenInFewTransactionsAndMakeFewVersions() {
        List<RegistryEntry> entries = new ArrayList<>();
        for (int i = 0; i < 5_000; i++) {
            var tenant = new TenantId("tenant-" + i);
            entries.add(new Tenant(tenant, "n", new CellId("main"), List.of(), false));
            entries.add(new Grant(tenant, "g", Set.of("ana"), Set.of(SHOP), Set.of(Scope.READ)));
        }
        var versions = new AtomicInteger();
        try (RegistryWriter writer = new RegistryWriter(kafka, CLOCK, "test")) {
            writer.putAll(entries);
            try (RegistryFeed feed =
                    RegistryFeed.start(kafka, "test", WITHIN, _ -> versions.incrementAndGet())) {
                assertThat(feed.get().tenants()).hasSize(5_000);
                assertThat(versions).as("what was there at the start is one version").hasValue(1);
                writer.putAll(entries.subList(0, 4_000));
                writer.put(ACME, new Suspension(ACME, "eve", "why", null, Instant.EPOCH));
                await().until(() -> feed.get().suspension(ACME, "eve").isPresent());
                assertThat(versions).as("a version a poll, not one a record").hasValueLessThan(200);
            }
        }
        assertThat(committed(Topics.SIGNALS, 14_001)).hasSize(14_001);
    }

    @Test
    void anAbortedChangeIsNeverSeen() {
        Map<String, Object> settings = new HashMap<>(kafka.producer("test"));
        settings.put(ProducerConfig.TRANSACTIONAL_ID_CONFIG, "test");
        try (KafkaProducer<String, byte[]> producer = new KafkaProducer<>(settings)) {
            producer.initTransactions();
            producer.beginTransaction();
            var _ =
                    producer.send(
                            new ProducerRecord<>(
                                    Topics.REGISTRY,
                                    grant(Scope.SQL).key(),
                                    RegistryCodec.encode(grant(Scope.SQL))));
            producer.flush();
            producer.abortTransaction();
        }
        try (RegistryWriter writer = new RegistryWriter(kafka, CLOCK, "test")) {
            writer.put(ACME, shop());
            writer.put(ACME, new Suspension(ACME, "eve", "why", null, Instant.EPOCH));
        }
        try (RegistryFeed feed = RegistryFeed.start(kafka, "test", WITHIN)) {
            assertThat(feed.get().suspension(ACME, "eve")).isPresent();
            assertThat(granted(feed.get(), ACME, "ana", SHOP)).isEmpty();
        }
    }

    @Test
    void aFeedIsNotCurrentWhileATransactionHidesWhatFollowsIt() {
        Map<String, Object> settings = new HashMap<>(kafka.producer("test"));
        settings.put(ProducerConfig.TRANSACTIONAL_ID_CONFIG, "test");
        try (RegistryWriter writer = new RegistryWriter(kafka, CLOCK, "test");
                RegistryFeed feed = RegistryFeed.start(kafka, "test", WITHIN);
                KafkaProducer<String, byte[]> producer = new KafkaProducer<>(settings)) {
            assertThat(feed.isCurrent()).isTrue();
            producer.initTransactions();
            producer.beginTransaction();
            var _ = producer.send(new ProducerRecord<>(Topics.REGISTRY, 0, "left/open", null));
            producer.flush();
            writer.put(ACME, new Suspension(ACME, "eve", "why", null, Instant.EPOCH));

            await().atMost(Duration.ofSeconds(30)).until(() -> !feed.isCurrent());
            assertThat(feed.get().suspension(ACME, "eve")).isEmpty();

            producer.abortTransaction();
            await().atMost(Duration.ofSeconds(30)).until(feed::isCurrent);
            assertThat(feed.get().suspension(ACME, "eve")).isPresent();
        }
    }

    @Test
    void whatCannotBeReadOpensNothing() {
        try (RegistryWriter writer = new RegistryWriter(kafka, CLOCK, "test")) {
            writer.put(ACME, shop());
            writer.put(ACME, grant(Scope.READ));
        }
        put("grant/acme/readers", "{\"tenant\":\"acme\",\"scopes\":[\"mcp:everything\"]}");
        put("suspension/acme/eve", "not json");
        put(
                "rule/acme/deletes",
                "{\"tenant\":\"acme\",\"name\":\"deletes\",\"when\":{\"moon\":\"full\"},\"approval\":{\"by\":\"confirm\"}}");
        put("horoscope/acme", "{}");
        try (RegistryFeed feed = RegistryFeed.start(kafka, "test", WITHIN)) {
            assertThat(granted(feed.get(), ACME, "ana", SHOP))
                    .as("the grant as it was before is not good any more")
                    .isEmpty();
            assertThat(feed.get().suspension(ACME, "eve")).isPresent();
            assertThat(
                            feed.get()
                                    .rules(ACME)
                                    .matching(
                                            RuledCall.of(
                                                    SHOP,
                                                    "db_query",
                                                    Set.of(StatementClass.READ),
                                                    List.of("orders")))
                                    .refusing())
                    .as("a rule with an unknown word")
                    .isPresent();
        }
    }

    @Test
    void withoutABrokerThereIsNoRegistry() {
        broker.stop();
        assertThatThrownBy(() -> RegistryFeed.start(kafka, "test", Duration.ofSeconds(1)).close())
                .isInstanceOfSatisfying(
                        SchemaException.class,
                        e -> assertThat(e.code()).isEqualTo("registry_unavailable"));
    }

    private static Database shop() {
        return new Database(
                ACME,
                SHOP,
                null,
                DatabaseKind.POSTGRESQL,
                "jdbc:postgresql://localhost/shop",
                "agent",
                new SecretReference("env:PASSWORD"),
                new SecretReference("env:SEAL"),
                4,
                false,
                new Limits(100, 100_000, 5_000),
                null);
    }

    private static Grant grant(Scope scope) {
        return new Grant(ACME, "readers", Set.of("ana"), Set.of(SHOP), Set.of(scope));
    }

    private void put(String key, @Nullable String value) {
        try (KafkaProducer<String, byte[]> producer = new KafkaProducer<>(kafka.producer("test"))) {
            var _ =
                    producer.send(
                            new ProducerRecord<>(
                                    Topics.REGISTRY,
                                    key,
                                    value == null ? null : value.getBytes(StandardCharsets.UTF_8)));
            producer.flush();
        }
    }

    private List<ConsumerRecord<String, byte[]>> committed(String topic, int count) {
        try (KafkaConsumer<String, byte[]> consumer = new KafkaConsumer<>(kafka.consumer("test"))) {
            List<TopicPartition> partitions =
                    consumer.partitionsFor(topic).stream()
                            .map(info -> new TopicPartition(topic, info.partition()))
                            .toList();
            consumer.assign(partitions);
            consumer.seekToBeginning(partitions);
            List<ConsumerRecord<String, byte[]>> records = new ArrayList<>();
            await().until(() -> {
                consumer.poll(Duration.ofMillis(200)).forEach(records::add);
                return records.size() >= count;
            });
            return records;
        }
    }

    private static Set<Scope> granted(
            Registry registry, TenantId tenant, String subject, DatabaseName database) {
        return registry.rights(tenant, subject)
                .in(database)
                .map(Rights.Opened::scopes)
                .orElse(Set.of());
    }
}
