package dev.sallyport.audit.http;

import dev.sallyport.audit.problem.AuditException;
import dev.sallyport.audit.problem.AuditProblem;
import dev.sallyport.schema.http.Body;
import dev.sallyport.schema.http.CallerConnection;
import io.javalin.http.Context;
import java.time.Duration;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** Reads what is posted: small, and soon, whoever sends it. */
public final class RequestBody {
    /** The most bytes. */
    public static final int BYTES_MAX = 16_384;

    private static final Duration WITHIN = Duration.ofSeconds(10);

    private RequestBody() {}

    /**
     * The body of a request.
     *
     * @param type the media type that it must have, without parameters
     * @throws AuditException {@code unsupported_media_type}, {@code body_too_large}, {@code
     *     body_incomplete}
     */
    public static byte[] read(Context ctx, String type) {
        if (!isOf(type, ctx.contentType())) {
            throw unread(ctx, AuditProblem.UNSUPPORTED_MEDIA_TYPE, "the body must come as " + type);
        }
        var connection = CallerConnection.of(ctx.req());
        return switch (Body.read(ctx.req(), BYTES_MAX, WITHIN, connection)) {
            case Body.Whole whole -> whole.bytes();
            case Body.TooLarge _ ->
                    throw unread(
                            ctx,
                            AuditProblem.BODY_TOO_LARGE,
                            "the body may have at most " + BYTES_MAX + " bytes");
            case Body.Broken _ ->
                    throw unread(
                            ctx,
                            AuditProblem.BODY_INCOMPLETE,
                            "the body did not arrive whole within " + WITHIN.toSeconds() + " s");
        };
    }

    private static boolean isOf(String type, @Nullable String contentType) {
        return contentType != null
                && contentType.split(";", 2)[0].strip().toLowerCase(Locale.ROOT).equals(type);
    }

    /** What is left of the body is not read, so the connection ends with the answer. */
    private static AuditException unread(Context ctx, AuditProblem problem, String message) {
        ctx.header("Connection", "close");
        return new AuditException(problem, message);
    }
}
