package dev.sallyport.audit.http;

import dev.sallyport.audit.access.Admission;
import dev.sallyport.audit.problem.Absence;
import dev.sallyport.audit.problem.AuditException;
import dev.sallyport.audit.problem.AuditProblem;
import dev.sallyport.schema.json.Json;
import io.javalin.config.RoutesConfig;
import io.javalin.http.Context;
import io.javalin.http.HttpResponseException;
import java.util.LinkedHashMap;
import java.util.Optional;
import org.jdbi.v3.core.JdbiException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Turns what went wrong into answers: a status, a stable code, and a message that says what would
 * be right.
 */
final class Answers {
    private static final Logger LOG = LoggerFactory.getLogger(Answers.class);
    private static final int SERVER_ERROR = 500;

    private Answers() {}

    static void register(RoutesConfig routes) {
        routes.exception(AuditException.class, (failed, ctx) -> failed(ctx, failed));
        routes.exception(
                JdbiException.class,
                (failed, ctx) ->
                        failed(
                                ctx,
                                new AuditException(
                                        AuditProblem.DATABASE_UNAVAILABLE,
                                        "the log cannot be read just now: try again",
                                        failed)));
        routes.exception(
                HttpResponseException.class,
                (refused, ctx) ->
                        problem(
                                ctx,
                                refused.getStatus(),
                                refused.getStatus() == AuditProblem.PATH_NOT_FOUND.status()
                                        ? AuditProblem.PATH_NOT_FOUND.code()
                                        : "request_refused",
                                String.valueOf(refused.getMessage())));
        routes.exception(
                Exception.class,
                (failed, ctx) ->
                        failed(
                                ctx,
                                new AuditException(
                                        AuditProblem.INTERNAL,
                                        "this should not have happened; it is in the service's log",
                                        failed)));
    }

    /** What is answered to bytes that are not HTTP. */
    static byte[] notHttp(int status) {
        return body("http_invalid", "the server could not read this as an HTTP request: " + status);
    }

    static void denied(Context ctx, Admission.Denied denied) {
        ctx.header("WWW-Authenticate", denied.challenge());
        problem(ctx, denied.status(), denied.code(), denied.message());
    }

    static void json(Context ctx, Object value) {
        ctx.contentType("application/json")
                .header("Cache-Control", "no-store")
                .result(Json.mapper().writeValueAsBytes(value));
    }

    private static void failed(Context ctx, AuditException failed) {
        int status = failed.problem().status();
        if (status >= SERVER_ERROR) {
            Optional<String> away = Absence.of(failed);
            LOG.atError()
                    .addKeyValue("code", failed.code())
                    .addKeyValue("path", ctx.path())
                    .addKeyValue("why", away.orElse("see the stack trace"))
                    .setCause(away.isPresent() ? null : failed)
                    .log("request failed");
        }
        if (failed.problem() == AuditProblem.CALL_NOT_PUBLISHED
                || failed.problem() == AuditProblem.ENTRY_NOT_PUBLISHED
                || failed.problem() == AuditProblem.TENANT_BUSY
                || status == AuditProblem.DATABASE_UNAVAILABLE.status()) {
            ctx.header("Retry-After", "1");
        }
        problem(ctx, status, failed.code(), String.valueOf(failed.getMessage()));
    }

    private static void problem(Context ctx, int status, String code, String message) {
        if (ctx.res().isCommitted()) {
            return;
        }
        ctx.status(status)
                .contentType("application/json")
                .header("Cache-Control", "no-store")
                .result(body(code, message));
    }

    private static byte[] body(String code, String message) {
        var body = new LinkedHashMap<String, String>();
        body.put("code", code);
        body.put("message", message);
        return Json.mapper().writeValueAsBytes(body);
    }
}
