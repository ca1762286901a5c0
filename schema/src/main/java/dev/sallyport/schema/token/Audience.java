package dev.sallyport.schema.token;

import java.net.URI;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a token has to be for (RFC 8707): this service's own resource identifier. A service on the
 * loopback interface is the same one under each name of that interface, and clients take the name
 * that their user typed.
 */
public final class Audience {

    private static final List<String> LOOPBACK = List.of("127.0.0.1", "localhost");

    private final URI url;
    private final List<URI> otherNames;

    /**
     * @param url the identifier
     */
    public Audience(URI url) {
        this.url = url;
        this.otherNames = otherNames(url);
    }

    /** The identifier. */
    public URI url() {
        return url;
    }

    /** Whether the value of an {@code aud} claim names this service. */
    public boolean isNamed(@Nullable String claimed) {
        return url.toString().equals(claimed)
                || otherNames.stream().anyMatch(other -> other.toString().equals(claimed));
    }

    /**
     * The identifier as a request addressed it.
     *
     * @param host the request's {@code Host} field; any but a name of the loopback interface, of a
     *     service that stands there, leads to the identifier as it is
     */
    public URI addressedAs(@Nullable String host) {
        return otherNames.stream()
                .filter(other -> other.getRawAuthority().equals(host))
                .findFirst()
                .orElse(url);
    }

    private static List<URI> otherNames(URI url) {
        String host = url.getHost();
        if (!"http".equals(url.getScheme()) || host == null || !LOOPBACK.contains(host)) {
            return List.of();
        }
        String rest = url.toString().substring("http://".length() + host.length());
        return LOOPBACK.stream()
                .filter(name -> !name.equals(host))
                .map(name -> URI.create("http://" + name + rest))
                .toList();
    }
}
