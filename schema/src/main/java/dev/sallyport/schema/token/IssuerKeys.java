package dev.sallyport.schema.token;

import com.nimbusds.jose.KeySourceException;
import com.nimbusds.jose.jwk.JWK;
import com.nimbusds.jose.jwk.JWKMatcher;
import com.nimbusds.jose.jwk.JWKSelector;
import com.nimbusds.jose.jwk.KeyUse;
import com.nimbusds.jose.jwk.source.JWKSource;
import com.nimbusds.jose.jwk.source.JWKSourceBuilder;
import com.nimbusds.jose.proc.SecurityContext;
import com.nimbusds.jose.util.DefaultResourceRetriever;
import java.net.MalformedURLException;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;

/**
 * The keys of issuers, cached: a known key is served while its issuer is down, and a flood of
 * unknown key ids leads to few fetches.
 */
final class IssuerKeys {
    private static final Duration CONNECT_TIMEOUT = Duration.ofSeconds(2);
    private static final Duration READ_TIMEOUT = Duration.ofSeconds(2);
    private static final int KEY_SET_BYTES_MAX = 256 * 1024;
    private static final Duration FRESH_FOR = Duration.ofMinutes(5);
    private static final Duration STALE_FOR = Duration.ofHours(12);
    private static final Duration BETWEEN_FETCHES = Duration.ofSeconds(10);

    private final ConcurrentMap<URI, JWKSource<SecurityContext>> sources =
            new ConcurrentHashMap<>();

    /**
     * The issuer's signature keys of that id.
     *
     * @throws KeySourceException if the issuer cannot be reached and nothing is cached
     */
    List<JWK> find(URI jwksUri, String keyId) throws KeySourceException {
        JWKMatcher matcher =
                new JWKMatcher.Builder().keyID(keyId).keyUses(KeyUse.SIGNATURE, null).build();
        return sources.computeIfAbsent(jwksUri, IssuerKeys::source)
                .get(new JWKSelector(matcher), null);
    }

    private static JWKSource<SecurityContext> source(URI jwksUri) {
        DefaultResourceRetriever retriever =
                new DefaultResourceRetriever(
                        (int) CONNECT_TIMEOUT.toMillis(),
                        (int) READ_TIMEOUT.toMillis(),
                        KEY_SET_BYTES_MAX);
        try {
            return JWKSourceBuilder.create(jwksUri.toURL(), retriever)
                    .cache(FRESH_FOR.toMillis(), READ_TIMEOUT.plus(CONNECT_TIMEOUT).toMillis())
                    .rateLimited(BETWEEN_FETCHES.toMillis())
                    .outageTolerant(STALE_FOR.toMillis())
                    .build();
        } catch (MalformedURLException e) {
            throw new IllegalArgumentException("jwksUri must be a URL: " + jwksUri, e);
        }
    }
}
