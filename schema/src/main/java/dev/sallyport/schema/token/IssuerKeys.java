package dev.sallyport.schema.token;

import com.nimbusds.jose.KeySourceException;
import com.nimbusds.jose.jwk.JWK;
import com.nimbusds.jose.jwk.JWKMatcher;
import com.nimbusds.jose.jwk.JWKSelector;
import com.nimbusds.jose.jwk.JWKSet;
import com.nimbusds.jose.jwk.KeyUse;
import com.nimbusds.jose.jwk.source.JWKSource;
import com.nimbusds.jose.jwk.source.JWKSourceBuilder;
import com.nimbusds.jose.jwk.source.RateLimitReachedException;
import com.nimbusds.jose.proc.SecurityContext;
import com.nimbusds.jose.util.DefaultResourceRetriever;
import com.nimbusds.jose.util.JSONObjectUtils;
import com.nimbusds.jose.util.Resource;
import java.io.IOException;
import java.net.HttpURLConnection;
import java.net.MalformedURLException;
import java.net.URI;
import java.net.URL;
import java.text.ParseException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

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

    private final ConcurrentMap<URI, Source> sources = new ConcurrentHashMap<>();

    /** The keys at one address, and the last ones that were fetched from there. */
    private record Source(JWKSource<SecurityContext> keys, AtomicReference<@Nullable Last> last) {}

    private record Last(JWKSet keys, long nanoTime) {
        boolean isStale() {
            return System.nanoTime() - nanoTime > STALE_FOR.toNanos();
        }
    }

    /**
     * The issuer's signature keys of that id.
     *
     * @param keyId null for the keys of any id
     * @throws KeySourceException if the issuer cannot be reached and none of its keys is known
     */
    List<JWK> find(URI jwksUri, @Nullable String keyId) throws KeySourceException {
        JWKMatcher.Builder matcher = new JWKMatcher.Builder().keyUses(KeyUse.SIGNATURE, null);
        if (keyId != null) {
            matcher.keyID(keyId);
        }
        var selector = new JWKSelector(matcher.build());
        Source source = sources.computeIfAbsent(jwksUri, IssuerKeys::source);
        try {
            return source.keys().get(selector, null);
        } catch (RateLimitReachedException e) {
            // others have just had them fetched, or have tried: nobody loses known keys by it
            Last last = source.last().get();
            if (last == null || last.isStale()) {
                throw new KeySourceException("the keys were not fetched", e);
            }
            return selector.select(last.keys());
        }
    }

    private static Source source(URI jwksUri) {
        var last = new AtomicReference<@Nullable Last>();
        DefaultResourceRetriever retriever =
                new DefaultResourceRetriever(
                        (int) CONNECT_TIMEOUT.toMillis(),
                        (int) READ_TIMEOUT.toMillis(),
                        KEY_SET_BYTES_MAX) {
                    /* The keys come from where the registry says, and from nowhere else. */
                    @Override
                    protected HttpURLConnection openHTTPConnection(URL url) throws IOException {
                        HttpURLConnection connection = super.openHTTPConnection(url);
                        connection.setInstanceFollowRedirects(false);
                        return connection;
                    }
                };
        try {
            JWKSource<SecurityContext> keys =
                    JWKSourceBuilder.create(
                                    jwksUri.toURL(),
                                    url -> {
                                        Resource read = readable(retriever.retrieveResource(url));
                                        last.set(new Last(parsed(read), System.nanoTime()));
                                        return read;
                                    })
                            .cache(
                                    FRESH_FOR.toMillis(),
                                    READ_TIMEOUT.plus(CONNECT_TIMEOUT).toMillis())
                            .rateLimited(BETWEEN_FETCHES.toMillis())
                            .outageTolerant(STALE_FOR.toMillis())
                            .build();
            return new Source(keys, last);
        } catch (MalformedURLException e) {
            throw new IllegalArgumentException("jwksUri must be a URL: " + jwksUri, e);
        }
    }

    /**
     * The key set without the keys that cannot be read (RFC 7517 section 5: they are to be
     * ignored); one of them must not shut out the holders of all others.
     */
    private static Resource readable(Resource keySet) throws IOException {
        List<Object> keys = new ArrayList<>();
        Map<String, Object> set;
        try {
            set = JSONObjectUtils.parse(keySet.getContent());
            if (set == null) {
                throw new IOException("the key set is null");
            }
            Map<String, Object>[] all = JSONObjectUtils.getJSONObjectArray(set, "keys");
            if (all == null) {
                throw new IOException("the key set has no keys");
            }
            for (Map<String, Object> key : all) {
                if (isReadable(key)) {
                    keys.add(key);
                }
            }
        } catch (ParseException e) {
            throw new IOException("the key set cannot be read", e);
        }
        set.put("keys", keys);
        return new Resource(JSONObjectUtils.toJSONString(set), keySet.getContentType());
    }

    private static JWKSet parsed(Resource keySet) throws IOException {
        try {
            return JWKSet.parse(keySet.getContent());
        } catch (ParseException e) {
            throw new IOException("the key set cannot be read", e);
        }
    }

    private static boolean isReadable(Map<String, Object> key) {
        try {
            JWK.parse(key);
            return true;
        } catch (ParseException | RuntimeException e) {
            // whatever a library fails with on what a stranger wrote
            return false;
        }
    }
}
