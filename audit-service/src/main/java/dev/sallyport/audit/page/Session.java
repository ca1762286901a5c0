package dev.sallyport.audit.page;

import dev.sallyport.audit.problem.AuditException;
import dev.sallyport.audit.problem.AuditProblem;
import io.javalin.http.Context;
import io.javalin.http.SameSite;
import jakarta.servlet.http.Cookie;
import java.net.URI;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The reader's access token in a cookie that no script can read and no other site can make a
 * browser send.
 *
 * @param publicUrl where readers reach the service
 * @param clock tells how long the token still lasts
 */
record Session(URI publicUrl, InstantSource clock) {
    /** Browsers keep a cookie of up to 4,096 bytes with its name (RFC 6265, section 6.1). */
    static final int TOKEN_CHARS_MAX = 4_000;

    private static final String COOKIE = "sallyport_console";
    private static final String PATH = "/console";

    /**
     * The token that the browser brought.
     *
     * @throws AuditException {@code header_repeated} where it brought several: a neighbour may have
     *     set one of them, and it cannot be told which
     */
    Optional<String> token(Context ctx) {
        Cookie @Nullable [] cookies = ctx.req().getCookies();
        var tokens =
                cookies == null
                        ? List.<String>of()
                        : Stream.of(cookies)
                                .filter(cookie -> cookie.getName().equals(name()))
                                .map(Cookie::getValue)
                                .filter(token -> !token.isEmpty())
                                .distinct()
                                .toList();
        if (tokens.size() > 1) {
            throw new AuditException(
                    AuditProblem.HEADER_REPEATED,
                    "The browser sent several sessions: delete the cookies of this address and sign in again.");
        }
        return tokens.stream().findFirst();
    }

    void open(Context ctx, String token, Instant expires) {
        long seconds = Math.max(1, Duration.between(clock.instant(), expires).toSeconds());
        cookie(ctx, token, (int) Math.min(Integer.MAX_VALUE, seconds));
    }

    void end(Context ctx) {
        cookie(ctx, "", 0);
    }

    private void cookie(Context ctx, String value, int seconds) {
        String path = secure() ? "/" : PATH;
        ctx.cookie(
                new io.javalin.http.Cookie(
                        name(), value, path, seconds, secure(), true, null, SameSite.STRICT));
    }

    /**
     * Over HTTPS the prefix makes browsers refuse a cookie that a neighbour sets for this host (RFC
     * 6265bis, section 4.1.3.2); it demands the path /.
     */
    private String name() {
        return secure() ? "__Host-" + COOKIE : COOKIE;
    }

    private boolean secure() {
        return "https".equals(publicUrl.getScheme());
    }

    /**
     * Refuses a form that another site's page sent. A browser says where a form comes from, in
     * Fetch Metadata (W3C, {@code Sec-Fetch-Site}) where the console's address is trustworthy
     * (https, or this machine), and in {@code Origin} everywhere. What says nothing is no browser
     * and brings no reader's cookie.
     */
    void requireOwnForm(Context ctx) {
        String site = ctx.header("Sec-Fetch-Site");
        String origin = ctx.header("Origin");
        boolean own = site == null || site.equals("same-origin");
        if (own && (origin == null || isOwn(origin, ctx))) {
            return;
        }
        throw new AuditException(
                AuditProblem.FORM_REFUSED, "the form must be sent from the console's own page");
    }

    /** The host is one of this service's names or an address: that was asked first. */
    private boolean isOwn(String origin, Context ctx) {
        String host = ctx.header("Host");
        return origin.equals(originOf(publicUrl))
                || origin.equals("http://" + host)
                || origin.equals("https://" + host);
    }

    private static String originOf(URI url) {
        String host = url.getHost().toLowerCase(Locale.ROOT);
        boolean usual =
                url.getPort() < 0 || url.getPort() == ("https".equals(url.getScheme()) ? 443 : 80);
        return url.getScheme() + "://" + host + (usual ? "" : ":" + url.getPort());
    }
}
