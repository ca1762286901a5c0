package dev.sallyport.monitor.index;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sallyport.embedded.TestServers;
import dev.sallyport.monitor.fault.MonitorException;
import dev.sallyport.schema.id.EventId;
import dev.sallyport.schema.secret.Secrets;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class OpenSearchStoreIT {
    private static final String AT = "\"@timestamp\":\"2026-11-22T09:00:00Z\"";

    @Test
    void eachDocumentIsToldWhatBecameOfIt() {
        try (DocumentStore store = store(TestServers.openSearch().uri())) {
            Document call =
                    new Document("calls", EventId.next().toString(), "{" + AT + ",\"rows\":1}");
            Document alert = new Document("alerts", EventId.next().toString(), "{" + AT + "}");
            Document misfit =
                    new Document(
                            "alerts",
                            EventId.next().toString(),
                            "{" + AT + ",\"observed\":\"many\"}");

            assertThat(store.create(List.of(call, misfit, alert)))
                    .containsExactly(
                            new Creation.Created(),
                            new Creation.Refused("mapper_parsing_exception"),
                            new Creation.Created());
            assertThat(store.create(List.of(call, alert)))
                    .containsExactly(new Creation.AlreadyThere(), new Creation.AlreadyThere());
        }
    }

    @Test // case H
    void whatAnIndexRefusesIsKeptWhereItCanBeRead() {
        try (DocumentStore store = store(TestServers.openSearch().uri())) {
            Document misfit =
                    new Document(
                            "alerts",
                            EventId.next().toString(),
                            "{" + AT + ",\"observed\":\"many\"}");

            Document kept =
                    Documents.refused(misfit, "mapper_parsing_exception", Instant.now())
                            .orElseThrow();

            assertThat(store.create(List.of(kept))).containsExactly(new Creation.Created());
            assertThat(Documents.refused(kept, "again", Instant.now())).isEmpty();
        }
    }

    @Test // case H
    void aDocumentWaitsForAPipelineThatIsMissing() throws Exception {
        URI server = TestServers.openSearch().uri();
        try (DocumentStore store = store(server)) {
            store.create(List.of(call()));
            Document late = call();
            put(server, "{\"index.final_pipeline\":\"missing\"}");
            try {
                assertThat(store.create(List.of(late)))
                        .containsExactly(new Creation.Busy("illegal_argument_exception"));
            } finally {
                put(server, "{\"index.final_pipeline\":null}");
            }
            assertThat(store.create(List.of(late))).containsExactly(new Creation.Created());
        }
    }

    @Test // case H
    void aDocumentWaitsWhileItsIndexIsNotWritable() throws Exception {
        URI server = TestServers.openSearch().uri();
        try (DocumentStore store = store(server)) {
            store.create(List.of(call()));
            Document late = call();
            put(server, "{\"index.blocks.write\":true}");
            try {
                assertThat(store.create(List.of(late)))
                        .containsExactly(new Creation.Busy("cluster_block_exception"));
            } finally {
                put(server, "{\"index.blocks.write\":null}");
            }
            assertThat(store.create(List.of(late))).containsExactly(new Creation.Created());
        }
    }

    @Test
    void manyDocumentsAreToldInTheirOrderHoweverManyRequestsTheyTake() {
        try (DocumentStore store = store(TestServers.openSearch().uri())) {
            String padding = "x".repeat(60_000);
            List<Document> documents = new ArrayList<>();
            for (int i = 0; i < 200; i++) {
                documents.add(
                        new Document(
                                "alerts",
                                EventId.next().toString(),
                                "{"
                                        + AT
                                        + (i == 150 ? ",\"observed\":\"many\"" : "")
                                        + ",\"note\":\""
                                        + padding
                                        + "\"}"));
            }

            List<Creation> creations = store.create(documents);

            assertThat(creations).hasSize(200);
            assertThat(creations.get(150)).isInstanceOf(Creation.Refused.class);
            assertThat(creations).filteredOn(Creation.Created.class::isInstance).hasSize(199);
        }
    }

    private static Document call() {
        return new Document("calls", EventId.next().toString(), "{" + AT + ",\"rows\":1}");
    }

    private static void put(URI server, String settings) throws Exception {
        try (HttpClient http = HttpClient.newHttpClient()) {
            HttpResponse<String> answer =
                    http.send(
                            HttpRequest.newBuilder(server.resolve("/calls/_settings"))
                                    .header("Content-Type", "application/json")
                                    .PUT(HttpRequest.BodyPublishers.ofString(settings))
                                    .build(),
                            HttpResponse.BodyHandlers.ofString());
            assertThat(answer.statusCode()).isEqualTo(200);
        }
    }

    @Test
    void aServerThatIsNotThereIsAnExpectedFailure() {
        try (DocumentStore store = store(URI.create("http://127.0.0.1:1"))) {
            assertThatThrownBy(() -> store.create(List.of(new Document("calls", "a", "{}"))))
                    .isInstanceOfSatisfying(
                            MonitorException.class,
                            e -> assertThat(e.code()).isEqualTo("index_unavailable"));
        }
    }

    private static DocumentStore store(URI uri) {
        return OpenSearchStore.connect(
                new OpenSearchSettings(uri, null, null, Duration.ofSeconds(10)),
                new Secrets(Map.of()));
    }
}
