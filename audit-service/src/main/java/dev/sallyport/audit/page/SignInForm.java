package dev.sallyport.audit.page;

import dev.sallyport.audit.problem.AuditException;
import dev.sallyport.audit.problem.AuditProblem;
import dev.sallyport.audit.search.QueryString;
import dev.sallyport.schema.http.Body;
import dev.sallyport.schema.http.CallerConnection;
import io.javalin.http.Context;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** Reads the form with which a reader signs in: anybody can send one. */
final class SignInForm {
    static final String TOKEN = "token";
    private static final String TYPE = "application/x-www-form-urlencoded";
    private static final int BYTES_MAX = 16_384;
    private static final Duration WITHIN = Duration.ofSeconds(10);

    private SignInForm() {}

    /**
     * The token in the form; empty where the field is.
     *
     * @throws AuditException {@code unsupported_media_type}, {@code body_too_large}, {@code
     *     body_incomplete}, {@code parameter_invalid}
     */
    static String token(Context ctx) {
        if (!isForm(ctx.contentType())) {
            throw unread(ctx, AuditProblem.UNSUPPORTED_MEDIA_TYPE, "the form must come as " + TYPE);
        }
        var connection = CallerConnection.of(ctx.req());
        return switch (Body.read(ctx.req(), BYTES_MAX, WITHIN, connection)) {
            case Body.Whole whole -> only(QueryString.parse(text(whole)).get(TOKEN));
            case Body.TooLarge _ ->
                    throw unread(
                            ctx,
                            AuditProblem.BODY_TOO_LARGE,
                            "the form may have at most " + BYTES_MAX + " bytes");
            case Body.Broken _ ->
                    throw unread(
                            ctx,
                            AuditProblem.BODY_INCOMPLETE,
                            "the form did not arrive whole within " + WITHIN.toSeconds() + " s");
        };
    }

    private static boolean isForm(@Nullable String contentType) {
        return contentType != null
                && contentType.split(";", 2)[0].strip().toLowerCase(Locale.ROOT).equals(TYPE);
    }

    /** The bytes one by one: what is not ASCII stands percent-encoded in a form. */
    private static String text(Body.Whole whole) {
        return new String(whole.bytes(), StandardCharsets.ISO_8859_1);
    }

    private static String only(@Nullable List<String> values) {
        if (values == null) {
            return "";
        }
        if (values.size() > 1) {
            throw new AuditException(
                    AuditProblem.PARAMETER_INVALID, "the form must have one token");
        }
        return values.getFirst().strip();
    }

    /** What is left of the body is not read, so the connection ends with the answer. */
    private static AuditException unread(Context ctx, AuditProblem problem, String message) {
        ctx.header("Connection", "close");
        return new AuditException(problem, message);
    }
}
