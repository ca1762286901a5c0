package dev.sallyport.embedded;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class EmbeddedOpenSearchIT {

    @Test
    void anIndexedDocumentIsFoundAndSurvivesARestart(@TempDir Path folder) throws Exception {
        URI uri;
        try (EmbeddedOpenSearch search = EmbeddedOpenSearch.start(folder)) {
            uri = search.uri();
            assertThat(
                            send(
                                    uri,
                                    "PUT",
                                    "/calls/_doc/1?refresh=true",
                                    "{\"tool\":\"db_query\",\"rows\":3}"))
                    .contains("\"result\":\"created\"");
            assertThat(send(uri, "GET", "/calls/_search?q=tool:db_query", null))
                    .contains("\"rows\":3");
            assertThat(send(uri, "GET", "/_cluster/health", null)).contains("\"status\":\"green\"");
        }
        try (EmbeddedOpenSearch search = EmbeddedOpenSearch.start(folder)) {
            assertThat(search.uri()).isEqualTo(uri);
            assertThat(send(uri, "GET", "/calls/_search?q=tool:db_query", null))
                    .contains("\"rows\":3");
        }
    }

    @Test
    void aDataStreamFromATemplateTakesDocuments() throws Exception {
        URI uri = TestServers.openSearch().uri();
        assertThat(
                        send(
                                uri,
                                "PUT",
                                "/_index_template/streams",
                                "{\"index_patterns\":[\"stream-*\"],\"data_stream\":{},"
                                        + "\"template\":{\"mappings\":{\"properties\":{\"text\":{\"type\":\"text\",\"analyzer\":\"english\"}}}}}"))
                .contains("\"acknowledged\":true");
        assertThat(
                        send(
                                uri,
                                "POST",
                                "/stream-calls/_doc?refresh=true",
                                "{\"@timestamp\":\"2026-11-22T00:00:00Z\",\"text\":\"reading customers\"}"))
                .contains("\"result\":\"created\"");
        assertThat(send(uri, "GET", "/stream-calls/_search?q=text:customer", null))
                .contains("reading customers");
        assertThat(
                        send(
                                uri,
                                "POST",
                                "/stream-calls/_delete_by_query?refresh=true",
                                "{\"query\":{\"match_all\":{}}}"))
                .contains("\"deleted\":1");
    }

    static String send(
            URI uri, String method, String path, @org.jspecify.annotations.Nullable String body)
            throws Exception {
        HttpRequest request =
                HttpRequest.newBuilder(uri.resolve(path))
                        .header("Content-Type", "application/json")
                        .method(
                                method,
                                body == null
                                        ? HttpRequest.BodyPublishers.noBody()
                                        : HttpRequest.BodyPublishers.ofString(body))
                        .build();
        try (HttpClient client = HttpClient.newHttpClient()) {
            return client.send(request, HttpResponse.BodyHandlers.ofString()).body();
        }
    }
}
