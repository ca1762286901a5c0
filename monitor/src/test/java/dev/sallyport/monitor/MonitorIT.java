package dev.sallyport.monitor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.sallyport.embedded.TestServers;
import dev.sallyport.monitor.fixture.Told;
import dev.sallyport.schema.config.Settings;
import dev.sallyport.schema.event.Event;
import dev.sallyport.schema.event.EventCodec;
import dev.sallyport.schema.id.CallId;
import dev.sallyport.schema.id.CellId;
import dev.sallyport.schema.id.TenantId;
import dev.sallyport.schema.json.Json;
import dev.sallyport.schema.registry.RegistryFeed;
import dev.sallyport.schema.registry.Suspension;
import dev.sallyport.schema.topic.KafkaSettings;
import dev.sallyport.schema.topic.Topics;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

class MonitorIT {
    private static final Duration SOON = Duration.ofSeconds(30);
    private static final InstantSource CLOCK = InstantSource.system();

    @TempDir static Path folder;
    private static KafkaSettings kafka;
    private static KafkaProducer<String, byte[]> producer;
    private static Monitor monitor;
    private static final HttpClient HTTP = HttpClient.newHttpClient();

    private final Told ana =
            new Told(new TenantId("t" + UUID.randomUUID().toString().substring(0, 8)), "ana");

    @BeforeAll
    static void start() {
        TestServers.openSearch();
        kafka = new KafkaSettings(TestServers.kafka().bootstrapServers(), Map.of());
        try (Admin admin = Admin.create(kafka.client("test"))) {
            Topics.createMissing(admin, Set.of(new CellId("c1")), 4, (short) 1);
        }
        producer = new KafkaProducer<>(kafka.producer("test"));
        monitor = started();
    }

    @AfterAll
    static void stop() {
        monitor.close();
        producer.close();
    }

    @Test
    void aBulkReadSuspendsThePrincipalAndAHumanReinstatesIt() throws Exception {
        try (RegistryFeed registry = RegistryFeed.start(kafka, "test", SOON)) {
            CallId bulk = steadyThenBulk(Instant.now());

            await().atMost(SOON).until(() -> suspension(registry).isPresent());
            Suspension suspension = suspension(registry).orElseThrow();
            assertThat(suspension.reason())
                    .startsWith("ana read 4,812 rows in one call; usual is 12 rows");

            JsonNode alert = awaitDocument("alerts", "tenant", ana.tenant().value());
            assertThat(alert.path("alert").asString()).isEqualTo(suspension.alert());
            assertThat(alert.path("evidence").get(0).asString()).isEqualTo(bulk.toString());
            assertThat(alert.path("principal").path("subject").asString()).isEqualTo("ana");
            JsonNode call = awaitDocument("calls", "call", bulk.toString());
            assertThat(call.path("rows").asInt()).isEqualTo(4_812);
            assertThat(call.path("tool").asString()).isEqualTo("db_query");

            new Suspensions(kafka, CLOCK)
                    .reinstate(ana.tenant(), "ana", "a report that was asked for", "olga");
            await().atMost(SOON).until(() -> suspension(registry).isEmpty());

            send(Topics.OUTCOMES, ana.read(Instant.now(), 5_000));
            await().atMost(SOON).until(() -> suspension(registry).isPresent());
        }
    }

    @Test // case H
    void aSuspensionThatIsTakenOutOfTheRegistryIsMadeAgain() throws Exception {
        try (RegistryFeed registry = RegistryFeed.start(kafka, "test", SOON)) {
            steadyThenBulk(Instant.now());
            await().atMost(SOON).until(() -> suspension(registry).isPresent());

            producer.send(
                            new ProducerRecord<>(
                                    Topics.REGISTRY, Suspension.key(ana.tenant(), "ana"), null))
                    .get();
            await().atMost(SOON).until(() -> suspension(registry).isEmpty());

            await().atMost(SOON).until(() -> suspension(registry).isPresent());
            assertThat(suspension(registry).orElseThrow().reason())
                    .contains("the registry had lost it");
        }
    }

    @Test
    void anOutcomeThatComesAgainIsOneDocument() throws Exception {
        CallId call = CallId.next();
        Event<?> event = ana.read(call, Instant.now(), 3);
        send(Topics.OUTCOMES, event);
        send(Topics.OUTCOMES, event);
        CallId last = CallId.next();
        send(Topics.OUTCOMES, ana.read(last, Instant.now(), 3));

        awaitDocument("calls", "call", last.toString());
        assertThat(count("calls", "call", call.toString())).isEqualTo(1);
    }

    @Test
    void aBaselineOutlivesARestart() throws Exception {
        steady(Instant.now());
        monitor.close();
        monitor = started();
        try (RegistryFeed registry = RegistryFeed.start(kafka, "test", SOON)) {
            send(Topics.OUTCOMES, ana.read(Instant.now(), 4_812));

            await().atMost(SOON).until(() -> suspension(registry).isPresent());
        }
    }

