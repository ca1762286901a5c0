package dev.sallyport.embedded;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static java.nio.charset.StandardCharsets.UTF_8;

import java.net.URI;
import java.net.URLEncoder;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import no.nav.security.mock.oauth2.http.OAuth2HttpRequest;
import no.nav.security.mock.oauth2.http.OAuth2HttpResponse;
import no.nav.security.mock.oauth2.http.Route;
import okhttp3.Headers;
import org.jspecify.annotations.Nullable;

/**
 * The authorization code grant with PKCE (RFC 6749 section 4.1, RFC 7636 S256, RFC 8707, RFC 9207):
 * a page asks for a name, believes it, and sends a code to a place on this machine.
 */
final class CodeLogin implements Route {

    private static final Duration CODE_LIFE = Duration.ofMinutes(1);
    private static final Duration TOKEN_LIFE = Duration.ofHours(1);
    private static final int CODES_MAX = 1_000;
    private static final int CODE_BYTES = 32;
    private static final int NAME_CHARACTERS_MAX = 100;
    private static final String LEAST_SCOPE = "mcp:read";
    private static final String SUBJECT = "subject";
    private static final Set<String> LOOPBACK = Set.of("127.0.0.1", "localhost", "[::1]");

    /** What of a request comes back with the form. */
    private static final List<String> KEPT =
            List.of(
                    "response_type",
                    "client_id",
                    "redirect_uri",
                    "scope",
                    "state",
                    "resource",
                    "code_challenge",
                    "code_challenge_method");

    private final EmbeddedOAuth server;
    private final InstantSource clock;
    private final SecureRandom random = new SecureRandom();

    /** Guarded by itself. */
    private final Map<String, Granted> codes = new LinkedHashMap<>();

    CodeLogin(EmbeddedOAuth server, InstantSource clock) {
        this.server = server;
        this.clock = clock;
    }

    private record Granted(
            String tenant,
            String subject,
            String client,
            String redirect,
            String scope,
            @Nullable String resource,
            String challenge,
            Instant until) {}

    /** Whether a code sent there stays on this machine (RFC 8252 section 7.3). */
    static boolean isLoopback(String uri) {
        try {
            URI parsed = URI.create(uri);
            return ("http".equals(parsed.getScheme()) || "https".equals(parsed.getScheme()))
                    && parsed.getHost() != null
                    && LOOPBACK.contains(parsed.getHost())
                    && parsed.getRawUserInfo() == null
                    && parsed.getRawFragment() == null;
        } catch (IllegalArgumentException e) {
            return false;
        }
    }

    @Override
    public boolean match(OAuth2HttpRequest request) {
        List<String> path = request.getOriginalUrl().pathSegments();
        if (path.size() != 2) {
            return false;
        }
        boolean post = request.getMethod().equals("POST");
        return (path.get(1).equals("authorize") && (post || request.getMethod().equals("GET")))
                || (path.get(1).equals("token")
                        && post
                        && "authorization_code"
                                .equals(request.getFormParameters().get("grant_type")));
    }

    @Override
    public OAuth2HttpResponse invoke(OAuth2HttpRequest request) {
        List<String> path = request.getOriginalUrl().pathSegments();
        try {
            String tenant = EmbeddedOAuth.checkedTenant(path.get(0));
            if (path.get(1).equals("token")) {
                return token(tenant, ClientCredentials.client(request), Answers.form(request));
            }
            if (request.getMethod().equals("GET")) {
                String query = request.getOriginalUrl().encodedQuery();
                return asked(tenant, Answers.fields(query == null ? "" : query), null);
            }
            Map<String, List<String>> form = Answers.form(request);
            return asked(tenant, form, Answers.one(form, SUBJECT));
        } catch (IllegalArgumentException | EmbeddedException e) {
            return Answers.error(400, "invalid_request", String.valueOf(e.getMessage()));
        }
    }

    /**
     * @param subject who signs in; null while nobody was asked
     */
    private OAuth2HttpResponse asked(
            String tenant, Map<String, List<String>> asked, @Nullable String subject) {
        String redirect = Answers.one(asked, "redirect_uri");
        String client = Answers.one(asked, "client_id");
        if (redirect == null || !isLoopback(redirect) || client == null) {
            return Answers.error(
                    400,
                    "invalid_request",
                    "name a client_id, and a redirect_uri on this machine, such as http://127.0.0.1:6274/callback");
        }
        String challenge = Answers.one(asked, "code_challenge");
        if (!"code".equals(Answers.one(asked, "response_type"))) {
            return back(tenant, redirect, asked, "error", "unsupported_response_type");
        }
        if (challenge == null || !"S256".equals(Answers.one(asked, "code_challenge_method"))) {
            return back(tenant, redirect, asked, "error", "invalid_request");
        }
        if (subject == null) {
            return page(tenant, client, asked);
        }
        if (subject.length() > NAME_CHARACTERS_MAX) {
            return back(tenant, redirect, asked, "error", "invalid_request");
        }
        String scope = Answers.one(asked, "scope");
        String code =
                remember(
                        new Granted(
                                tenant,
                                subject.strip(),
                                client,
                                redirect,
                                scope == null ? LEAST_SCOPE : scope,
                                Answers.one(asked, "resource"),
                                challenge,
                                clock.instant().plus(CODE_LIFE)));
        return back(tenant, redirect, asked, "code", code);
    }

