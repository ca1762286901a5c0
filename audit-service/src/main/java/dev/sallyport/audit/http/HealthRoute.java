package dev.sallyport.audit.http;

import dev.sallyport.audit.approval.Approvals;
import dev.sallyport.audit.turn.TurnLoop;
import io.javalin.config.RoutesConfig;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Tells whether the service does its work. The address is open to all: figures and partitions, and
 * no tenant.
 *
 * @param watched what must not stand still
 * @param approvals of which is told whether people can decide
 */
record HealthRoute(AuditHttp.Watched watched, Approvals approvals) {
    /** Where the health is told. */
    static final String PATH = "/healthz";

    /** How long no turn may succeed, and how long records may wait without any being taken. */
    private static final Duration STANDSTILL_MAX = Duration.ofSeconds(30);

    private static final int UNAVAILABLE = 503;

    void register(RoutesConfig routes) {
        routes.get(
                PATH,
                ctx -> {
                    boolean well = stuck().isEmpty();
                    var body = new LinkedHashMap<String, Object>();
                    body.put("status", well ? "ok" : "failing");
                    body.putAll(figures());
                    body.put("stuck", stuck());
                    ctx.status(well ? 200 : UNAVAILABLE);
                    Answers.json(ctx, body);
                });
    }

    private Map<String, Object> figures() {
        var progress = watched.ingest().progress();
        var body = new LinkedHashMap<String, Object>();
        body.put("ingestLastTurnMillisAgo", watched.ingesting().sinceLastTurn().toMillis());
        body.put("checkpointsLastTurnMillisAgo", watched.publishing().sinceLastTurn().toMillis());
        body.put("lastProgressMillisAgo", sinceProgress().toMillis());
        body.put("lagRecords", progress.known() ? progress.lag() : null);
        body.put("lagging", progress.lags());
        body.put("rejectedSinceStart", watched.ingest().rejected());
        body.put("gapsSinceStart", watched.ingest().gaps());
        body.put("parkedLogs", watched.ingest().stuck().size());
        body.put("inconsistentLogs", watched.publisher().unsigned().size());
        body.put("approvals", approvals.readiness());
        return body;
    }

    /** What does not go on, each with the reason. */
    private List<String> stuck() {
        var stuck = new ArrayList<String>();
        if (isLong(watched.ingesting().sinceLastTurn()) || isLong(sinceProgress())) {
            stuck.add("ingestion: " + reason(watched.ingesting()));
        }
        if (isLong(watched.publishing().sinceLastTurn())) {
            stuck.add("checkpoints: " + reason(watched.publishing()));
        }
        int parked = watched.ingest().stuck().size();
        if (parked > 0) {
            // how many, not which: that is in the service's own log
            stuck.add(
                    "entries of " + parked + " logs: they are parked until the log can be written");
        }
        int unsigned = watched.publisher().unsigned().size();
        if (unsigned > 0) {
            stuck.add(
                    "checkpoints of "
                            + unsigned
                            + " logs: what is stored contradicts what was signed");
        }
        return stuck;
    }

    private Duration sinceProgress() {
        return Duration.between(watched.ingest().progress().since(), watched.clock().instant());
    }

    private static String reason(TurnLoop loop) {
        return loop.failure()
                .map(failure -> failure.code() + " since " + failure.since())
                .orElse("it does not say why");
    }

    private static boolean isLong(Duration time) {
        return time.compareTo(STANDSTILL_MAX) > 0;
    }
}