    @Test // case I2
    void healthTellsThatItDetectsAndIndexes() throws Exception {
        await().atMost(SOON).until(() -> indexState().equals("following"));
        HttpResponse<String> answer = get("http://127.0.0.1:" + monitor.healthPort() + "/healthz");

        assertThat(answer.statusCode()).isEqualTo(200);
        JsonNode figures = Json.mapper().readTree(answer.body());
        assertThat(figures.path("detection").asString()).isEqualTo("RUNNING");
        assertThat(figures.path("index").asString()).isEqualTo("following");
        assertThat(figures.path("detectionLag").isNumber()).isTrue();
        assertThat(figures.path("indexLag").isNumber()).isTrue();
        assertThat(get("http://127.0.0.1:" + monitor.healthPort() + "/other").statusCode())
                .isEqualTo(404);
    }

    @Test
    void whileOpenSearchIsAwayPrincipalsAreSuspendedAndDocumentsWait() throws Exception {
        CallId bulk;
        TestServers.openSearch().stop();
        try (RegistryFeed registry = RegistryFeed.start(kafka, "test", SOON)) {
            bulk = steadyThenBulk(Instant.now());

            await().atMost(SOON).until(() -> suspension(registry).isPresent());
            await().atMost(SOON).until(() -> indexState().startsWith("waiting"));
            assertThat(monitor.health().alive()).isTrue();
        } finally {
            TestServers.openSearch().startAgain();
        }

        assertThat(awaitDocument("calls", "call", bulk.toString()).path("rows").asInt())
                .isEqualTo(4_812);
        assertThat(
                        awaitDocument("alerts", "tenant", ana.tenant().value())
                                .path("detector")
                                .asString())
                .isEqualTo("volume");
        assertThat(count("calls", "tenant", ana.tenant().value())).isEqualTo(10);
    }

    @Test
    void detectionGoesOnAfterTheBrokerWasAway() throws Exception {
        steady(Instant.now());
        TestServers.kafka().stop();
        TestServers.kafka().startAgain();
        try (RegistryFeed registry = RegistryFeed.start(kafka, "test", SOON)) {
            send(Topics.OUTCOMES, ana.read(Instant.now(), 4_812));

            await().atMost(SOON).until(() -> suspension(registry).isPresent());
            assertThat(monitor.health().alive()).isTrue();
        }
    }

    private static String indexState() {
        return String.valueOf(monitor.health().figures().get("index"));
    }

    private void steady(Instant now) throws Exception {
        for (int minute = 10; minute > 0; minute--) {
            send(Topics.OUTCOMES, ana.read(now.minus(Duration.ofMinutes(minute)), 12));
        }
    }

    private CallId steadyThenBulk(Instant now) throws Exception {
        steady(now);
        CallId bulk = CallId.next();
        send(Topics.OUTCOMES, ana.read(bulk, now, 4_812));
        return bulk;
    }

    private static Monitor started() {
        Monitor started = Monitor.start(config(kafka.bootstrapServers()), CLOCK);
        assertThat(started.awaitRunning(SOON)).isTrue();
        return started;
    }

    private static MonitorConfig config(String bootstrapServers) {
        return Settings.load(
                MonitorConfig.class,
                "monitor",
                null,
                Map.of(
                        "SALLYPORT_MONITOR_KAFKA_BOOTSTRAP_SERVERS",
                        bootstrapServers,
                        "SALLYPORT_MONITOR_STATE_DIR",
                        folder.toString(),
                        "SALLYPORT_MONITOR_OPEN_SEARCH_URL",
                        openSearch(),
                        "SALLYPORT_MONITOR_HEALTH_PORT",
                        "0"));
    }

    private static String openSearch() {
        return TestServers.openSearch().uri().toString();
    }

    private Optional<Suspension> suspension(RegistryFeed registry) {
        return registry.get().suspension(ana.tenant(), "ana");
    }

    private static void send(String topic, Event<?> event)
            throws ExecutionException, InterruptedException {
        producer.send(new ProducerRecord<>(topic, event.tenant().value(), EventCodec.encode(event)))
                .get();
    }

    private static JsonNode awaitDocument(String index, String field, String value) {
        return await().atMost(SOON)
                .until(
                        () -> search(index, field, value),
                        found -> found.path("hits").path("hits").size() > 0)
                .path("hits")
                .path("hits")
                .get(0)
                .path("_source");
    }

    private static int count(String index, String field, String value) throws Exception {
        return search(index, field, value).path("hits").path("hits").size();
    }

    private static JsonNode search(String index, String field, String value)
            throws IOException, InterruptedException {
        HttpResponse<String> answer =
                get(
                        openSearch()
                                + "/"
                                + index
                                + "/_search?ignore_unavailable=true&q="
                                + field
                                + ":%22"
                                + value
                                + "%22");
        return Json.mapper().readTree(answer.body());
    }

    private static HttpResponse<String> get(String url) throws IOException, InterruptedException {
        return HTTP.send(
                HttpRequest.newBuilder(URI.create(url)).build(),
                HttpResponse.BodyHandlers.ofString());
    }
}
