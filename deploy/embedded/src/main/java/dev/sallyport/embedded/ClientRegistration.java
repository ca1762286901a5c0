package dev.sallyport.embedded;

import com.nimbusds.jose.util.JSONObjectUtils;
import java.text.ParseException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import no.nav.security.mock.oauth2.http.OAuth2HttpRequest;
import no.nav.security.mock.oauth2.http.OAuth2HttpResponse;
import no.nav.security.mock.oauth2.http.Route;

/**
 * Dynamic client registration (RFC 7591). Nothing is kept of a client: any may log in, and codes go
 * to this machine only.
 */
final class ClientRegistration implements Route {

    @Override
    public boolean match(OAuth2HttpRequest request) {
        List<String> path = request.getOriginalUrl().pathSegments();
        return request.getMethod().equals("POST")
                && path.size() == 2
                && path.get(1).equals("register");
    }

    @Override
    public OAuth2HttpResponse invoke(OAuth2HttpRequest request) {
        List<String> redirects;
        Map<String, Object> asked;
        try {
            asked = JSONObjectUtils.parse(request.getBody() == null ? "" : request.getBody());
            List<String> named = JSONObjectUtils.getStringList(asked, "redirect_uris");
            redirects = named == null ? List.of() : named;
        } catch (ParseException e) {
            return Answers.error(400, "invalid_client_metadata", "the body must be a JSON object");
        }
        if (redirects.isEmpty() || !redirects.stream().allMatch(CodeLogin::isLoopback)) {
            return Answers.error(
                    400,
                    "invalid_redirect_uri",
                    "redirect_uris must name places on this machine, such as http://127.0.0.1:6274/callback");
        }
        Map<String, Object> client = new LinkedHashMap<>();
        client.put("client_id", "client-" + UUID.randomUUID());
        client.put("redirect_uris", redirects);
        client.put("grant_types", List.of("authorization_code"));
        client.put("response_types", List.of("code"));
        client.put("token_endpoint_auth_method", "none");
        if (asked.get("client_name") instanceof String name) {
            client.put("client_name", name);
        }
        if (asked.get("scope") instanceof String scope) {
            client.put("scope", scope);
        }
        return Answers.json(201, client);
    }
}
