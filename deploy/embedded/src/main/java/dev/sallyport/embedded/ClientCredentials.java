package dev.sallyport.embedded;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.net.URLDecoder;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import no.nav.security.mock.oauth2.http.OAuth2HttpRequest;
import no.nav.security.mock.oauth2.http.OAuth2HttpResponse;
import no.nav.security.mock.oauth2.http.Route;
import org.jspecify.annotations.Nullable;

/**
 * The token endpoint's client_credentials grant (RFC 6749 section 4.4): the token has the scope
 * that was asked for and, as audience, every {@code audience} and {@code resource} (RFC 8707)
 * parameter. Any client secret is accepted.
 */
final class ClientCredentials implements Route {

    private static final Duration LIFE = Duration.ofHours(1);
    private static final int PATH_SEGMENTS = 2;
    private static final String BASIC = "basic ";

    private final EmbeddedOAuth server;

    ClientCredentials(EmbeddedOAuth server) {
        this.server = server;
    }

    @Override
    public boolean match(OAuth2HttpRequest request) {
        List<String> path = request.getOriginalUrl().pathSegments();
        return request.getMethod().equals("POST")
                && path.size() == PATH_SEGMENTS
                && path.get(1).equals("token")
                && "client_credentials".equals(request.getFormParameters().get("grant_type"));
    }

    @Override
    public OAuth2HttpResponse invoke(OAuth2HttpRequest request) {
        try {
            return answer(
                    request.getOriginalUrl().pathSegments().getFirst(),
                    client(request),
                    Answers.form(request));
        } catch (IllegalArgumentException | EmbeddedException e) {
            return Answers.error(400, "invalid_request", String.valueOf(e.getMessage()));
        }
    }

    private OAuth2HttpResponse answer(
            String tenant, @Nullable String client, Map<String, List<String>> form) {
        if (client == null || client.isEmpty()) {
            return Answers.error(
                    401,
                    "invalid_client",
                    "name a client: Authorization: Basic, or the client_id parameter");
        }
        List<String> audiences = new ArrayList<>(form.getOrDefault("resource", List.of()));
        audiences.addAll(form.getOrDefault("audience", List.of()));
        if (audiences.isEmpty()) {
            return Answers.error(
                    400,
                    "invalid_target",
                    "name what the token is for: the resource or audience parameter");
        }
        String scope = String.join(" ", form.getOrDefault("scope", List.of())).strip();
        String subject = form.getOrDefault("sub", List.of(client)).getFirst();
        Map<String, Object> answer = new LinkedHashMap<>();
        answer.put(
                "access_token",
                server.token(tenant, subject, client, scope, audiences, Map.of(), LIFE));
        answer.put("token_type", "Bearer");
        answer.put("expires_in", LIFE.toSeconds());
        answer.put("scope", scope);
        return Answers.json(200, answer);
    }

    /** The client as it names itself; null where it does not. */
    static @Nullable String client(OAuth2HttpRequest request) {
        String authorization = request.getHeaders().get("Authorization");
        if (authorization != null
                && authorization.regionMatches(true, 0, BASIC, 0, BASIC.length())) {
            String pair =
                    new String(
                            Base64.getDecoder()
                                    .decode(authorization.substring(BASIC.length()).strip()),
                            UTF_8);
            int colon = pair.indexOf(':');
            return URLDecoder.decode(colon < 0 ? pair : pair.substring(0, colon), UTF_8);
        }
        List<String> named = Answers.form(request).getOrDefault("client_id", List.of());
        return named.isEmpty() ? null : named.getFirst();
    }
}
