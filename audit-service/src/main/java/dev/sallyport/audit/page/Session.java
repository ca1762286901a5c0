package dev.sallyport.audit.page;

import dev.sallyport.audit.problem.AuditException;
import dev.sallyport.audit.problem.AuditProblem;
import io.javalin.http.Context;
import io.javalin.http.Cookie;
import io.javalin.http.SameSite;
import java.net.URI;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Optional;

/**
 * The reader's access token in a cookie that no script can read, no other site can make a browser
 * send, and that goes to the console alone.
 *
 * @param publicUrl where readers reach the service
 * @param clock tells how long the token still lasts
 */
record Session(URI publicUrl, InstantSource clock) {
    private static final String COOKIE = "sallyport_console";
    private static final String PATH = "/console";

    Optional<String> token(Context ctx) {
        return Optional.ofNullable(ctx.cookie(COOKIE)).filter(token -> !token.isEmpty());
    }

    void open(Context ctx, String token, Instant expires) {
        long seconds = Math.max(1, Duration.between(clock.instant(), expires).toSeconds());
        cookie(ctx, token, (int) Math.min(Integer.MAX_VALUE, seconds));
    }

    void end(Context ctx) {
        cookie(ctx, "", 0);
    }

    private void cookie(Context ctx, String value, int seconds) {
        boolean secure = "https".equals(publicUrl.getScheme());
        ctx.cookie(new Cookie(COOKIE, value, PATH, seconds, secure, true, null, SameSite.STRICT));
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
        if (site == null ? origin == null || isOwn(origin, ctx) : site.equals("same-origin")) {
            return;
        }
        throw new AuditException(
                AuditProblem.FORM_REFUSED, "the form must be sent from the console's own page");
    }

    private boolean isOwn(String origin, Context ctx) {
        return origin.equals(originOf(publicUrl)) || origin.endsWith("//" + ctx.header("Host"));
    }

    private static String originOf(URI url) {
        return url.getScheme() + "://" + url.getAuthority();
    }
}
