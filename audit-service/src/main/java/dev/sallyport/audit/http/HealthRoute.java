package dev.sallyport.audit.http;

import dev.sallyport.audit.ingest.Ingest;
import dev.sallyport.audit.ingest.IngestLoop;
import dev.sallyport.audit.log.CheckpointPublisher;
import io.javalin.config.RoutesConfig;
import java.time.Duration;
import java.util.LinkedHashMap;

/**
 * Tells whether the service does its work.
 *
 * @param loop the loop that must not stand still
 * @param ingest counts what was rejected
 * @param publisher knows of logs that contradict what was signed
 */
record HealthRoute(IngestLoop loop, Ingest ingest, CheckpointPublisher publisher) {
    /** How long no turn may succeed. */
    private static final Duration STANDSTILL_MAX = Duration.ofSeconds(30);

    private static final int UNAVAILABLE = 503;

    void register(RoutesConfig routes) {
        routes.get(
                "/healthz",
                ctx -> {
                    var since = loop.sinceLastTurn();
                    var inconsistent = publisher.inconsistent().stream().sorted().toList();
                    boolean moving = since.compareTo(STANDSTILL_MAX) <= 0;
                    var body = new LinkedHashMap<String, Object>();
                    body.put("status", moving && inconsistent.isEmpty() ? "ok" : "failing");
                    body.put("ingestLastTurnMillisAgo", since.toMillis());
                    body.put("rejectedSinceStart", ingest.rejected());
                    // how many, not which: this address is open to all
                    body.put("inconsistentLogs", inconsistent.size());
                    ctx.status(moving && inconsistent.isEmpty() ? 200 : UNAVAILABLE);
                    Answers.json(ctx, body);
                });
    }
}
