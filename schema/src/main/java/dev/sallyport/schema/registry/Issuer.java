package dev.sallyport.schema.registry;

import java.net.URI;
import java.util.Map;
import java.util.Set;

/**
 * An OAuth authorization server that a tenant trusts.
 *
 * @param uri the issuer identifier, compared with the token's {@code iss} character by character
 *     (RFC 8414)
 * @param jwksUri where its keys are (RFC 7517)
 * @param algorithms the JWS algorithms that are accepted of it
 * @param claims claims that a token must carry with these values to lead to this tenant: what tells
 *     tenants apart that share an issuer; empty where the issuer serves this tenant alone
 */
public record Issuer(URI uri, URI jwksUri, Set<String> algorithms, Map<String, String> claims) {
    /** What may be accepted at all: signatures by keys that the issuer alone has. */
    public static final Set<String> ALGORITHMS =
            Set.of("RS256", "RS384", "RS512", "ES256", "ES384", "ES512");

    public Issuer {
        algorithms = Set.copyOf(algorithms);
        claims = Map.copyOf(claims);
        if (algorithms.isEmpty() || !ALGORITHMS.containsAll(algorithms)) {
            throw new IllegalArgumentException(
                    "algorithms must be some of "
                            + ALGORITHMS.stream().sorted().toList()
                            + ": "
                            + algorithms);
        }
    }
}
