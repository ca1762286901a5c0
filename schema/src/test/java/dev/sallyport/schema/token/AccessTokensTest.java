package dev.sallyport.schema.token;

import static org.assertj.core.api.Assertions.assertThat;

import com.auth0.jwt.JWT;
import com.auth0.jwt.JWTCreator;
import com.auth0.jwt.algorithms.Algorithm;
import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.jwk.Curve;
import com.nimbusds.jose.jwk.JWKSet;
import com.nimbusds.jose.jwk.KeyUse;
import com.nimbusds.jose.jwk.RSAKey;
import com.nimbusds.jose.jwk.gen.ECKeyGenerator;
import com.nimbusds.jose.jwk.gen.RSAKeyGenerator;
import com.sun.net.httpserver.HttpServer;
import dev.sallyport.schema.id.CellId;
import dev.sallyport.schema.id.TenantId;
import dev.sallyport.schema.registry.Issuer;
import dev.sallyport.schema.registry.Registry;
import dev.sallyport.schema.registry.Scope;
import dev.sallyport.schema.registry.Tenant;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class AccessTokensTest {
    private static final URI AUDIENCE = URI.create("https://mcp.example/mcp");
    private static final URI ISSUER = URI.create("https://login.example/acme");
    private static final URI SHARED = URI.create("https://login.example/shared");
    private static final Instant NOW = Instant.parse("2026-11-22T08:00:00Z");
    private static final RSAKey KEY = key("k1");

    private final AtomicReference<Instant> clock = new AtomicReference<>(NOW);
    private final AtomicReference<Registry> registry = new AtomicReference<>(Registry.EMPTY);
    private final AtomicReference<String> keySet = new AtomicReference<>("");
    private final AtomicInteger fetches = new AtomicInteger();
    private HttpServer keys;
    private AccessTokens tokens;

    @BeforeEach
    void start() throws IOException {
        keys = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        keySet.set(new JWKSet(KEY.toPublicJWK()).toString());
        keys.createContext(
                "/",
                exchange -> {
                    fetches.incrementAndGet();
                    byte[] body = keySet.get().getBytes(StandardCharsets.UTF_8);
                    exchange.sendResponseHeaders(200, body.length);
                    exchange.getResponseBody().write(body);
                    exchange.close();
                });
        keys.start();
        registry.set(Registry.of(1, List.of(tenant("acme", issuer(ISSUER, Map.of())))));
        tokens = new AccessTokens(AUDIENCE, registry::get, clock::get);
    }

    @AfterEach
    void stop() {
        keys.stop(0);
    }

    @Test
    void aGoodTokenNamesItsTenantItsPersonAndItsScopes() {
        Verification verification =
                tokens.verifyHeader(
                        "Bearer " + token(t -> t.withClaim("scope", "mcp:read openid mcp:write")));
        assertThat(verification).isInstanceOf(Verification.Verified.class);
        Caller caller = ((Verification.Verified) verification).caller();
        assertThat(caller.tenant()).isEqualTo(new TenantId("acme"));
        assertThat(caller.subject()).isEqualTo("ana");
        assertThat(caller.client()).isEqualTo("agent-1");
        assertThat(caller.scopes()).containsExactlyInAnyOrder(Scope.READ, Scope.WRITE);
    }

    @ParameterizedTest // case E1
    @ValueSource(strings = {"scope", "scp"})
    void scopesMayComeAsTextAndAsAList(String claim) {
        assertThat(scopes(token(t -> t.withClaim(claim, "mcp:read mcp:write"))))
                .containsExactlyInAnyOrder(Scope.READ, Scope.WRITE);
        assertThat(
                        scopes(
                                token(t ->
                                        t.withArrayClaim(
                                                claim, new String[] {"mcp:read", null, "other"}))))
                .containsExactly(Scope.READ);
        assertThat(scopes(token(t -> t.withClaim(claim, 7)))).isEmpty();
    }

    private Set<Scope> scopes(String token) {
        return ((Verification.Verified) tokens.verify(token)).caller().scopes();
    }

    @ParameterizedTest // case D1
    @ValueSource(
            strings = {
                "null",
                "[]",
                "7",
                "\"text\"",
                "true",
                "",
                " ",
                "{",
                "{\"exp\":1e300}",
                "{\"exp\":9000000000000000000}",
                "{\"nbf\":-9000000000000000000}",
                "{\"iat\":31556889864403200}",
                "{\"exp\":1e2147483648}",
                "{\"exp\":1e-400}",
                "{\"exp\":\"soon\"}",
                "{\"exp\":null,\"iss\":null,\"sub\":null,\"aud\":null}",
                "{\"iss\":[],\"sub\":{},\"aud\":7}",
                "{\"iss\":7}",
                "{\"aud\":[null,7,{}]}",
                "{\"iss\":\":\"}"
            })
    void headersAndClaimsOfAnyFormAreRefusedInOrder(String json) {
        String odd = base64(json);
        String iss = base64("{\"iss\":\"" + ISSUER + "\"}");
        for (String token :
                List.of(
                        base64("{}") + "." + odd + ".x",
                        odd + "." + base64("{}") + ".x",
                        odd + "." + iss + ".x",
                        base64("{\"alg\":\"RS256\"}") + "." + odd + ".x",
                        odd + "." + odd + "." + odd)) {
            assertThat(tokens.verify(token)).as(json).isInstanceOf(Verification.Rejected.class);
        }
    }

    @Test // case D1
    void headerMembersOfAnyFormAreRefusedInOrder() {
        String iss = base64("{\"iss\":\"" + ISSUER + "\"}");
        for (String header :
                List.of(
                        "{\"alg\":7}",
                        "{\"alg\":null,\"kid\":null}",
                        "{\"alg\":[\"RS256\"]}",
                        "{\"alg\":\"RS256\",\"kid\":7}",
                        "{\"alg\":\"RS256\",\"kid\":{}}",
                        "{\"alg\":\"RS256\",\"typ\":7,\"kid\":\"k1\"}",
                        "{\"alg\":\"RS256\",\"kid\":\"k1\"}")) {
            assertThat(tokens.verify(base64(header) + "." + iss + ".x"))
                    .as(header)
                    .isInstanceOf(Verification.Rejected.class);
            assertThat(tokens.verify(base64(header) + "." + iss + ".=\u00e9"))
                    .as(header)
                    .isInstanceOf(Verification.Rejected.class);
        }
    }

    @ParameterizedTest // case D1
    @ValueSource(
            strings = {
                "\"exp\":\"1795335000\"",
                "\"exp\":true",
                "\"exp\":[1795335000]",
                "\"exp\":1e300",
                "\"exp\":9000000000000000000",
                "\"exp\":31556889864403199",
                // milliseconds would be good for 55,000 years
                "\"exp\":1795335000000",
                "\"nbf\":\"0\"",
                "\"nbf\":-9000000000000000000",
                "\"iat\":{}",
                "\"sub\":7",
                "\"sub\":[\"ana\"]",
                "\"sub\":true",
                "\"sub\":{}",
                "\"iss\":[\"x\"]",
                "\"x\":1,\"x\":2",
                "\"x\":{\"a\":1,\"a\":2}",
                "\"x\":1,\"\\u0078\":2"
            })
    void claimsOfAnotherFormAreRefusedThoughTheyAreSigned(String claims) throws JOSEException {
        rejected(tokens.verify(signed(HEADER, claims(claims))), TokenProblem.TOKEN_MALFORMED);
    }

    @Test // case D1
    void aClaimThatStandsTwiceOrIsNoUtf8IsRefusedThoughItIsSigned() throws JOSEException {
        String twice = claims("\"x\":1").replace("{", "{\"sub\":\"eve\",");
        rejected(tokens.verify(signed(HEADER, twice)), TokenProblem.TOKEN_MALFORMED);
        String deep = claims("\"x\":" + "[".repeat(100) + "]".repeat(100));
        rejected(tokens.verify(signed(HEADER, deep)), TokenProblem.TOKEN_MALFORMED);
        byte[] latin = claims("\"x\":\"\u00fc\"").getBytes(StandardCharsets.ISO_8859_1);
        rejected(
                tokens.verify(signed(HEADER.getBytes(StandardCharsets.UTF_8), latin)),
                TokenProblem.TOKEN_MALFORMED);
        rejected(
                tokens.verify(
                        signed(
                                "{\"alg\":\"none\",\"alg\":\"RS256\",\"kid\":\"k1\"}",
                                claims("\"x\":1"))),
                TokenProblem.TOKEN_MALFORMED);
        rejected(
                tokens.verify(signed("{\"alg\":\"RS256\",\"kid\":1}", claims("\"x\":1"))),
                TokenProblem.TOKEN_MALFORMED);
    }

    @Test // case D1
    void claimsOfAllowedFormsAreTaken() throws JOSEException {
        for (String claims :
                List.of(
                        "\"exp\":" + (NOW.getEpochSecond() + 60) + ".5",
                        "\"exp\":1.796e9",
                        "\"exp\":253402300799",
                        "\"nbf\":0",
                        "\"nbf\":null",
                        "\"nbf\":" + (NOW.getEpochSecond() + AccessTokens.LEEWAY.toSeconds()),
                        "\"iat\":" + (NOW.getEpochSecond() + 3600),
                        "\"aud\":[\"x\",\"" + AUDIENCE + "\"]",
                        "\"cnf\":null")) {
            assertThat(tokens.verify(signed(HEADER, claims(claims))))
                    .as(claims)
                    .isInstanceOf(Verification.Verified.class);
        }
        for (String header :
                List.of(
                        "{\"alg\":\"RS256\",\"kid\":\"k1\",\"typ\":\"AT+JWT\"}",
                        "{\"alg\":\"RS256\",\"kid\":\"k1\",\"typ\":\"application/at+jwt\"}",
                        // where the keys are is for the registry to say
                        "{\"alg\":\"RS256\",\"kid\":\"k1\",\"jku\":\"https://evil.example\",\"x5u\":7,\"jwk\":{}}")) {
            assertThat(tokens.verify(signed(header, claims("\"x\":1"))))
                    .as(header)
                    .isInstanceOf(Verification.Verified.class);
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "\"\"",
                "7",
                "{}",
                "[]",
                "[[\"https://mcp.example/mcp\"]]",
                "null",
                "\"https://mcp.example/mcp/\"",
                "\"https://MCP.example/mcp\"",
                "\"https://mcp.example\"",
                "\"https://mcp.example/mcp https://mcp.example/mcp\"",
                "\"*\""
            })
    void anAudienceThatIsNotExactlyThisServiceIsRefused(String audience) throws JOSEException {
        assertThat(tokens.verify(signed(HEADER, claims("\"aud\":" + audience))))
                .isInstanceOf(Verification.Rejected.class);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "https://login.example/acme/",
                "https://LOGIN.example/acme",
                "HTTPS://login.example/acme",
                "https://login.example/Acme",
                "https://login.example",
                "https://login.example/acme?a",
                "https://login.example/acme#a",
                "login.example/acme"
            })
    void anIssuerIsTheOneThatIsRegisteredAndNoOther(String issuer) {
        rejected(
                tokens.verify(token(t -> t.withIssuer(issuer))), TokenProblem.TOKEN_ISSUER_UNKNOWN);
    }

    @ParameterizedTest
    @ValueSource(strings = {"\\ud800", "a\\udc00b", "a\\u0000", "\\u009f", "a\\nb", "\\u2003"})
    void aSubjectThatNoEventCanHoldIsRefused(String subject) throws JOSEException {
        rejected(
                tokens.verify(signed(HEADER, claims("\"sub\":\"" + subject + "\""))),
                TokenProblem.TOKEN_CLAIM_MISSING);
        // what cannot be a client's name is none
        Verification other =
                tokens.verify(signed(HEADER, claims("\"client_id\":\"" + subject + "\"")));
        assertThat(((Verification.Verified) other).caller().client()).isEqualTo("ana");
    }

    /** RFC 7800: without the proof it would be worth as much to whoever stole it. */
    @Test
    void aTokenThatIsBoundToAKeyIsNoBearerToken() throws JOSEException {
        for (String bound : List.of("{\"jkt\":\"x\"}", "{\"x5t#S256\":\"x\"}", "{}", "7")) {
            Verification.Rejected rejected =
                    rejected(
                            tokens.verify(signed(HEADER, claims("\"cnf\":" + bound))),
                            TokenProblem.TOKEN_BOUND);
            assertThat(rejected.proved()).isNotNull();
        }
    }

    @Test
    void aKeyThatIsTooShortSignsNothing() throws JOSEException {
        RSAKey weak =
                new RSAKeyGenerator(1024, true).keyID("weak").keyUse(KeyUse.SIGNATURE).generate();
        keySet.set(new JWKSet(weak.toPublicJWK()).toString());
        String token =
                claims(JWT.create().withIssuer(ISSUER.toString()).withKeyId("weak"))
                        .sign(Algorithm.RSA256(null, weak.toRSAPrivateKey()));
        rejected(tokens.verify(token), TokenProblem.TOKEN_SIGNATURE_INVALID);
    }

    @Test
    void keysOfTheSameNameAreAllTried() throws JOSEException {
        keySet.set(new JWKSet(List.of(key("k1").toPublicJWK(), KEY.toPublicJWK())).toString());
        assertThat(tokens.verify(token(t -> t))).isInstanceOf(Verification.Verified.class);
    }

    @Test
    void aKeySetIsTakenFromWhereTheRegistrySaysAlone() {
        keys.createContext(
                "/moved",
                exchange -> {
                    exchange.getResponseHeaders().add("Location", "/jwks");
                    exchange.sendResponseHeaders(302, -1);
                    exchange.close();
                });
        Issuer moved = issuer(ISSUER, Map.of());
        registry.set(
                Registry.of(
                        1,
                        List.of(
                                tenant(
                                        "acme",
                                        new Issuer(
                                                moved.uri(),
                                                moved.jwksUri().resolve("/moved"),
                                                moved.algorithms(),
                                                moved.claims())))));
        rejected(tokens.verify(token(t -> t)), TokenProblem.ISSUER_UNREACHABLE);
        assertThat(fetches.get()).isZero();
    }

    @Test
    void aKeySetWithoutEndIsNotRead() {
        keySet.set("{\"keys\":[" + "{},".repeat(200_000) + KEY.toPublicJWK() + "]}");
        rejected(tokens.verify(token(t -> t)), TokenProblem.ISSUER_UNREACHABLE);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "null",
                "[]",
                "{}",
                "{\"keys\":null}",
                "{\"keys\":7}",
                "{\"keys\":[null,7,[]]}",
                "<html>"
            })
    void aKeySetThatIsNoneIsOursToMend(String answer) {
        keySet.set(answer);
        rejected(tokens.verify(token(t -> t)), TokenProblem.ISSUER_UNREACHABLE);
    }

    private static final String HEADER = "{\"alg\":\"RS256\",\"kid\":\"k1\"}";

    /** Good claims, of which the given ones take the place. */
    private static String claims(String members) {
        String name = members.substring(0, members.indexOf(':'));
        Map<String, String> good = new LinkedHashMap<>();
        good.put("\"iss\"", "\"" + ISSUER + "\"");
        good.put("\"sub\"", "\"ana\"");
        good.put("\"client_id\"", "\"agent-1\"");
        good.put("\"aud\"", "\"" + AUDIENCE + "\"");
        good.put("\"exp\"", String.valueOf(NOW.getEpochSecond() + 300));
        good.remove(name);
        StringBuilder json = new StringBuilder("{");
        good.forEach((key, value) -> json.append(key).append(':').append(value).append(','));
        return json.append(members).append('}').toString();
    }

    private static String signed(String header, String claims) throws JOSEException {
        return signed(
                header.getBytes(StandardCharsets.UTF_8), claims.getBytes(StandardCharsets.UTF_8));
    }

    private static String signed(byte[] header, byte[] claims) throws JOSEException {
        return signed(KEY, header, claims);
    }

    private static String signed(RSAKey key, String header, String claims) throws JOSEException {
        return signed(
                key,
                header.getBytes(StandardCharsets.UTF_8),
                claims.getBytes(StandardCharsets.UTF_8));
    }

    private static String signed(RSAKey key, byte[] header, byte[] claims) throws JOSEException {
        Base64.Encoder encoder = Base64.getUrlEncoder().withoutPadding();
        String first = encoder.encodeToString(header);
        String second = encoder.encodeToString(claims);
        byte[] signature =
                Algorithm.RSA256(null, key.toRSAPrivateKey())
                        .sign(
                                first.getBytes(StandardCharsets.US_ASCII),
                                second.getBytes(StandardCharsets.US_ASCII));
        return first + "." + second + "." + encoder.encodeToString(signature);
    }

    private static String base64(String text) {
        return Base64.getUrlEncoder()
                .withoutPadding()
                .encodeToString(text.getBytes(StandardCharsets.UTF_8));
    }

    @Test // case E2
    void anUnreadableKeyOfTheIssuerLeavesTheOthersInUse() {
        String good = KEY.toPublicJWK().toJSONString();
        keySet.set(
                """
                {"keys":[{"kty":"EC","crv":"P-256","kid":"off","x":"AA","y":"AA"},{"kty":"RSA","kid":"none"},\
                {"kty":"later","kid":"l"},{},%s,{"kty":"OKP","crv":"?","kid":"o"}]}
                """
                        .formatted(good));
        assertThat(tokens.verify(token(t -> t))).isInstanceOf(Verification.Verified.class);
    }

    @Test // case E3
    void aTokenThatNamesNoKeyIsCheckedWithTheOneThatFits() throws JOSEException {
        String unnamed = sign(claims(JWT.create().withIssuer(ISSUER.toString())));
        keySet.set(
                new JWKSet(List.of(KEY.toPublicJWK(), new ECKeyGenerator(Curve.P_256).generate()))
                        .toString());
        assertThat(tokens.verify(unnamed)).isInstanceOf(Verification.Verified.class);

        String forged =
                claims(JWT.create().withIssuer(ISSUER.toString()))
                        .sign(Algorithm.RSA256(null, key("k1").toRSAPrivateKey()));
        rejected(tokens.verify(forged), TokenProblem.TOKEN_SIGNATURE_INVALID);
    }

    @Test // case E3
    void aTokenThatNamesNoKeyIsRefusedWhereSeveralFit() {
        keySet.set(new JWKSet(List.of(KEY.toPublicJWK(), key("k2").toPublicJWK())).toString());
        String unnamed = sign(claims(JWT.create().withIssuer(ISSUER.toString())));
        rejected(tokens.verify(unnamed), TokenProblem.TOKEN_KEY_UNKNOWN);
    }

    @Test // case E4
    void theTenantsClaimMayBeAListOfOne() {
        registry.set(
                Registry.of(
                        1,
                        List.of(
                                tenant("acme", issuer(SHARED, Map.of("org", "a"))),
                                tenant("globex", issuer(SHARED, Map.of("org", "g"))))));
        Verification one = tokens.verify(shared("g"));
        assertThat(((Verification.Verified) one).caller().tenant())
                .isEqualTo(new TenantId("globex"));

        for (String[] several : List.of(new String[] {"a", "g"}, new String[] {"a", "x"})) {
            assertThat(rejected(tokens.verify(shared(several)), TokenProblem.TOKEN_TENANT_UNCLEAR))
                    .extracting(Verification.Rejected::message)
                    .asString()
                    .contains("org");
        }
        rejected(tokens.verify(shared()), TokenProblem.TOKEN_ISSUER_UNKNOWN);
    }

    private static String shared(String... orgs) {
        return token(t -> t.withIssuer(SHARED.toString()).withArrayClaim("org", orgs));
    }

    @Test
    void withoutATokenThereIsNobody() {
        rejected(tokens.verifyHeader(null), TokenProblem.TOKEN_MISSING);
        rejected(tokens.verifyHeader("Basic YTpi"), TokenProblem.TOKEN_MISSING);
        rejected(tokens.verifyHeader("Bearer "), TokenProblem.TOKEN_MISSING);
    }

    @Test
    void whatIsNoJwtIsMalformed() {
        rejected(tokens.verify("abc"), TokenProblem.TOKEN_MALFORMED);
        rejected(tokens.verify("a.b.c"), TokenProblem.TOKEN_MALFORMED);
        rejected(
                tokens.verify("x".repeat(AccessTokens.CHARS_MAX + 1)),
                TokenProblem.TOKEN_MALFORMED);
    }

    @Test // case E
    void aTokenIsWrittenInOneWay() {
        String token = token(t -> t);
        String[] parts = token.split("\\.", -1);
        assertThat(tokens.verifyHeader("bearer  " + token + " "))
                .isInstanceOf(Verification.Verified.class);
        for (String other :
                List.of(
                        token + "==",
                        token + ".",
                        token + "\n",
                        "." + token,
                        token + "." + parts[2],
                        token + " x",
                        token + ", Bearer " + token,
                        token + "," + token,
                        "\"" + token + "\"",
                        parts[0] + "." + parts[1] + ".",
                        parts[0] + "=." + parts[1] + "." + parts[2],
                        parts[0] + ". " + parts[1] + "." + parts[2],
                        // five parts are an encrypted one (RFC 7516)
                        parts[0] + ".." + parts[1] + "." + parts[1] + "." + parts[2])) {
            // strip() takes off what surrounds a token in the header, verify() takes nothing
            assertThat(tokens.verify(other)).as(other).isInstanceOf(Verification.Rejected.class);
        }
        for (String scheme :
                List.of("DPoP ", "Bearer\t", "Bearer", "Bearer:", "Basic ", "Token ", "JWT ", "")) {
            rejected(tokens.verifyHeader(scheme + token), TokenProblem.TOKEN_MISSING);
        }
    }

    @Test // case E
    void aKeyThatTheTokenBringsAlongIsNotUsed() throws JOSEException {
        RSAKey own = key("own");
        for (String header :
                List.of(
                        "{\"alg\":\"RS256\",\"jwk\":%s}",
                        "{\"alg\":\"RS256\",\"kid\":\"k1\",\"jwk\":%s}",
                        "{\"alg\":\"RS256\",\"kid\":\"own\",\"jwk\":%s}",
                        "{\"alg\":\"RS256\",\"kid\":\"../k1\",\"jwk\":%s}",
                        "{\"alg\":\"RS256\",\"kid\":\"\",\"jwk\":%s}",
                        "{\"alg\":\"RS256\",\"kid\":\"k1\",\"x5c\":[\"%s\"]}",
                        "{\"alg\":\"none\",\"kid\":\"k1\",\"jwk\":%s}",
                        "{\"alg\":\"rs256\",\"kid\":\"k1\",\"jwk\":%s}",
                        "{\"alg\":\"RS256 \",\"kid\":\"k1\",\"jwk\":%s}")) {
            String brought =
                    header.contains("x5c")
                            ? header.formatted("MIIB")
                            : header.formatted(own.toPublicJWK());
            assertThat(tokens.verify(signed(own, brought, claims("\"x\":1"))))
                    .as(brought)
                    .isInstanceOf(Verification.Rejected.class);
        }
    }

    @Test // case E
    void whatIsNotAsTheRegistryHasItCountsForNothing() throws JOSEException {
        for (String claims :
                List.of(
                        "\"tenant\":\"globex\"",
                        "\"org\":\"globex\"",
                        "\"act\":{\"sub\":\"eve\"}",
                        "\"sub_id\":{\"format\":\"opaque\",\"id\":\"eve\"}",
                        "\"scope\":{\"mcp:sql\":true}",
                        "\"scope\":\"MCP:SQL mcp:sql\\t mcp:*\"",
                        "\"scp\":[[\"mcp:sql\"]]",
                        "\"scope\":[\"mcp:read mcp:sql\"]")) {
            Verification verification = tokens.verify(signed(HEADER, claims(claims)));
            assertThat(verification).as(claims).isInstanceOf(Verification.Verified.class);
            Caller caller = ((Verification.Verified) verification).caller();
            assertThat(caller.tenant()).isEqualTo(new TenantId("acme"));
            assertThat(caller.subject()).isEqualTo("ana");
            assertThat(caller.scopes()).as(claims).isEmpty();
        }
    }

    @Test
    void anExpiredTokenIsRefusedEvenIfItWasSeenGood() {
        String token = token(t -> t);
        assertThat(tokens.verify(token)).isInstanceOf(Verification.Verified.class);
        clock.set(NOW.plus(Duration.ofMinutes(6)));
        Verification.Rejected rejected = rejected(tokens.verify(token), TokenProblem.TOKEN_EXPIRED);
        assertThat(rejected.proved()).isNotNull().extracting(Caller::subject).isEqualTo("ana");
    }

    @Test
    void aTokenOfTheFutureIsRefused() {
        rejected(
                tokens.verify(token(t -> t.withNotBefore(NOW.plusSeconds(60)))),
                TokenProblem.TOKEN_NOT_YET_VALID);
    }

    @Test
    void aTokenForAnotherServiceIsRefused() {
        rejected(
                tokens.verify(token(t -> t.withAudience("https://other.example"))),
                TokenProblem.TOKEN_AUDIENCE_WRONG);
    }

    @Test
    void aTokenWithoutExpiryOrSubjectIsRefused() {
        rejected(
                tokens.verify(sign(base().withSubject("ana").withAudience(AUDIENCE.toString()))),
                TokenProblem.TOKEN_CLAIM_MISSING);
        rejected(tokens.verify(token(t -> t.withSubject(" "))), TokenProblem.TOKEN_CLAIM_MISSING);
    }

    @Test
    void anUnknownIssuerLeadsNowhere() {
        rejected(
                tokens.verify(token(t -> t.withIssuer("https://evil.example"))),
                TokenProblem.TOKEN_ISSUER_UNKNOWN);
        registry.set(Registry.EMPTY);
        rejected(tokens.verify(token(t -> t)), TokenProblem.TOKEN_ISSUER_UNKNOWN);
    }

    @Test
    void aTenantThatIsRemovedIsShutOutAtOnce() {
        String token = token(t -> t);
        assertThat(tokens.verify(token)).isInstanceOf(Verification.Verified.class);
        registry.set(Registry.EMPTY);
        rejected(tokens.verify(token), TokenProblem.TOKEN_ISSUER_UNKNOWN);
    }

    @Test
    void aChangeOfTheIssuersEntryCountsAtOnce() {
        String token = token(t -> t);
        assertThat(tokens.verify(token)).isInstanceOf(Verification.Verified.class);
        Issuer before = issuer(ISSUER, Map.of());
        registry.set(
                Registry.of(
                        2,
                        List.of(
                                tenant(
                                        "acme",
                                        new Issuer(
                                                before.uri(),
                                                before.jwksUri(),
                                                Set.of("ES256"),
                                                Map.of())))));
        rejected(tokens.verify(token), TokenProblem.TOKEN_ALGORITHM_REFUSED);
        registry.set(Registry.of(3, List.of(tenant("acme", issuer(ISSUER, Map.of("org", "a"))))));
        rejected(tokens.verify(token), TokenProblem.TOKEN_ISSUER_UNKNOWN);
        registry.set(Registry.of(4, List.of(tenant("globex", before))));
        assertThat(((Verification.Verified) tokens.verify(token)).caller().tenant())
                .isEqualTo(new TenantId("globex"));
    }

    @Test
    void aKeyThatIsTakenBackIsGoodForAMinuteAtTheMost() throws JOSEException {
        String seen = token(t -> t);
        assertThat(tokens.verify(seen)).isInstanceOf(Verification.Verified.class);
        RSAKey next = key("k2");
        keySet.set(new JWKSet(next.toPublicJWK()).toString());
        String rotated =
                claims(JWT.create().withIssuer(ISSUER.toString()).withKeyId("k2"))
                        .sign(Algorithm.RSA256(null, next.toRSAPrivateKey()));

        assertThat(tokens.verify(rotated)).isInstanceOf(Verification.Verified.class);
        rejected(tokens.verify(token(t -> t.withJWTId("unseen"))), TokenProblem.TOKEN_KEY_UNKNOWN);
        assertThat(tokens.verify(seen)).isInstanceOf(Verification.Verified.class);
        clock.set(NOW.plus(AccessTokens.CACHED_FOR));
        rejected(tokens.verify(seen), TokenProblem.TOKEN_KEY_UNKNOWN);
    }

    @Test // case B4
    void aFloodOfTokensOfOneTenantIsRememberedWithinTheBoundAndPushesOutNobodyElses()
            throws JOSEException {
        registry.set(
                Registry.of(
                        1,
                        List.of(
                                tenant("acme", issuer(ISSUER, Map.of())),
                                tenant("globex", issuer(SHARED, Map.of())))));
        tokens = new AccessTokens(AUDIENCE, registry::get, clock::get, 100_000);
        String globex = token(t -> t.withIssuer(SHARED.toString()));
        assertThat(tokens.verify(globex)).isInstanceOf(Verification.Verified.class);
        String first = token(t -> t.withJWTId("0"));
        for (int i = 0; i < 300; i++) {
            String id = String.valueOf(i);
            assertThat(tokens.verify(token(t -> t.withJWTId(id))))
                    .isInstanceOf(Verification.Verified.class);
            assertThat(tokens.bytesRemembered()).isLessThanOrEqualTo(100_000);
        }
        assertThat(tokens.bytesRemembered()).isGreaterThan(90_000);

        // who is remembered needs no key of its issuer
        RSAKey next = key("k2");
        keySet.set(new JWKSet(next.toPublicJWK()).toString());
        tokens.verify(
                claims(JWT.create().withIssuer(ISSUER.toString()).withKeyId("k2"))
                        .sign(Algorithm.RSA256(null, next.toRSAPrivateKey())));
        assertThat(tokens.verify(globex)).isInstanceOf(Verification.Verified.class);
        rejected(tokens.verify(first), TokenProblem.TOKEN_KEY_UNKNOWN);
    }

    @Test
    void aSignatureByAnotherKeyIsRefused() throws JOSEException {
        RSAKey other = key("k1");
        String forged = claims(base()).sign(Algorithm.RSA256(null, other.toRSAPrivateKey()));
        rejected(tokens.verify(forged), TokenProblem.TOKEN_SIGNATURE_INVALID);
    }

    @Test
    void unsignedAndSharedKeyTokensAreRefused() throws JOSEException {
        rejected(
                tokens.verify(claims(base()).sign(Algorithm.none())),
                TokenProblem.TOKEN_ALGORITHM_REFUSED);
        byte[] publicKeyAsSecret = KEY.toRSAPublicKey().getEncoded();
        rejected(
                tokens.verify(claims(base()).sign(Algorithm.HMAC256(publicKeyAsSecret))),
                TokenProblem.TOKEN_ALGORITHM_REFUSED);
        rejected(
                tokens.verify(claims(base()).sign(Algorithm.RSA384(null, KEY.toRSAPrivateKey()))),
                TokenProblem.TOKEN_ALGORITHM_REFUSED);
    }

    @Test
    void aTokenIsNotChangedUnnoticed() {
        String[] parts = token(t -> t).split("\\.", -1);
        String claims =
                new String(Base64.getUrlDecoder().decode(parts[1]), StandardCharsets.UTF_8)
                        .replace("ana", "eve");
        String altered =
                parts[0]
                        + "."
                        + Base64.getUrlEncoder()
                                .withoutPadding()
                                .encodeToString(claims.getBytes(StandardCharsets.UTF_8))
                        + "."
                        + parts[2];
        rejected(tokens.verify(altered), TokenProblem.TOKEN_SIGNATURE_INVALID);
    }

    @Test
    void anIdTokenOrOneWithExtensionsIsNoAccessToken() {
        rejected(
                tokens.verify(token(t -> t.withHeader(Map.of("typ", "dpop+jwt")))),
                TokenProblem.TOKEN_MALFORMED);
        rejected(
                tokens.verify(token(t -> t.withHeader(Map.of("crit", List.of("b64"))))),
                TokenProblem.TOKEN_MALFORMED);
    }

    @Test
    void aFloodOfUnknownKeysFetchesFewTimesAndKnownOnesAreServed() {
        assertThat(tokens.verify(token(t -> t))).isInstanceOf(Verification.Verified.class);
        for (int i = 0; i < 50; i++) {
            String id = "unknown-" + i;
            rejected(tokens.verify(token(t -> t.withKeyId(id))), TokenProblem.TOKEN_KEY_UNKNOWN);
        }
        assertThat(fetches.get()).isLessThan(5);
        assertThat(tokens.verify(token(t -> t.withJWTId("fresh"))))
                .isInstanceOf(Verification.Verified.class);
    }

    @Test
    void anIssuerThatIsDownIsOursToMend() {
        keys.stop(0);
        for (int i = 0; i < 20; i++) {
            rejected(tokens.verify(token(t -> t)), TokenProblem.ISSUER_UNREACHABLE);
        }
    }

    @Test
    void anIssuerThatGoesDownKeepsTheKeysThatAreKnown() {
        assertThat(tokens.verify(token(t -> t))).isInstanceOf(Verification.Verified.class);
        keys.stop(0);
        for (int i = 0; i < 20; i++) {
            String id = "unknown-" + i;
            Verification unknown = tokens.verify(token(t -> t.withKeyId(id)));
            assertThat(unknown).isInstanceOf(Verification.Rejected.class);
            assertThat(tokens.verify(token(t -> t.withJWTId(id))))
                    .isInstanceOf(Verification.Verified.class);
        }
    }

    @Test
    void aSharedIssuerTellsTenantsApartByAClaim() {
        registry.set(
                Registry.of(
                        1,
                        List.of(
                                tenant("acme", issuer(SHARED, Map.of("org", "a"))),
                                tenant("globex", issuer(SHARED, Map.of("org", "g"))))));
        Verification globex =
                tokens.verify(token(t -> t.withIssuer(SHARED.toString()).withClaim("org", "g")));
        assertThat(((Verification.Verified) globex).caller().tenant())
                .isEqualTo(new TenantId("globex"));
        rejected(
                tokens.verify(token(t -> t.withIssuer(SHARED.toString()))),
                TokenProblem.TOKEN_ISSUER_UNKNOWN);
    }

    @Test
    void aTokenThatLeadsToTwoTenantsLeadsToNone() {
        registry.set(
                Registry.of(
                        1,
                        List.of(
                                tenant("acme", issuer(SHARED, Map.of())),
                                tenant("globex", issuer(SHARED, Map.of())))));
        rejected(
                tokens.verify(token(t -> t.withIssuer(SHARED.toString()))),
                TokenProblem.TOKEN_TENANT_UNCLEAR);
    }

    private static Verification.Rejected rejected(Verification verification, TokenProblem problem) {
        assertThat(verification).isInstanceOf(Verification.Rejected.class);
        Verification.Rejected rejected = (Verification.Rejected) verification;
        assertThat(rejected.problem()).isEqualTo(problem);
        assertThat(rejected.message()).isNotBlank();
        return rejected;
    }

    private static JWTCreator.Builder base() {
        return JWT.create().withIssuer(ISSUER.toString()).withKeyId("k1");
    }

    private static JWTCreator.Builder claims(JWTCreator.Builder builder) {
        return builder.withSubject("ana")
                .withClaim("client_id", "agent-1")
                .withAudience(AUDIENCE.toString())
                .withExpiresAt(NOW.plus(Duration.ofMinutes(5)));
    }

    private static String token(UnaryOperator<JWTCreator.Builder> change) {
        return sign(change.apply(claims(base())));
    }

    private static String sign(JWTCreator.Builder builder) {
        try {
            return builder.sign(Algorithm.RSA256(null, KEY.toRSAPrivateKey()));
        } catch (JOSEException e) {
            throw new IllegalStateException(e);
        }
    }

    private static RSAKey key(String id) {
        try {
            return new RSAKeyGenerator(2048).keyID(id).keyUse(KeyUse.SIGNATURE).generate();
        } catch (JOSEException e) {
            throw new IllegalStateException(e);
        }
    }

    private static Tenant tenant(String id, Issuer issuer) {
        return new Tenant(new TenantId(id), id, new CellId("main"), List.of(issuer), false);
    }

    private Issuer issuer(URI uri, Map<String, String> claims) {
        URI jwks =
                URI.create(
                        "http://"
                                + InetAddress.getLoopbackAddress().getHostAddress()
                                + ":"
                                + keys.getAddress().getPort()
                                + "/jwks");
        return new Issuer(uri, jwks, Set.of("RS256"), claims);
    }
}
