package dev.sallyport.audit.http;

import dev.sallyport.audit.access.Access;
import dev.sallyport.audit.access.ReadRecorder;
import dev.sallyport.audit.access.ReadingPlaces;
import dev.sallyport.audit.approval.Approvals;
import dev.sallyport.audit.ingest.Ingest;
import dev.sallyport.audit.log.CallProofs;
import dev.sallyport.audit.log.CheckpointPublisher;
import dev.sallyport.audit.log.LogReader;
import dev.sallyport.audit.note.VerifierKey;
import dev.sallyport.audit.search.EntrySearch;
import dev.sallyport.audit.turn.TurnLoop;
import dev.sallyport.schema.http.CallerConnection;
import dev.sallyport.schema.http.CallerConnector;
import dev.sallyport.schema.http.Connections;
import dev.sallyport.schema.http.PlainErrors;
import io.javalin.Javalin;
import io.javalin.compression.CompressionStrategy;
import io.javalin.config.JettyConfig;
import io.javalin.config.RoutesConfig;
import io.javalin.http.Context;
import java.net.URI;
import java.time.Duration;
import java.time.InstantSource;
import java.util.function.Consumer;

/** The HTTP server of the audit service. */
public final class AuditHttp implements AutoCloseable {
    private static final long REQUEST_BYTES_MAX = 65_536;
    private static final int HEADER_BYTES_MAX = 16_384;

    /** Sockets are files, and the log's own connections need some too. */
    private static final int CONNECTIONS_MAX = 1_024;

    private static final CallerConnection.Times TIMES =
            new CallerConnection.Times(
                    Duration.ofSeconds(30), Duration.ofSeconds(10), Duration.ofMinutes(2));

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
     * @param approvals what calls wait for, and what people decide
     * @param key the public half of the signing key
     * @param access decides who may read
     * @param reads records who read
     * @param places the bounds of what is read at once
     * @param publicUrl where readers reach the service
     */
    public record Parts(
            LogReader logs,
            EntrySearch search,
            CallProofs proofs,
            Approvals approvals,
            VerifierKey key,
            Access access,
            ReadRecorder reads,
            ReadingPlaces places,
            URI publicUrl) {}

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
        var rules = RequestRules.of(parts.publicUrl());
        var server =
                Javalin.create(config -> {
                    config.startup.showJavalinBanner = false;
                    config.concurrency.useVirtualThreads = true;
                    config.http.compressionStrategy = CompressionStrategy.NONE;
                    config.http.maxRequestSize = REQUEST_BYTES_MAX;
                    config.http.prefer405over404 = true;
                    listen(config.jetty, host, port);
                    config.routes.before(ctx -> {
                        headers(ctx, parts.publicUrl());
                        rules.require(ctx);
                    });
                    Answers.register(config.routes);
                    new LogRoutes(
                                    parts.logs(),
                                    parts.key(),
                                    parts.access(),
                                    parts.reads(),
                                    parts.places())
                            .register(config.routes);
                    new ApiRoutes(
                                    parts.access(),
                                    parts.reads(),
                                    parts.search(),
                                    parts.proofs(),
                                    parts.places())
                            .register(config.routes);
                    new ApprovalRoutes(parts).register(config.routes);
                    new HealthRoute(watched, parts.approvals()).register(config.routes);
                    console.accept(config.routes);
                });
        return new AuditHttp(server.start());
    }

    private static void listen(JettyConfig jetty, String host, int port) {
        jetty.modifyHttpConfiguration(http -> {
            http.setSendServerVersion(false);
            http.setSendDateHeader(false);
            http.setRequestHeaderSize(HEADER_BYTES_MAX);
        });
        jetty.modifyServer(server -> server.setErrorHandler(new PlainErrors(Answers::notHttp)));
        jetty.addConnector((server, http) -> {
            var connector =
                    new CallerConnector(server, http, TIMES, new Connections(CONNECTIONS_MAX));
            connector.setHost(host);
            connector.setPort(port);
            return connector;
        });
    }

    /** What goes with every answer, as long as its route does not say otherwise. */
    private static void headers(Context ctx, URI publicUrl) {
        ctx.header("X-Content-Type-Options", "nosniff");
        ctx.header("X-Frame-Options", "DENY");
        ctx.header("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'");
        ctx.header("Referrer-Policy", "no-referrer");
        ctx.header("Cross-Origin-Resource-Policy", "same-origin");
        ctx.header("Cache-Control", "no-store");
        if ("https".equals(publicUrl.getScheme())) {
            ctx.header("Strict-Transport-Security", "max-age=31536000");
        }
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
