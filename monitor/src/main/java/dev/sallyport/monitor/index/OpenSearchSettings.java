package dev.sallyport.monitor.index;

import dev.sallyport.schema.config.Default;
import dev.sallyport.schema.config.Example;
import dev.sallyport.schema.secret.SecretReference;
import java.net.URI;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * How to reach OpenSearch.
 *
 * @param url such as {@code http://127.0.0.1:9200}
 * @param user for HTTP basic authentication, with {@code password}; absent where none is asked for
 * @param requestTimeout for connecting and for an answer
 */
public record OpenSearchSettings(
        @Example("http://127.0.0.1:9200") URI url,
        @Nullable String user,
        @Nullable SecretReference password,
        @Default("PT10S") Duration requestTimeout) {
    public OpenSearchSettings {
        if (url.getHost() == null
                || !("http".equals(url.getScheme()) || "https".equals(url.getScheme()))) {
            throw new IllegalArgumentException("url must be an http or https URL: " + url);
        }
        if ((user == null) != (password == null)) {
            throw new IllegalArgumentException("user and password must be given together");
        }
        if (requestTimeout.isNegative() || requestTimeout.isZero()) {
            throw new IllegalArgumentException(
                    "requestTimeout must be positive: " + requestTimeout);
        }
    }
}
