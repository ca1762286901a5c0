package dev.sallyport.gateway.identity;

import dev.sallyport.schema.registry.Scope;
import dev.sallyport.schema.token.Audience;
import java.net.URI;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * This gateway as an OAuth 2.1 protected resource (RFC 9728), and the challenges that lead a client
 * to a token for it (RFC 6750).
 *
 * @param identifier the URL under which callers reach the endpoint, which the audience of a token
 *     must be
 * @param authorizationServers the issuers that a caller can get a token from
 * @param scopes the scopes that this resource knows
 */
public record ProtectedResource(
        URI identifier, List<String> authorizationServers, List<String> scopes) {

    /** Where the metadata stands, and below it the path of the endpoint again. */
    public static final String METADATA_PATH = "/.well-known/oauth-protected-resource";

    /** The response header that carries a challenge. */
    public static final String CHALLENGE_HEADER = "WWW-Authenticate";

    private static final String LEAST = Scope.READ.wire();

    public ProtectedResource {
        authorizationServers = List.copyOf(authorizationServers);
        scopes = List.copyOf(scopes);
    }

    /**
     * The same resource under the name by which the request addressed it, where that is another
     * name of the loopback interface.
     *
     * @param host the request's {@code Host} field
     */
    public ProtectedResource addressedAs(@Nullable String host) {
        URI named = new Audience(identifier).addressedAs(host);
        return named.equals(identifier)
                ? this
                : new ProtectedResource(named, authorizationServers, scopes);
    }

    /** The path of the endpoint. */
    public String path() {
        String path = identifier.getRawPath();
        return path == null || path.isEmpty() ? "/" : path;
    }

    /** The path of the metadata (RFC 9728 section 3.1). */
    public String metadataPath() {
        return path().equals("/") ? METADATA_PATH : METADATA_PATH + path();
    }

    /**
     * To a request without a token: RFC 6750 names no error then. The scope is the least that is of
     * any use; clients that are told none ask for none.
     */
    public String tokenChallenge() {
        return "Bearer scope=\"%s\", resource_metadata=\"%s\"".formatted(LEAST, metadataUrl());
    }

    /** To a request whose token cannot be used. */
    public String invalidTokenChallenge() {
        return "Bearer error=\"invalid_token\", scope=\"%s\", resource_metadata=\"%s\""
                .formatted(LEAST, metadataUrl());
    }

    /** Asks for a token with more scopes: all that the call needs, not only the missing ones. */
    public String scopeChallenge(List<String> needed) {
        return "Bearer error=\"insufficient_scope\", scope=\"%s\", resource_metadata=\"%s\""
                .formatted(String.join(" ", needed), metadataUrl());
    }

    private URI metadataUrl() {
        return identifier.resolve(metadataPath());
    }
}
