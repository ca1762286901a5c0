package dev.sallyport.cli.demo;

import dev.sallyport.schema.json.Json;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** How many documents OpenSearch shows in each of Sallyport's indices. */
final class OpenSearchCounts {
    private static final Duration TIMEOUT = Duration.ofSeconds(10);

    private OpenSearchCounts() {}

    static Map<String, Long> of(URI openSearch) {
        Map<String, Long> counts = new LinkedHashMap<>();
        try (HttpClient http =
                HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build()) {
            for (String index : List.of("calls", "alerts")) {
                HttpRequest request =
                        HttpRequest.newBuilder(openSearch.resolve("/" + index + "/_count"))
                                .timeout(TIMEOUT)
                                .build();
                HttpResponse<String> response =
                        http.send(request, HttpResponse.BodyHandlers.ofString());
                counts.put(
                        index,
                        response.statusCode() == 200
                                ? Json.mapper().readTree(response.body()).get("count").asLong()
                                : 0L);
            }
            return counts;
        } catch (IOException e) {
            throw new IllegalStateException("OpenSearch at " + openSearch + " does not answer", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted", e);
        }
    }
}
