package dev.sallyport.audit.http;

import io.javalin.config.RoutesConfig;
import java.time.Duration;
import java.util.LinkedHashMap;

/**
 * Tells whether the service does its work.
 *
 * @param watched what must not stand still
 */
record HealthRoute(AuditHttp.Watched watched) {
    /** How long no turn may succeed. */
    private static final Duration STANDSTILL_MAX = Duration.ofSeconds(30);

    private static final int UNAVAILABLE = 503;

    void register(RoutesConfig routes) {
        routes.get(
                "/healthz",
                ctx -> {
                    var ingested = watched.ingesting().sinceLastTurn();
                    var published = watched.publishing().sinceLastTurn();
                    var inconsistent = watched.publisher().inconsistent();
                    boolean moving =
                            ingested.compareTo(STANDSTILL_MAX) <= 0
                                    && published.compareTo(STANDSTILL_MAX) <= 0;
                    var body = new LinkedHashMap<String, Object>();
                    body.put("status", moving && inconsistent.isEmpty() ? "ok" : "failing");
                    body.put("ingestLastTurnMillisAgo", ingested.toMillis());
                    body.put("checkpointsLastTurnMillisAgo", published.toMillis());
                    body.put("rejectedSinceStart", watched.ingest().rejected());
                    // how many, not which: this address is open to all
                    body.put("inconsistentLogs", inconsistent.size());
                    ctx.status(moving && inconsistent.isEmpty() ? 200 : UNAVAILABLE);
                    Answers.json(ctx, body);
                });
    }
}
