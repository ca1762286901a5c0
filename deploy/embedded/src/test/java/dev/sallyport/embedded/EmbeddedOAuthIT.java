package dev.sallyport.embedded;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.nimbusds.jose.crypto.RSASSAVerifier;
import com.nimbusds.jose.jwk.JWKSet;
import com.nimbusds.jose.util.JSONObjectUtils;
import com.nimbusds.jwt.SignedJWT;
import java.io.IOException;
import java.net.Socket;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class EmbeddedOAuthIT {

    private static final String CALLBACK = "http://127.0.0.1:6274/oauth/callback";

    /** The example of RFC 7636 appendix B. */
    private static final String VERIFIER = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";

    private static final String CHALLENGE = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

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

    @Test // case E7
    void aPersonLogsInByCodeWithARegisteredClient() throws Exception {
        EmbeddedOAuth oauth = TestServers.oauth();
        Map<String, Object> metadata =
                JSONObjectUtils.parse(
                        get(
                                oauth.address()
                                        .resolve("/.well-known/oauth-authorization-server/acme")));
        assertThat(metadata).containsEntry("issuer", oauth.issuer("acme").toString());
        Map<String, Object> client = register(metadata, CALLBACK);
        URI authorize =
                URI.create(metadata.get("authorization_endpoint") + "?" + form(asked(client)));
        assertThat(get(authorize)).contains("<form", "name=\"subject\"", "s&lt;t");

        Map<String, String> signed = new HashMap<>(asked(client));
        signed.put("resource", GATEWAY.toString());
        signed.put("subject", "ana");
        HttpResponse<String> back = post(oauth.authorizationEndpoint("acme"), signed);
        assertThat(back.statusCode()).isEqualTo(302);
        Map<String, List<String>> sent =
                Answers.fields(
                        URI.create(back.headers().firstValue("Location").orElseThrow())
                                .getRawQuery());
        assertThat(sent.get("state")).containsExactly("s<t");
        assertThat(sent.get("iss")).containsExactly(oauth.issuer("acme").toString());

        Map<String, String> exchange =
                Map.of(
                        "grant_type",
                        "authorization_code",
                        "client_id",
                        (String) client.get("client_id"),
                        "code",
                        Objects.requireNonNull(sent.get("code")).getFirst(),
                        "redirect_uri",
                        CALLBACK,
                        "code_verifier",
                        VERIFIER,
                        "resource",
                        GATEWAY.toString());
        HttpResponse<String> answer = post(oauth.tokenEndpoint("acme"), exchange);
        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
        SignedJWT token =
                SignedJWT.parse((String) JSONObjectUtils.parse(answer.body()).get("access_token"));
        assertThat(isSignedBy(token, oauth.jwksUri("acme"))).isTrue();
        assertThat(token.getJWTClaimsSet().getSubject()).isEqualTo("ana");
        assertThat(token.getJWTClaimsSet().getAudience()).containsExactly(GATEWAY.toString());
        assertThat(token.getJWTClaimsSet().getStringClaim("scope")).isEqualTo("mcp:read");

        assertThat(post(oauth.tokenEndpoint("acme"), exchange).body())
                .as("a code is good once")
                .contains("invalid_grant");
    }

    @Test // case E7
    void aCodeIsForTheOneWhoAskedForIt() throws Exception {
        EmbeddedOAuth oauth = TestServers.oauth();
        Map<String, String> signed = new HashMap<>(asked(Map.of("client_id", "c")));
        signed.put("resource", GATEWAY.toString());
        signed.put("subject", "ana");
        for (Map<String, String> wrong :
                List.of(
                        Map.of("code_verifier", "another"),
                        Map.of("client_id", "another"),
                        Map.of("redirect_uri", "http://127.0.0.1:1/other"))) {
            HttpResponse<String> back = post(oauth.authorizationEndpoint("acme"), signed);
            String query =
                    URI.create(back.headers().firstValue("Location").orElseThrow()).getRawQuery();
            Map<String, String> exchange =
                    new HashMap<>(
                            Map.of(
                                    "grant_type",
                                    "authorization_code",
                                    "client_id",
                                    "c",
                                    "code",
                                    Objects.requireNonNull(Answers.fields(query).get("code"))
                                            .getFirst(),
                                    "redirect_uri",
                                    CALLBACK,
                                    "code_verifier",
                                    VERIFIER));
            exchange.putAll(wrong);
            assertThat(post(oauth.tokenEndpoint("acme"), exchange).body())
                    .contains("invalid_grant");
        }
        signed.remove("code_challenge");
        assertThat(
                        post(oauth.authorizationEndpoint("acme"), signed)
                                .headers()
                                .firstValue("Location")
                                .orElseThrow())
                .contains("error=invalid_request")
                .doesNotContain("code=");
    }

    @ParameterizedTest // case E7
    @ValueSource(
            strings = {
                "https://evil.example/callback",
                "http://127.0.0.1.evil.example/",
                "http://127.0.0.1@evil.example/",
                "javascript:alert(1)",
                "//evil.example"
            })
    void aCodeNeverLeavesThisMachine(String redirect) throws Exception {
        EmbeddedOAuth oauth = TestServers.oauth();
        Map<String, String> signed = new HashMap<>(asked(Map.of("client_id", "c")));
        signed.put("redirect_uri", redirect);
        signed.put("subject", "ana");
        HttpResponse<String> answer = post(oauth.authorizationEndpoint("acme"), signed);
        assertThat(answer.statusCode()).isEqualTo(400);
        assertThat(answer.headers().firstValue("Location")).isEmpty();
    }

    @Test // case E7
    void onlyPagesOfThisMachineMayReadAnswers() throws Exception {
        URI jwks = TestServers.oauth().jwksUri("acme");
        assertThat(allowedOrigin(jwks, "http://localhost:6274")).contains("http://localhost:6274");
        assertThat(allowedOrigin(jwks, "https://evil.example")).isEmpty();
    }

    /** Whoever is answered here gets a token, so a page that a browser brings along is nobody. */
    @ParameterizedTest // case E7
    @CsvSource(
            delimiter = '|',
            value = {
                "Host: HERE|200",
                "Host: localhost:1|200",
                "Host: evil.example|403",
                "Host: 127.0.0.1.evil.example|403",
                "Host: evil.example%Origin: http://localhost:6274|403",
                "Host: HERE%Origin: https://evil.example|403",
                "Host: HERE%Origin: null|403",
                "Host: HERE%Origin: http://127.0.0.1@evil.example|403",
                "Host: HERE%Origin: http://localhost:6274%Sec-Fetch-Site: cross-site%Sec-Fetch-Mode: cors|200",
                "Host: HERE%Sec-Fetch-Site: cross-site%Sec-Fetch-Mode: no-cors|403",
                "Host: HERE%Sec-Fetch-Site: cross-site|403",
                "Host: HERE%Sec-Fetch-Site: cross-site%Sec-Fetch-Mode: navigate|200",
                "Host: HERE%Sec-Fetch-Site: none%Sec-Fetch-Mode: navigate|200"
            })
    void aPageFromElsewhereGetsNothing(String headers, int status) throws Exception {
        URI address = TestServers.oauth().address();
        String here = address.getAuthority();
        String form = "grant_type=client_credentials&client_id=a&resource=x";
        String head = headers.replace("HERE", here).replace("%", "\r\n") + "\r\nConnection: close";
        assertThat(
                        answered(
                                address,
                                "POST /acme/token HTTP/1.1\r\n%s\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: %d\r\n\r\n%s"
                                        .formatted(head, form.length(), form)))
                .startsWith("HTTP/1.1 " + status);
        assertThat(answered(address, "GET /acme/jwks HTTP/1.1\r\n%s\r\n\r\n".formatted(head)))
                .startsWith("HTTP/1.1 " + status);
    }

    private static String answered(URI address, String request) throws IOException {
        try (var socket = new Socket(address.getHost(), address.getPort())) {
            socket.getOutputStream().write(request.getBytes(UTF_8));
            return new String(socket.getInputStream().readAllBytes(), UTF_8);
        }
    }

    @ParameterizedTest // case E7
    @ValueSource(strings = {"plain", "s256", "S512", ""})
    void onlyAHashedChallengeIsTaken(String method) throws Exception {
        EmbeddedOAuth oauth = TestServers.oauth();
        Map<String, String> signed = new HashMap<>(asked(Map.of("client_id", "c")));
        signed.put("subject", "ana");
        signed.put("code_challenge_method", method);
        assertThat(
                        post(oauth.authorizationEndpoint("acme"), signed)
                                .headers()
                                .firstValue("Location")
                                .orElseThrow())
                .contains("error=invalid_request")
                .doesNotContain("code=");
    }

    private static Optional<String> allowedOrigin(URI uri, String origin) throws Exception {
        try (HttpClient client = HttpClient.newHttpClient()) {
            return client.send(
                            HttpRequest.newBuilder(uri).header("Origin", origin).build(),
                            HttpResponse.BodyHandlers.ofString())
                    .headers()
                    .firstValue("Access-Control-Allow-Origin");
        }
    }

    private static Map<String, Object> register(Map<String, Object> metadata, String redirect)
            throws Exception {
        HttpRequest request =
                HttpRequest.newBuilder(URI.create((String) metadata.get("registration_endpoint")))
                        .header("Content-Type", "application/json")
                        .POST(
                                HttpRequest.BodyPublishers.ofString(
                                        "{\"redirect_uris\":[\"" + redirect + "\"]}"))
                        .build();
        try (HttpClient client = HttpClient.newHttpClient()) {
            HttpResponse<String> answer =
                    client.send(request, HttpResponse.BodyHandlers.ofString());
            assertThat(answer.statusCode()).isEqualTo(201);
            return JSONObjectUtils.parse(answer.body());
        }
    }

    private static Map<String, String> asked(Map<String, Object> client) {
        return Map.of(
                "response_type", "code",
                "client_id", (String) client.get("client_id"),
                "redirect_uri", CALLBACK,
                "scope", "mcp:read",
                "state", "s<t",
                "code_challenge", CHALLENGE,
                "code_challenge_method", "S256");
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
        String body = form(form);
        HttpRequest request =
                HttpRequest.newBuilder(uri)
                        .header("Content-Type", "application/x-www-form-urlencoded")
                        .POST(HttpRequest.BodyPublishers.ofString(body))
                        .build();
        try (HttpClient client = HttpClient.newHttpClient()) {
            return client.send(request, HttpResponse.BodyHandlers.ofString());
        }
    }

    private static String form(Map<String, String> fields) {
        return String.join(
                "&",
                fields.entrySet().stream()
                        .map(e -> e.getKey() + "=" + URLEncoder.encode(e.getValue(), UTF_8))
                        .toList());
    }
}
