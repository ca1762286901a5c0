package dev.sallyport.audit.http;

import dev.sallyport.audit.access.Access;
import dev.sallyport.audit.access.ReadRecorder;
import dev.sallyport.audit.ingest.Ingest;
import dev.sallyport.audit.log.CallProofs;
import dev.sallyport.audit.log.CheckpointPublisher;
import dev.sallyport.audit.log.LogReader;
import dev.sallyport.audit.note.VerifierKey;
import dev.sallyport.audit.search.EntrySearch;
import dev.sallyport.audit.turn.TurnLoop;
import io.javalin.Javalin;
import io.javalin.config.RoutesConfig;
import java.time.InstantSource;
import java.util.function.Consumer;

/** The HTTP server of the audit service. */
public final class AuditHttp implements AutoCloseable {
    private static final long REQUEST_BYTES_MAX = 65_536;

    private final Javalin server;

    private AuditHttp(Javalin server) {
        this.server = server;
    }

    /**
     * What the server needs.
     *
     * @param logs where the logs are read
     * @param search searches them
     * @param proofs makes proofs
     * @param key the public half of the signing key
     * @param access decides who may read
     * @param reads records who read
     */
    public record Parts(
            LogReader logs,
            EntrySearch search,
            CallProofs proofs,
            VerifierKey key,
            Access access,
            ReadRecorder reads) {}

    /** What health is told from. */
    public record Watched(
            TurnLoop ingesting,
            TurnLoop publishing,
            Ingest ingest,
            CheckpointPublisher publisher,
            InstantSource clock) {}

    /**
     * Starts the server.
     *
     * @param port the port, 0 for any that is free
     * @param console registers the pages
     */
    public static AuditHttp start(
            String host, int port, Parts parts, Watched watched, Consumer<RoutesConfig> console) {
        var server =
                Javalin.create(config -> {
                    config.startup.showJavalinBanner = false;
                    config.concurrency.useVirtualThreads = true;
                    config.http.maxRequestSize = REQUEST_BYTES_MAX;
                    config.http.prefer405over404 = true;
                    config.jetty.modifyHttpConfiguration(http -> http.setSendServerVersion(false));
                    config.routes.before(ctx -> ctx.header("X-Content-Type-Options", "nosniff"));
                    Answers.register(config.routes);
                    new LogRoutes(parts.logs(), parts.key(), parts.access(), parts.reads())
                            .register(config.routes);
                    new ApiRoutes(parts.access(), parts.reads(), parts.search(), parts.proofs())
                            .register(config.routes);
                    new HealthRoute(watched).register(config.routes);
                    console.accept(config.routes);
                });
        return new AuditHttp(server.start(host, port));
    }

    /** The port that the server listens on. */
    public int port() {
        return server.port();
    }

    @Override
    public void close() {
        var _ = server.stop();
    }
}