    private OAuth2HttpResponse token(
            String tenant, @Nullable String client, Map<String, List<String>> form) {
        String code = Answers.one(form, "code");
        Granted granted = code == null ? null : forget(code);
        String verifier = Answers.one(form, "code_verifier");
        String redirect = Answers.one(form, "redirect_uri");
        if (granted == null
                || verifier == null
                || !granted.until().isAfter(clock.instant())
                || !granted.tenant().equals(tenant)
                || !granted.client().equals(client)
                || (redirect != null && !granted.redirect().equals(redirect))
                || !granted.challenge().equals(challenge(verifier))) {
            return Answers.error(
                    400,
                    "invalid_grant",
                    "the code is unknown, used or older than a minute, or its client, redirect_uri or code_verifier is another");
        }
        String resource = Answers.one(form, "resource");
        String audience = granted.resource() == null ? resource : granted.resource();
        if (audience == null || (resource != null && !resource.equals(audience))) {
            return Answers.error(
                    400, "invalid_target", "name what the token is for: the resource parameter");
        }
        Map<String, Object> answer = new LinkedHashMap<>();
        answer.put(
                "access_token",
                server.token(
                        tenant,
                        granted.subject(),
                        granted.client(),
                        granted.scope(),
                        List.of(audience),
                        Map.of(),
                        TOKEN_LIFE));
        answer.put("token_type", "Bearer");
        answer.put("expires_in", TOKEN_LIFE.toSeconds());
        answer.put("scope", granted.scope());
        return Answers.json(200, answer);
    }

    private String remember(Granted granted) {
        byte[] bytes = new byte[CODE_BYTES];
        random.nextBytes(bytes);
        String code = Base64.getUrlEncoder().withoutPadding().encodeToString(bytes);
        synchronized (codes) {
            if (codes.size() >= CODES_MAX) {
                codes.remove(codes.keySet().iterator().next());
            }
            codes.put(code, granted);
        }
        return code;
    }

    private @Nullable Granted forget(String code) {
        synchronized (codes) {
            return codes.remove(code);
        }
    }

    private static String challenge(String verifier) {
        try {
            return Base64.getUrlEncoder()
                    .withoutPadding()
                    .encodeToString(
                            MessageDigest.getInstance("SHA-256")
                                    .digest(verifier.getBytes(US_ASCII)));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JDK has SHA-256", e);
        }
    }

    private OAuth2HttpResponse back(
            String tenant,
            String redirect,
            Map<String, List<String>> asked,
            String name,
            String value) {
        String state = Answers.one(asked, "state");
        String location =
                redirect
                        + (redirect.contains("?") ? "&" : "?")
                        + name
                        + "="
                        + encoded(value)
                        + (state == null ? "" : "&state=" + encoded(state))
                        + "&iss="
                        + encoded(server.issuer(tenant).toString());
        return new OAuth2HttpResponse(
                Headers.of("Location", location, "Cache-Control", "no-store"), 302, null, null);
    }

    private static OAuth2HttpResponse page(
            String tenant, String client, Map<String, List<String>> asked) {
        StringBuilder page =
                new StringBuilder(
                                "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>Sign in</title>")
                        .append("<h1>Sign in to ")
                        .append(escaped(tenant))
                        .append("</h1><p>")
                        .append(escaped(client))
                        .append(
                                " asks for a token. This server believes any name: it is for this machine only.</p>")
                        .append(
                                "<form method=\"post\"><label>Name <input name=\"subject\" value=\"ana\" required maxlength=\"")
                        .append(NAME_CHARACTERS_MAX)
                        .append("\"></label>");
        for (String name : KEPT) {
            String value = Answers.one(asked, name);
            if (value != null) {
                page.append("<input type=\"hidden\" name=\"")
                        .append(name)
                        .append("\" value=\"")
                        .append(escaped(value))
                        .append("\">");
            }
        }
        page.append(" <button id=\"sign-in\">Sign in</button></form></html>");
        return new OAuth2HttpResponse(
                Headers.of(
                        "Content-Type",
                        "text/html; charset=utf-8",
                        "Cache-Control",
                        "no-store",
                        "Content-Security-Policy",
                        "default-src 'none'; frame-ancestors 'none'"),
                200,
                page.toString(),
                null);
    }

    private static String escaped(String text) {
        return text.replace("&", "&amp;")
                .replace("<", "&lt;")
                .replace(">", "&gt;")
                .replace("\"", "&quot;");
    }

    private static String encoded(String value) {
        return URLEncoder.encode(value, UTF_8);
    }
}
