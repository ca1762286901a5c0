package dev.sallyport.gateway.identity;

import java.net.URI;
import java.util.List;

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

    public ProtectedResource {
        authorizationServers = List.copyOf(authorizationServers);
        scopes = List.copyOf(scopes);
    }

    /** To a request without a token: RFC 6750 names no error then. */
    public String tokenChallenge() {
        return "Bearer resource_metadata=\"" + metadataUrl() + "\"";
    }

    /** To a request whose token cannot be used. */
    public String invalidTokenChallenge() {
        return "Bearer error=\"invalid_token\", resource_metadata=\"" + metadataUrl() + "\"";
    }

    /** Asks for a token with more scopes: all that the call needs, not only the missing ones. */
    public String scopeChallenge(List<String> needed) {
        return "Bearer error=\"insufficient_scope\", scope=\"%s\", resource_metadata=\"%s\""
                .formatted(String.join(" ", needed), metadataUrl());
    }

    private URI metadataUrl() {
        return identifier.resolve(METADATA_PATH + identifier.getPath());
    }
}
