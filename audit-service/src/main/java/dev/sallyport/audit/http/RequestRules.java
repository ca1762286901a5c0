package dev.sallyport.audit.http;

import dev.sallyport.audit.problem.AuditException;
import dev.sallyport.audit.problem.AuditProblem;
import dev.sallyport.schema.http.SingleFields;
import io.javalin.http.Context;
import java.net.URI;
import java.util.List;
import java.util.Locale;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * What the header of a request must be before anybody asks what is wanted.
 *
 * @param ownName the name by which readers reach the service
 */
record RequestRules(String ownName) {
    private static final SingleFields SINGLE =
            new SingleFields(
                    List.of(
                            "Authorization",
                            "Content-Length",
                            "Content-Type",
                            "Host",
                            "Origin",
                            "Sec-Fetch-Site"));

    /** Javalin goes by it, and a proxy that lets nothing but GET pass does not. */
    private static final String METHOD_OVERRIDE = "X-HTTP-Method-Override";

    private static final Pattern ADDRESS =
            Pattern.compile("(?:[0-9]{1,3}\\.){3}[0-9]{1,3}|\\[[0-9a-f:.]+]");
    private static final Pattern HOST = Pattern.compile("(\\[[^]]*]|[^:]*)(?::[0-9]{1,5})?");

    static RequestRules of(URI publicUrl) {
        return new RequestRules(publicUrl.getHost().toLowerCase(Locale.ROOT));
    }

    /**
     * Refuses a request that could be read in two ways, or that was made by a page whose name
     * points here without being ours.
     *
     * @throws AuditException {@code header_repeated}, {@code header_invalid}, {@code host_unknown}
     */
    void require(Context ctx) {
        SINGLE.contradictory(ctx.req())
                .ifPresent(name -> {
                    throw new AuditException(
                            AuditProblem.HEADER_REPEATED,
                            "header "
                                    + name
                                    + " stands there several times with several values: send one");
                });
        if (ctx.header(METHOD_OVERRIDE) != null) {
            throw new AuditException(
                    AuditProblem.HEADER_INVALID,
                    "header " + METHOD_OVERRIDE + " is not taken: the method is the request's own");
        }
        // whoever asks for the health goes by an address that is nobody else's business
        if (!ctx.path().equals(HealthRoute.PATH) && !isOwn(ctx.header("Host"))) {
            throw new AuditException(
                    AuditProblem.HOST_UNKNOWN,
                    "the service is not called so: header Host must name publicUrl's host, localhost or an address; a proxy in front must pass it on");
        }
    }

    /**
     * Whether the host is this one. A page of a name that was made to point here (DNS rebinding)
     * brings that name; addresses cannot be made to point elsewhere.
     */
    private boolean isOwn(@Nullable String host) {
        if (host == null) {
            return false;
        }
        var parts = HOST.matcher(host.toLowerCase(Locale.ROOT));
        if (!parts.matches()) {
            return false;
        }
        String name = parts.group(1);
        return name.equals(ownName) || name.equals("localhost") || ADDRESS.matcher(name).matches();
    }
}
