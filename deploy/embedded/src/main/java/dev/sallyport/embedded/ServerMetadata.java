package dev.sallyport.embedded;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import no.nav.security.mock.oauth2.http.OAuth2HttpRequest;
import no.nav.security.mock.oauth2.http.OAuth2HttpResponse;
import no.nav.security.mock.oauth2.http.Route;

/**
 * What an issuer can do (RFC 8414), under each address that clients look at: the well-known part
 * before the issuer's path, as RFC 8414 has it, and behind it, as OpenID Connect Discovery has it.
 */
final class ServerMetadata implements Route {

    private static final String WELL_KNOWN = ".well-known";
    private static final Set<String> DOCUMENTS =
            Set.of("oauth-authorization-server", "openid-configuration");
    private static final List<String> SCOPES =
            List.of(
                    "mcp:read",
                    "mcp:write",
                    "mcp:delete",
                    "mcp:sql",
                    "audit:read",
                    "audit:approve");

    private final EmbeddedOAuth server;

    ServerMetadata(EmbeddedOAuth server) {
        this.server = server;
    }

    @Override
    public boolean match(OAuth2HttpRequest request) {
        return request.getMethod().equals("GET") && tenant(request).isPresent();
    }

    @Override
    public OAuth2HttpResponse invoke(OAuth2HttpRequest request) {
        String issuer;
        try {
            issuer = server.issuer(tenant(request).orElseThrow()).toString();
        } catch (EmbeddedException e) {
            return Answers.error(404, "invalid_request", String.valueOf(e.getMessage()));
        }
        Map<String, Object> metadata = new LinkedHashMap<>();
        metadata.put("issuer", issuer);
        metadata.put("authorization_endpoint", issuer + "/authorize");
        metadata.put("token_endpoint", issuer + "/token");
        metadata.put("registration_endpoint", issuer + "/register");
        metadata.put("jwks_uri", issuer + "/jwks");
        metadata.put("scopes_supported", SCOPES);
        metadata.put("response_types_supported", List.of("code"));
        metadata.put("response_modes_supported", List.of("query"));
        metadata.put("grant_types_supported", List.of("authorization_code", "client_credentials"));
        metadata.put(
                "token_endpoint_auth_methods_supported",
                List.of("none", "client_secret_basic", "client_secret_post"));
        metadata.put("code_challenge_methods_supported", List.of("S256"));
        metadata.put("authorization_response_iss_parameter_supported", true);
        metadata.put("subject_types_supported", List.of("public"));
        metadata.put("id_token_signing_alg_values_supported", List.of("RS256"));
        return Answers.json(200, metadata);
    }

    private static Optional<String> tenant(OAuth2HttpRequest request) {
        List<String> path = request.getOriginalUrl().pathSegments();
        if (path.size() != 3) {
            return Optional.empty();
        }
        if (path.get(0).equals(WELL_KNOWN) && DOCUMENTS.contains(path.get(1))) {
            return Optional.of(path.get(2));
        }
        return path.get(1).equals(WELL_KNOWN) && DOCUMENTS.contains(path.get(2))
                ? Optional.of(path.get(0))
                : Optional.empty();
    }
}
