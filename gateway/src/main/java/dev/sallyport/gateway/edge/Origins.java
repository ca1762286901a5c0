package dev.sallyport.gateway.edge;

import java.net.URI;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * The origins of web pages that may call. Programs send no {@code Origin}; a browser does, and a
 * page that made its name point to this machine (DNS rebinding) is told apart by it.
 */
final class Origins {

    private static final Set<String> LOOPBACK = Set.of("localhost", "127.0.0.1", "[::1]");

    /** Scheme, one of these hosts, and a port: what is longer is no origin. */
    private static final int LOOPBACK_CHARS_MAX = "https://localhost:65535".length();

    private final Set<String> allowed;

    Origins(List<String> allowed) {
        this.allowed =
                allowed.stream()
                        .map(origin -> origin.toLowerCase(Locale.ROOT))
                        .collect(Collectors.toUnmodifiableSet());
    }

    boolean allow(String origin) {
        String lower = origin.toLowerCase(Locale.ROOT);
        return allowed.contains(lower) || loopback(lower);
    }

    private static boolean loopback(String origin) {
        if (origin.length() > LOOPBACK_CHARS_MAX) {
            return false;
        }
        try {
            URI uri = URI.create(origin);
            String named = uri.getScheme() + "://" + uri.getRawAuthority();
            return uri.getHost() != null
                    && uri.getRawUserInfo() == null
                    && origin.equals(named)
                    && LOOPBACK.contains(uri.getHost())
                    && ("http".equals(uri.getScheme()) || "https".equals(uri.getScheme()));
        } catch (IllegalArgumentException e) {
            return false;
        }
    }
}
