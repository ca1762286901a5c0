package dev.sallyport.audit.http;

import dev.sallyport.audit.access.Access;
import dev.sallyport.audit.access.Admission;
import dev.sallyport.audit.access.Aim;
import dev.sallyport.audit.access.ReadRecorder;
import dev.sallyport.audit.access.ReadingPlaces;
import dev.sallyport.audit.log.LogReader;
import dev.sallyport.audit.log.PublishedCheckpoint;
import dev.sallyport.audit.note.VerifierKey;
import dev.sallyport.audit.problem.AuditException;
import dev.sallyport.audit.problem.AuditProblem;
import dev.sallyport.audit.tree.TilePath;
import dev.sallyport.schema.id.TenantId;
import dev.sallyport.schema.token.Caller;
import io.javalin.config.RoutesConfig;
import io.javalin.http.Context;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import java.util.function.Supplier;

/**
 * The logs as the static files of C2SP tlog-tiles. Checkpoints, hash tiles and keys tell nothing
 * about content and are public, so that anybody can watch that the log only grows; entry bundles
 * are the content, and their readers are recorded.
 */
final class LogRoutes {
    private static final String TEXT = "text/plain; charset=utf-8";
    private static final String BYTES = "application/octet-stream";
    private static final String UNCHANGING = "public, max-age=31536000, immutable";

    private final LogReader logs;
    private final VerifierKey key;
    private final Access access;
    private final ReadRecorder reads;
    private final ReadingPlaces places;

    LogRoutes(
            LogReader logs,
            VerifierKey key,
            Access access,
            ReadRecorder reads,
            ReadingPlaces places) {
        this.logs = logs;
        this.key = key;
        this.access = access;
        this.reads = reads;
        this.places = places;
    }

    void register(RoutesConfig routes) {
        routes.get("/log/vkey", ctx -> text(ctx, () -> key + "\n"));
        routes.get(
                "/log/{tenant}/vkey",
                ctx -> {
                    var tenant = tenant(ctx);
                    text(
                            ctx,
                            () -> {
                                var _ = checkpoint(tenant);
                                return key.named(key.name() + "/" + tenant) + "\n";
                            });
                });
        routes.get(
                "/log/{tenant}/checkpoint",
                ctx -> {
                    var tenant = tenant(ctx);
                    text(ctx, () -> checkpoint(tenant).note());
                });
        routes.get("/log/{tenant}/tile/<path>", this::tile);
    }

    private void text(Context ctx, Supplier<String> text) {
        answer(
                ctx,
                new Form(TEXT, "no-cache"),
                Optional.empty(),
                () -> text.get().getBytes(StandardCharsets.UTF_8));
    }

    /** What is there is cached; that nothing is there is not. */
    private void answer(
            Context ctx, Form form, Optional<TenantId> tenant, Supplier<byte[]> reading) {
        places.answer(
                ctx,
                tenant,
                () -> {
                    byte[] body = reading.get();
                    ctx.contentType(form.contentType()).header("Cache-Control", form.cached());
                    return body;
                });
    }

    private record Form(String contentType, String cached) {}

    private void tile(Context ctx) {
        var tenant = tenant(ctx);
        var path = TilePath.parse("tile/" + ctx.pathParam("path")).orElseThrow(LogRoutes::noTile);
        switch (path) {
            case TilePath.Hashes hashes -> hashes(ctx, tenant, hashes);
            case TilePath.Entries entries -> entries(ctx, tenant, entries);
        }
    }

    private void hashes(Context ctx, TenantId tenant, TilePath.Hashes tile) {
        answer(
                ctx,
                new Form(BYTES, UNCHANGING),
                Optional.empty(),
                () -> {
                    requirePublished(checkpoint(tenant), tile.level(), tile);
                    return logs.tile(tenant, tile).orElseThrow(LogRoutes::noTile);
                });
    }

    private void entries(Context ctx, TenantId tenant, TilePath.Entries bundle) {
        switch (access.admitHeader(ctx.header("Authorization"), ctx.ip(), Aim.READ)) {
            case Admission.Denied denied -> Answers.denied(ctx, denied);
            case Admission.Admitted(Caller caller) -> {
                if (!caller.tenant().equals(tenant)) {
                    throw new AuditException(
                            AuditProblem.LOG_FORBIDDEN,
                            "the entries of a log are read with a token of its own tenant");
                }
                answer(
                        ctx,
                        new Form(BYTES, "private, no-store"),
                        Optional.of(tenant),
                        () -> {
                            requirePublished(checkpoint(tenant), 0, bundle);
                            byte[] bytes = logs.bundle(tenant, bundle);
                            reads.record(
                                    caller, ctx.ip(), "entries", bundle.path(), bundle.width());
                            return bytes;
                        });
            }
        }
    }

    /**
     * Only what the latest checkpoint covers is served, be it as part of a tile that has become
     * full since.
     */
    private static void requirePublished(PublishedCheckpoint checkpoint, int level, TilePath tile) {
        long hashes = level >= Long.SIZE / 8 ? 0 : checkpoint.tree().size() >>> (8 * level);
        if (tile.index() > hashes / TilePath.WIDTH_MAX
                || tile.index() * TilePath.WIDTH_MAX + tile.width() > hashes) {
            throw noTile();
        }
    }

    private PublishedCheckpoint checkpoint(TenantId tenant) {
        Optional<PublishedCheckpoint> checkpoint = logs.checkpoint(tenant);
        return checkpoint.orElseThrow(LogRoutes::noLog);
    }

    private static TenantId tenant(Context ctx) {
        try {
            return new TenantId(ctx.pathParam("tenant"));
        } catch (IllegalArgumentException malformed) {
            throw noLog();
        }
    }

    private static AuditException noLog() {
        return new AuditException(AuditProblem.LOG_NOT_FOUND, "there is no such log");
    }

    private static AuditException noTile() {
        return new AuditException(
                AuditProblem.TILE_NOT_FOUND,
                "the log's latest checkpoint covers no such tile; paths are spelled as c2sp.org/tlog-tiles says");
    }
}
