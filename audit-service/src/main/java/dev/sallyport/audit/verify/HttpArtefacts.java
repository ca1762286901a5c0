package dev.sallyport.audit.verify;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.Optional;

/** A log that is served over HTTP. */
public final class HttpArtefacts implements Artefacts, AutoCloseable {
    private static final Duration CONNECT_TIMEOUT = Duration.ofSeconds(10);
    private static final Duration REQUEST_TIMEOUT = Duration.ofSeconds(30);

    private final HttpClient client =
            HttpClient.newBuilder().connectTimeout(CONNECT_TIMEOUT).build();
    private final URI prefix;
    private final Optional<String> token;

    /**
     * The log under this prefix.
     *
     * @param prefix for example {@code http://localhost:8082/log/acme}
     * @param token an access token, where the log's entries are not public
     */
    public HttpArtefacts(URI prefix, Optional<String> token) {
        this.prefix = URI.create(prefix.toString().replaceAll("/+$", "") + "/");
        this.token = token;
    }

    @Override
    public Fetched fetch(String path, int bytesMax) {
        URI uri = prefix.resolve(path);
        var request = HttpRequest.newBuilder(uri).timeout(REQUEST_TIMEOUT);
        token.ifPresent(bearer -> request.header("Authorization", "Bearer " + bearer));
        try {
            var response = client.send(request.build(), HttpResponse.BodyHandlers.ofInputStream());
            try (var body = response.body()) {
                return switch (response.statusCode()) {
                    case 200 -> found(body.readNBytes(bytesMax + 1), bytesMax);
                    case 404, 410 -> new Fetched.Absent();
                    case 401, 403 ->
                            new Fetched.Failed(
                                    uri
                                            + " asks for an access token of the log's own tenant that may read it (--token)");
                    default ->
                            new Fetched.Failed(
                                    uri + " answered with status " + response.statusCode());
                };
            }
        } catch (IOException unreachable) {
            return new Fetched.Failed(uri + " cannot be read: " + unreachable);
        } catch (InterruptedException stopped) {
            Thread.currentThread().interrupt();
            return new Fetched.Failed("interrupted while reading " + uri);
        }
    }

    private static Fetched found(byte[] bytes, int bytesMax) {
        return bytes.length > bytesMax ? new Fetched.TooLong(bytesMax) : new Fetched.Found(bytes);
    }

    @Override
    public void close() {
        client.close();
    }
}
