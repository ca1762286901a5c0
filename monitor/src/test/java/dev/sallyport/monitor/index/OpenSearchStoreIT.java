package dev.sallyport.monitor.index;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sallyport.embedded.TestServers;
import dev.sallyport.monitor.fault.MonitorException;
import dev.sallyport.schema.id.EventId;
import dev.sallyport.schema.secret.Secrets;
import java.net.URI;
import java.time.Duration;
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
