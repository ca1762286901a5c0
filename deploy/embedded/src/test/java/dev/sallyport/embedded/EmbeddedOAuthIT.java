package dev.sallyport.embedded;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.nimbusds.jose.crypto.RSASSAVerifier;
import com.nimbusds.jose.jwk.JWKSet;
import com.nimbusds.jose.util.JSONObjectUtils;
import com.nimbusds.jwt.SignedJWT;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class EmbeddedOAuthIT {

    private static final URI GATEWAY = URI.create("http://127.0.0.1:8080/mcp");

    @Test
    void aTokenIsVerifiedByThePublishedKeysOfItsIssuerOnly() throws Exception {
        EmbeddedOAuth oauth = TestServers.oauth();
        SignedJWT token =
                SignedJWT.parse(
                        oauth.token(
                                "acme",
                                "ada",
                                "agent-1",
                                Set.of("mcp:write", "mcp:read"),
                                GATEWAY,
                                Map.of("department", "sales"),
                                Duration.ofMinutes(5)));
        assertThat(isSignedBy(token, oauth.jwksUri("acme"))).isTrue();
        assertThat(oauth.jwksUri("globex")).isNotEqualTo(oauth.jwksUri("acme"));
        assertThat(keys(oauth.jwksUri("globex")).getKeyByKeyId(token.getHeader().getKeyID()))
                .isNull();
        assertThat(token.getHeader().getType().getType()).isEqualTo("at+jwt");
        assertThat(token.getJWTClaimsSet().getIssuer()).isEqualTo(oauth.issuer("acme").toString());
        assertThat(token.getJWTClaimsSet().getAudience()).containsExactly(GATEWAY.toString());
        assertThat(token.getJWTClaimsSet().getStringClaim("scope")).isEqualTo("mcp:read mcp:write");
        assertThat(token.getJWTClaimsSet().getStringClaim("department")).isEqualTo("sales");
    }

    @Test
    void clientCredentialsGiveATokenForTheScopeAndResourceAskedFor() throws Exception {
        EmbeddedOAuth oauth = TestServers.oauth();
        HttpResponse<String> answer =
                post(
                        oauth.tokenEndpoint("acme"),
                        Map.of(
                                "grant_type", "client_credentials",
                                "client_id", "agent-7",
                                "client_secret", "anything",
                                "scope", "mcp:read mcp:write",
                                "resource", GATEWAY.toString()));
        assertThat(answer.statusCode()).isEqualTo(200);
        Map<String, Object> body = JSONObjectUtils.parse(answer.body());
        assertThat(body)
                .containsEntry("token_type", "Bearer")
                .containsEntry("scope", "mcp:read mcp:write");
        SignedJWT token = SignedJWT.parse((String) body.get("access_token"));
        assertThat(isSignedBy(token, oauth.jwksUri("acme"))).isTrue();
        assertThat(token.getJWTClaimsSet().getIssuer()).isEqualTo(oauth.issuer("acme").toString());
        assertThat(token.getJWTClaimsSet().getSubject()).isEqualTo("agent-7");
        assertThat(token.getJWTClaimsSet().getAudience()).containsExactly(GATEWAY.toString());
        assertThat(token.getJWTClaimsSet().getStringClaim("client_id")).isEqualTo("agent-7");
    }

    @Test
    void aRequestWithoutClientOrAudienceIsToldWhatIsMissing() throws Exception {
        URI endpoint = TestServers.oauth().tokenEndpoint("acme");
        HttpResponse<String> noClient =
                post(endpoint, Map.of("grant_type", "client_credentials", "audience", "x"));
        assertThat(noClient.statusCode()).isEqualTo(401);
        assertThat(noClient.body()).contains("invalid_client");
        HttpResponse<String> noAudience =
                post(endpoint, Map.of("grant_type", "client_credentials", "client_id", "a"));
        assertThat(noAudience.statusCode()).isEqualTo(400);
        assertThat(noAudience.body()).contains("invalid_target");
    }

    @Test
    void theMetadataNameTheIssuerAndItsEndpoints() throws Exception {
        EmbeddedOAuth oauth = TestServers.oauth();
        for (String document :
                new String[] {"oauth-authorization-server", "openid-configuration"}) {
            Map<String, Object> metadata =
                    JSONObjectUtils.parse(
                            get(URI.create(oauth.issuer("acme") + "/.well-known/" + document)));
            assertThat(metadata)
                    .containsEntry("issuer", oauth.issuer("acme").toString())
                    .containsEntry("token_endpoint", oauth.tokenEndpoint("acme").toString())
                    .containsEntry("jwks_uri", oauth.jwksUri("acme").toString());
        }
    }

    @Test
    void aTokenStaysValidOverARestart(@TempDir Path folder) throws Exception {
        SignedJWT token;
        try (EmbeddedOAuth oauth = EmbeddedOAuth.start(folder)) {
            token =
                    SignedJWT.parse(
                            oauth.token(
                                    "acme",
                                    "ada",
                                    "agent",
                                    Set.of(),
                                    GATEWAY,
                                    Map.of(),
                                    Duration.ofHours(1)));
        }
        try (EmbeddedOAuth oauth = EmbeddedOAuth.start(folder)) {
            assertThat(token.getJWTClaimsSet().getIssuer())
                    .isEqualTo(oauth.issuer("acme").toString());
            assertThat(isSignedBy(token, oauth.jwksUri("acme"))).isTrue();
        }
    }

    @Test
    void aTenantThatIsNoPlainWordIsRefused() {
        assertThatThrownBy(() -> TestServers.oauth().issuer("../acme"))
                .isInstanceOfSatisfying(
                        EmbeddedException.class,
                        e -> assertThat(e.code()).isEqualTo(EmbeddedException.Code.BAD_VALUE));
    }

    private static boolean isSignedBy(SignedJWT token, URI jwks) throws Exception {
        var key = keys(jwks).getKeyByKeyId(token.getHeader().getKeyID());
        return key != null && token.verify(new RSASSAVerifier(key.toRSAKey()));
    }

    private static JWKSet keys(URI jwks) throws Exception {
        return JWKSet.parse(get(jwks));
    }

    private static String get(URI uri) throws Exception {
        try (HttpClient client = HttpClient.newHttpClient()) {
            return client.send(
                            HttpRequest.newBuilder(uri).build(),
                            HttpResponse.BodyHandlers.ofString())
                    .body();
        }
    }

    private static HttpResponse<String> post(URI uri, Map<String, String> form) throws Exception {
        String body =
                String.join(
                        "&",
                        form.entrySet().stream()
                                .map(e -> e.getKey() + "=" + URLEncoder.encode(e.getValue(), UTF_8))
                                .toList());
        HttpRequest request =
                HttpRequest.newBuilder(uri)
                        .header("Content-Type", "application/x-www-form-urlencoded")
                        .POST(HttpRequest.BodyPublishers.ofString(body))
                        .build();
        try (HttpClient client = HttpClient.newHttpClient()) {
            return client.send(request, HttpResponse.BodyHandlers.ofString());
        }
    }
}
