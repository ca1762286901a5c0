package dev.sallyport.embedded;

import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.JOSEObjectType;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.JWSHeader;
import com.nimbusds.jose.crypto.RSASSASigner;
import com.nimbusds.jose.jwk.RSAKey;
import com.nimbusds.jwt.JWTClaimsSet;
import com.nimbusds.jwt.SignedJWT;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Date;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.UUID;
import java.util.regex.Pattern;
import no.nav.security.mock.oauth2.MockOAuth2Server;
import no.nav.security.mock.oauth2.OAuth2Config;
import no.nav.security.mock.oauth2.token.OAuth2TokenProvider;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * An OAuth 2 authorization server with one issuer a tenant, listening on 127.0.0.1 without TLS. It
 * gives a token to whoever asks: it stands in for a company's identity provider in the local stack
 * and in tests, never in production.
 */
public final class EmbeddedOAuth implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(EmbeddedOAuth.class);

    private static final String LOOPBACK = "127.0.0.1";
    private static final Pattern TENANT = Pattern.compile("[a-z0-9][a-z0-9._-]{0,62}");
    private static final JOSEObjectType ACCESS_TOKEN = new JOSEObjectType("at+jwt");

    private final FolderLock lock;
    private final InstantSource clock;
    private final SigningKeys keys;
    private final int port;
    private final MockOAuth2Server server;
    private boolean closed;

    private EmbeddedOAuth(FolderLock lock, InstantSource clock) {
        this.lock = lock;
        this.clock = clock;
        this.keys = new SigningKeys(lock.folder().resolve("keys"));
        this.port = new RememberedPorts(lock.folder()).port("oauth");
        this.server =
                new MockOAuth2Server(
                        new OAuth2Config(
                                false,
                                null,
                                null,
                                false,
                                new OAuth2TokenProvider(keys, clock::instant),
                                Set.of(),
                                new LoopbackHttpServer()),
                        new ServerMetadata(this),
                        new ClientRegistration(),
                        new CodeLogin(this, clock),
                        new ClientCredentials(this));
    }

    /**
     * Starts a server whose signing keys lie in this folder, and returns when it answers.
     *
     * @throws EmbeddedException when the folder is in use, or the server does not start
     */
    public static EmbeddedOAuth start(Path dataFolder) {
        return start(dataFolder, InstantSource.system());
    }

    /**
     * Starts a server that takes the time from this clock.
     *
     * @throws EmbeddedException when the folder is in use, or the server does not start
     */
    public static EmbeddedOAuth start(Path dataFolder, InstantSource clock) {
        FolderLock lock = FolderLock.take(dataFolder);
        try {
            EmbeddedOAuth oauth = new EmbeddedOAuth(lock, clock);
            oauth.server.start(InetAddress.getLoopbackAddress(), oauth.port);
            LOG.atInfo().addKeyValue("port", oauth.port).log("oauth server ready");
            return oauth;
        } catch (UncheckedIOException e) {
            lock.close();
            throw new EmbeddedException(
                    EmbeddedException.Code.NOT_READY,
                    "the OAuth server did not start: " + e.getMessage(),
                    e);
        } catch (RuntimeException e) {
            lock.close();
            throw e;
        }
    }

    /** The address below which every issuer lies. */
    public URI address() {
        return URI.create("http://%s:%d".formatted(LOOPBACK, port));
    }

    /** The issuer of this tenant's tokens, with its metadata and key set below it. */
    public URI issuer(String tenantId) {
        return URI.create("http://%s:%d/%s".formatted(LOOPBACK, port, checkedTenant(tenantId)));
    }

    /** Where this tenant's people sign in with a browser (grant authorization_code, PKCE). */
    public URI authorizationEndpoint(String tenantId) {
        return URI.create(issuer(tenantId) + "/authorize");
    }

    /** Where this tenant's clients get tokens over HTTP (grant client_credentials). */
    public URI tokenEndpoint(String tenantId) {
        return URI.create(issuer(tenantId) + "/token");
    }

    /** The public keys of this tenant's issuer (RFC 7517). */
    public URI jwksUri(String tenantId) {
        return URI.create(issuer(tenantId) + "/jwks");
    }

    /**
     * A signed access token (RFC 9068: type {@code at+jwt}, RS256) of this tenant's issuer.
     *
     * @param claims further claims, or other values for the usual ones; a null value leaves a claim
     *     out
     * @param life from now; negative gives a token that has expired
     */
    public String token(
            String tenantId,
            String subject,
            String clientId,
            Set<String> scopes,
            URI audience,
            Map<String, Object> claims,
            Duration life) {
        return token(
                tenantId,
                subject,
                clientId,
                String.join(" ", new TreeSet<>(scopes)),
                List.of(audience.toString()),
                claims,
                life);
    }

    String token(
            String tenantId,
            String subject,
            String clientId,
            String scope,
            List<String> audiences,
            Map<String, Object> claims,
            Duration life) {
        Instant now = clock.instant();
        RSAKey key = keys.keyOf(tenantId);
        JWTClaimsSet.Builder set =
                new JWTClaimsSet.Builder()
                        .issuer(issuer(tenantId).toString())
                        .subject(subject)
                        .audience(audiences)
                        .claim("client_id", clientId)
                        .claim("scope", scope)
                        .jwtID(UUID.randomUUID().toString())
                        .issueTime(Date.from(now))
                        .notBeforeTime(Date.from(now))
                        .expirationTime(Date.from(now.plus(life)));
        claims.forEach(set::claim);
        SignedJWT token =
                new SignedJWT(
                        new JWSHeader.Builder(JWSAlgorithm.RS256)
                                .type(ACCESS_TOKEN)
                                .keyID(key.getKeyID())
                                .build(),
                        set.build());
        try {
            token.sign(new RSASSASigner(key));
        } catch (JOSEException e) {
            throw new EmbeddedException(
                    EmbeddedException.Code.BAD_VALUE,
                    "cannot sign this token: " + e.getMessage(),
                    e);
        }
        return token.serialize();
    }

    /** Stops the server and gives the folder back. */
    @Override
    public synchronized void close() {
        if (closed) {
            return;
        }
        closed = true;
        try {
            server.shutdown();
        } finally {
            lock.close();
        }
    }

    static String checkedTenant(String tenantId) {
        if (!TENANT.matcher(tenantId).matches()) {
            throw new EmbeddedException(
                    EmbeddedException.Code.BAD_VALUE,
                    "a tenant's id is 1 to 63 of a-z, 0-9, dot, - and _, starting with a letter or digit: "
                            + tenantId);
        }
        return tenantId;
    }
}
