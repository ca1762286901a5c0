package dev.sallyport.schema.token;

import com.auth0.jwt.JWT;
import com.auth0.jwt.algorithms.Algorithm;
import com.auth0.jwt.exceptions.JWTDecodeException;
import com.auth0.jwt.exceptions.SignatureVerificationException;
import com.auth0.jwt.interfaces.Claim;
import com.auth0.jwt.interfaces.DecodedJWT;
import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.KeySourceException;
import com.nimbusds.jose.jwk.JWK;
import com.nimbusds.jose.jwk.RSAKey;
import dev.sallyport.schema.event.Principal;
import dev.sallyport.schema.registry.Issuer;
import dev.sallyport.schema.registry.IssuerTrust;
import dev.sallyport.schema.registry.IssuerTrust.Trusted;
import dev.sallyport.schema.registry.Registry;
import dev.sallyport.schema.registry.Scope;
import dev.sallyport.schema.token.Verification.Rejected;
import dev.sallyport.schema.token.Verification.Verified;
import java.net.URI;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.interfaces.RSAPublicKey;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Verifies access tokens as an OAuth 2.1 resource server: JWT (RFC 7519, RFC 9068) with issuer,
 * audience (RFC 8707), expiry, not-before and an algorithm allow-list for each issuer. Which tenant
 * a token leads to is for the registry to say, and a change there counts at once: a token that was
 * found good is remembered, for at most {@link #CACHED_FOR}, together with what the registry said
 * of its issuer, and looked at anew where that is no longer the same.
 */
public final class AccessTokens {
    /** The longest token that is looked at, in characters. */
    public static final int CHARS_MAX = 8_192;

    /** How far clocks may differ. */
    public static final Duration LEEWAY = Duration.ofSeconds(5);

    /** How long the check of a signature is remembered at the most. */
    public static final Duration CACHED_FOR = Duration.ofSeconds(60);

    private static final String BEARER = "Bearer ";

    /** Heap that remembered tokens of all tenants may take, in bytes. */
    private static final int CACHED_BYTES_MAX = 16 << 20;

    /** Of a remembered token: its entries and digest, the caller and its time. */
    private static final int ENTRY_BYTES = 800;

    /** Shorter RSA keys sign nothing (RFC 7518 section 3.3). */
    private static final int RSA_BITS_MIN = 2_048;

    /** The media types of access tokens, as {@code typ} abbreviates them; an ID token is none. */
    private static final Set<String> TYPES = Set.of("jwt", "at+jwt", "application/at+jwt");

    private final Audience audience;
    private final Supplier<Registry> registry;
    private final InstantSource clock;
    private final IssuerKeys keys = new IssuerKeys();
    private final RememberedTokens<Known> known;

    /**
     * @param audience what a token's {@code aud} must name: this service's own resource identifier
     */
    public AccessTokens(URI audience, Supplier<Registry> registry, InstantSource clock) {
        this(audience, registry, clock, CACHED_BYTES_MAX);
    }

    AccessTokens(
            URI audience, Supplier<Registry> registry, InstantSource clock, long cachedBytesMax) {
        this.audience = new Audience(audience);
        this.registry = registry;
        this.clock = clock;
        this.known = new RememberedTokens<>(cachedBytesMax, CACHED_FOR);
    }

    /** How much of the heap remembered tokens take. */
    long bytesRemembered() {
        return known.bytes();
    }

    /**
     * As {@link #verify}, of the value of an {@code Authorization} header (RFC 6750 section 2.1);
     * null where there was none.
     */
    public Verification verifyHeader(@Nullable String authorization) {
        if (authorization == null
                || !authorization.regionMatches(true, 0, BEARER, 0, BEARER.length())) {
            return rejected(
                    TokenProblem.TOKEN_MISSING,
                    "send an access token in the header: Authorization: Bearer <token>");
        }
        return verify(authorization.substring(BEARER.length()).strip());
    }

    /** Who the token stands for, or why it is not accepted. */
    public Verification verify(String token) {
        if (token.isEmpty()) {
            return rejected(TokenProblem.TOKEN_MISSING, "the bearer token is empty");
        }
        if (token.length() > CHARS_MAX) {
            return rejected(
                    TokenProblem.TOKEN_MALFORMED,
                    "an access token may have " + CHARS_MAX + " characters");
        }
        ByteBuffer digest = sha256(token);
        Optional<Known> good = known.get(digest, clock.instant());
        return good.isPresent()
                        && registry.get().trust(good.get().caller().issuer()) == good.get().trust()
                ? inTime(good.get())
                : verify(token, digest);
    }

    private static int bytes(Caller caller) {
        return ENTRY_BYTES + 2 * (caller.subject().length() + caller.client().length());
    }

    private Verification verify(String token, ByteBuffer digest) {
        Optional<String> fault = TokenForm.fault(token);
        if (fault.isPresent()) {
            return rejected(TokenProblem.TOKEN_MALFORMED, fault.get());
        }
        DecodedJWT decoded;
        try {
            decoded = JWT.decode(token);
        } catch (JWTDecodeException e) {
            return rejected(TokenProblem.TOKEN_MALFORMED, "the bearer token is not a JWT");
        }
        URI issuer = issuerUri(decoded);
        IssuerTrust trust = issuer == null ? IssuerTrust.NONE : registry.get().trust(issuer);
        Set<String> unclear = new TreeSet<>();
        // before the signature is checked: with whose keys is for the tenant's own entry to say
        List<Trusted> candidates = trust.of(name -> onlyText(decoded, name, unclear));
        if (!unclear.isEmpty()) {
            return rejected(
                    TokenProblem.TOKEN_TENANT_UNCLEAR,
                    "the token must have one value in the claim that names its tenant: "
                            + String.join(", ", unclear));
        }
        if (candidates.size() != 1) {
            return candidates.isEmpty()
                    ? issuerUnknown()
                    : rejected(
                            TokenProblem.TOKEN_TENANT_UNCLEAR,
                            "the token leads to more than one tenant");
        }
        Trusted candidate = candidates.getFirst();
        // issuers are compared as texts (RFC 8414 section 3.3); equal URIs may be written otherwise
        if (!candidate.issuer().uri().toString().equals(decoded.getIssuer())) {
            return issuerUnknown();
        }
        Rejected problem = signatureProblem(decoded, candidate.issuer());
        return problem == null ? claims(decoded, candidate, trust, digest) : problem;
    }

    private static Rejected issuerUnknown() {
        return rejected(
                TokenProblem.TOKEN_ISSUER_UNKNOWN,
                "no tenant trusts the token's issuer, or the token lacks the claim that names its tenant");
    }

    /**
     * The claim's text, which some issuers give as a list of one; null where it has none.
     *
     * @param unclear takes the claim's name where it has several values
     */
    private static @Nullable String onlyText(DecodedJWT token, String name, Set<String> unclear) {
        Claim claim = token.getClaim(name);
        String text = claim.asString();
        if (text != null) {
            return text;
        }
        List<String> values = listOf(claim);
        if (values.size() > 1) {
            unclear.add(name);
        }
        return values.size() == 1 ? values.getFirst() : null;
    }

    /**
     * A token that was found good but for the time.
     *
     * @param trust what the registry said of its issuer then
     * @param notBefore as the token has it; null where it has none
     */
    private record Known(Verified verified, IssuerTrust trust, @Nullable Instant notBefore) {
        Caller caller() {
            return verified.caller();
        }
    }

    /** Why the token's signature is not accepted, or null where it is. */
    private @Nullable Rejected signatureProblem(DecodedJWT token, Issuer issuer) {
        String type = token.getType();
        if (type != null && !TYPES.contains(type.toLowerCase(Locale.ROOT))) {
            return rejected(TokenProblem.TOKEN_MALFORMED, "the token's typ must be at+jwt or JWT");
        }
        if (!token.getHeaderClaim("crit").isMissing()) {
            return rejected(
                    TokenProblem.TOKEN_MALFORMED,
                    "the token has a crit header, and no extension is understood here");
        }
        String algorithm = token.getAlgorithm();
        if (algorithm == null || !issuer.algorithms().contains(algorithm)) {
            return rejected(
                    TokenProblem.TOKEN_ALGORITHM_REFUSED,
                    "the token must be signed with one of "
                            + issuer.algorithms().stream().sorted().toList());
        }
        String keyId = token.getKeyId();
        List<JWK> candidates;
        try {
            candidates =
                    keys.find(issuer.jwksUri(), keyId).stream()
                            .filter(key -> keyId != null || algorithm(algorithm, key) != null)
                            .toList();
        } catch (KeySourceException e) {
            return rejected(
                    TokenProblem.ISSUER_UNREACHABLE,
                    "the keys of the token's issuer cannot be fetched just now: try again");
        }
        if (candidates.isEmpty()) {
            return rejected(
                    TokenProblem.TOKEN_KEY_UNKNOWN, "the token's issuer has no such key (kid)");
        }
        if (keyId == null && candidates.size() > 1) {
            return rejected(
                    TokenProblem.TOKEN_KEY_UNKNOWN,
                    "the token names no key (kid), and its issuer has several that fit");
        }
        for (JWK key : candidates) {
            Algorithm verifier = algorithm(algorithm, key);
            if (verifier != null && signedBy(token, verifier)) {
                return null;
            }
        }
        return rejected(
                TokenProblem.TOKEN_SIGNATURE_INVALID, "the token's signature is not its issuer's");
    }

    private static @Nullable URI issuerUri(DecodedJWT token) {
        try {
            return token.getIssuer() == null ? null : URI.create(token.getIssuer());
        } catch (IllegalArgumentException e) {
            return null;
        }
    }

    /** The verifier of that algorithm with that key, or null where the key is not one for it. */
    private static @Nullable Algorithm algorithm(String name, JWK key) {
        if (key.getAlgorithm() != null && !key.getAlgorithm().getName().equals(name)) {
            return null;
        }
        try {
            return switch (name) {
                case "RS256" -> Algorithm.RSA256(rsa(key), null);
                case "RS384" -> Algorithm.RSA384(rsa(key), null);
                case "RS512" -> Algorithm.RSA512(rsa(key), null);
                case "ES256" -> Algorithm.ECDSA256(key.toECKey().toECPublicKey(), null);
                case "ES384" -> Algorithm.ECDSA384(key.toECKey().toECPublicKey(), null);
                case "ES512" -> Algorithm.ECDSA512(key.toECKey().toECPublicKey(), null);
                default -> null;
            };
        } catch (JOSEException | ClassCastException e) {
            return null;
        }
    }

    private static RSAPublicKey rsa(JWK key) throws JOSEException {
        RSAKey rsa = key.toRSAKey();
        if (rsa.size() < RSA_BITS_MIN) {
            throw new JOSEException(
                    "an RSA key must have " + RSA_BITS_MIN + " bits: " + rsa.size());
        }
        return rsa.toRSAPublicKey();
    }

    private static boolean signedBy(DecodedJWT token, Algorithm algorithm) {
        try {
            algorithm.verify(token);
            return true;
        } catch (SignatureVerificationException e) {
            return false;
        }
    }

    private Verification claims(
            DecodedJWT token, Trusted candidate, IssuerTrust trust, ByteBuffer digest) {
        String subject = token.getSubject();
        if (subject == null || !isName(subject)) {
            return rejected(
                    TokenProblem.TOKEN_CLAIM_MISSING,
                    "the token must carry sub, of 1 to "
                            + Principal.NAME_MAX
                            + " characters, none of them a control character or half of a surrogate pair");
        }
        Instant expires = token.getExpiresAtAsInstant();
        if (expires == null) {
            return rejected(TokenProblem.TOKEN_CLAIM_MISSING, "the token must carry exp");
        }
        Caller caller =
                new Caller(
                        candidate.tenant().id(),
                        subject,
                        clientOf(token, subject),
                        scopesOf(token),
                        candidate.issuer().uri(),
                        expires);
        if (isBound(token)) {
            return new Rejected(
                    TokenProblem.TOKEN_BOUND,
                    "the token is bound to a key (cnf), and no proof of possession is taken here: get one that is not",
                    caller);
        }
        var good = new Known(new Verified(caller), trust, token.getNotBeforeAsInstant());
        List<String> audiences = token.getAudience();
        boolean addressed = audiences != null && audiences.stream().anyMatch(audience::isNamed);
        if (addressed) {
            known.put(digest, caller.tenant(), good, bytes(caller), clock.instant());
        }
        Verification now = inTime(good);
        return addressed || now instanceof Rejected
                ? now
                : new Rejected(
                        TokenProblem.TOKEN_AUDIENCE_WRONG,
                        "the token's aud must name " + audience.url(),
                        caller);
    }

    /**
     * Whether the token is good for the holder of a key only (RFC 7800), by DPoP or mutual TLS.
     * Taken as a plain bearer token it would be worth as much to a thief.
     */
    private static boolean isBound(DecodedJWT token) {
        Claim confirmation = token.getClaim("cnf");
        return !confirmation.isMissing() && !confirmation.isNull();
    }

    /** Whether the text can be the name of a principal in events. */
    private static boolean isName(String text) {
        return !text.isBlank()
                && text.length() <= Principal.NAME_MAX
                && text.codePoints()
                        .noneMatch(c ->
                                Character.isISOControl(c)
                                        || Character.getType(c) == Character.SURROGATE);
    }

    private Verification inTime(Known good) {
        Instant time = clock.instant();
        Instant expires = good.caller().expires();
        if (!expires.plus(LEEWAY).isAfter(time)) {
            return new Rejected(
                    TokenProblem.TOKEN_EXPIRED,
                    "the token expired at " + expires + ": get a new one",
                    good.caller());
        }
        Instant notBefore = good.notBefore();
        if (notBefore != null && notBefore.minus(LEEWAY).isAfter(time)) {
            return new Rejected(
                    TokenProblem.TOKEN_NOT_YET_VALID,
                    "the token is not valid before " + notBefore,
                    good.caller());
        }
        return good.verified();
    }

    private static String clientOf(DecodedJWT token, String subject) {
        for (String name : List.of("client_id", "azp")) {
            String client = token.getClaim(name).asString();
            if (client != null && isName(client)) {
                return client;
            }
        }
        return subject;
    }

    /**
     * RFC 9068 gives {@code scope} as text, others give {@code scp}, and either may come as text or
     * as a list.
     */
    private static Set<Scope> scopesOf(DecodedJWT token) {
        Set<Scope> scopes = EnumSet.noneOf(Scope.class);
        for (String name : List.of("scope", "scp")) {
            Claim claim = token.getClaim(name);
            String text = claim.asString();
            List<String> names = text == null ? listOf(claim) : List.of(text.split(" ", -1));
            names.forEach(one -> Scope.find(one).ifPresent(scopes::add));
        }
        return scopes;
    }

    private static List<String> listOf(Claim claim) {
        try {
            List<String> list = claim.asList(String.class);
            return list == null ? List.of() : list.stream().filter(Objects::nonNull).toList();
        } catch (JWTDecodeException e) {
            return List.of();
        }
    }

    private static Rejected rejected(TokenProblem problem, String message) {
        return new Rejected(problem, message, null);
    }

    private static ByteBuffer sha256(String token) {
        try {
            return ByteBuffer.wrap(
                    MessageDigest.getInstance("SHA-256")
                            .digest(token.getBytes(StandardCharsets.UTF_8)));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JDK has SHA-256", e);
        }
    }
}
