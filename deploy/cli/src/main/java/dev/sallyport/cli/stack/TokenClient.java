package dev.sallyport.cli.stack;

import dev.sallyport.schema.json.Json;
import java.io.IOException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;

/** Gets access tokens with the client_credentials grant (RFC 6749 section 4.4). */
public final class TokenClient {
    private static final Duration TIMEOUT = Duration.ofSeconds(10);

    private TokenClient() {}

    /**
     * A new access token.
     *
     * @param subject whom the token is to stand for: the embedded server asks for no proof
     * @param scope scopes with spaces between them
     * @param audience what the token is for (RFC 8707)
     * @throws StackException {@code token_refused}
     */
    public static String fetch(
            URI endpoint, String client, String subject, String scope, URI audience) {
        Map<String, String> form =
                new TreeMap<>(
                        Map.of(
                                "grant_type",
                                "client_credentials",
                                "client_id",
                                client,
                                "client_secret",
                                "not-checked-here",
                                "sub",
                                subject,
                                "scope",
                                scope,
                                "resource",
                                audience.toString()));
        HttpRequest request =
                HttpRequest.newBuilder(endpoint)
                        .timeout(TIMEOUT)
                        .header("Content-Type", "application/x-www-form-urlencoded")
                        .POST(HttpRequest.BodyPublishers.ofString(encode(form)))
                        .build();
        try (HttpClient http = HttpClient.newHttpClient()) {
            HttpResponse<String> response =
                    http.send(request, HttpResponse.BodyHandlers.ofString());
            if (response.statusCode() != 200) {
                throw new StackException(
                        "token_refused",
                        "the OAuth server at "
                                + endpoint
                                + " answered "
                                + response.statusCode()
                                + ": "
                                + response.body());
            }
            return Json.mapper().readTree(response.body()).get("access_token").asString();
        } catch (IOException e) {
            throw new StackException(
                    "token_refused",
                    "the OAuth server at " + endpoint + " does not answer: is the stack running?",
                    e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new StackException("token_refused", "interrupted", e);
        }
    }

    private static String encode(Map<String, String> form) {
        return form.entrySet().stream()
                .map(entry ->
                        entry.getKey()
                                + "="
                                + URLEncoder.encode(entry.getValue(), StandardCharsets.UTF_8))
                .collect(Collectors.joining("&"));
    }
}
