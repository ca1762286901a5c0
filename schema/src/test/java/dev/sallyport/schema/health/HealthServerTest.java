package dev.sallyport.schema.health;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sallyport.schema.SchemaException;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

class HealthServerTest {
    private static final String HOST = "127.0.0.1";

    @Test
    void whatWorksIsAnswered200() throws Exception {
        try (HealthServer server = HealthServer.start(HOST, 0, () -> health(true))) {
            HttpResponse<String> answer = ask(server, "GET", "/healthz");

            assertThat(answer.statusCode()).isEqualTo(200);
            assertThat(answer.body()).isEqualTo("{\"detection\":\"RUNNING\"}");
        }
    }

    @Test
    void whatDoesNotWorkIsAnswered503() throws Exception {
        try (HealthServer server = HealthServer.start(HOST, 0, () -> health(false))) {
            assertThat(ask(server, "GET", "/healthz").statusCode()).isEqualTo(503);
        }
    }

    @Test
    void otherPathsAndMethodsAreRefused() throws Exception {
        try (HealthServer server = HealthServer.start(HOST, 0, () -> health(true))) {
            assertThat(ask(server, "GET", "/").statusCode()).isEqualTo(404);
            assertThat(ask(server, "POST", "/healthz").statusCode()).isEqualTo(405);
        }
    }

    @Test
    void aPortThatIsTakenIsToldByItsKey() {
        try (HealthServer server = HealthServer.start(HOST, 0, () -> health(true))) {
            int taken = server.port();

            assertThatThrownBy(() -> HealthServer.start(HOST, taken, () -> health(true)))
                    .isInstanceOf(SchemaException.class)
                    .hasMessageContaining("health.port " + taken);
        }
    }

    private static Health health(boolean alive) {
        return new Health(alive, new TreeMap<>(Map.of("detection", "RUNNING")));
    }

    private static HttpResponse<String> ask(HealthServer server, String method, String path)
            throws IOException, InterruptedException {
        try (HttpClient client = HttpClient.newHttpClient()) {
            return client.send(
                    HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + server.port() + path))
                            .method(method, BodyPublishers.noBody())
                            .build(),
                    HttpResponse.BodyHandlers.ofString());
        }
    }
}
