package dev.sallyport.audit.http;

import dev.sallyport.audit.access.Access;
import dev.sallyport.audit.access.Admission;
import dev.sallyport.audit.access.Aim;
import dev.sallyport.audit.access.ReadRecorder;
import dev.sallyport.audit.access.ReadingPlaces;
import dev.sallyport.audit.approval.ApprovalCursor;
import dev.sallyport.audit.approval.Approvals;
import dev.sallyport.audit.approval.Decision;
import dev.sallyport.audit.problem.AuditException;
import dev.sallyport.audit.problem.AuditProblem;
import dev.sallyport.audit.search.QueryString;
import dev.sallyport.schema.id.EventId;
import dev.sallyport.schema.json.Json;
import dev.sallyport.schema.token.Caller;
import io.javalin.config.RoutesConfig;
import io.javalin.http.Context;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;

/**
 * Approvals for programs. Only a token in the {@code Authorization} header counts here, never a
 * browser's cookie, so no page of another site can decide in somebody's name.
 */
final class ApprovalRoutes {
    private static final String PATH = "/api/v1/approvals";
    private static final String JSON = "application/json";
    private static final int LIMIT_USUAL = 50;
    private static final int LIMIT_MAX = 200;

    private final Access access;
    private final ReadRecorder reads;
    private final ReadingPlaces places;
    private final Approvals approvals;

    ApprovalRoutes(AuditHttp.Parts parts) {
        this.access = parts.access();
        this.reads = parts.reads();
        this.places = parts.places();
        this.approvals = parts.approvals();
    }

    void register(RoutesConfig routes) {
        routes.get(PATH, ctx -> admitted(ctx, Aim.APPROVALS, caller -> list(ctx, caller)));
        routes.get(
                PATH + "/{approval}",
                ctx -> admitted(ctx, Aim.APPROVALS, caller -> one(ctx, caller)));
        routes.post(PATH + "/{approval}/approve", ctx -> decide(ctx, "note"));
        routes.post(PATH + "/{approval}/deny", ctx -> decide(ctx, "reason"));
    }

    private void admitted(Context ctx, Aim aim, Function<Caller, byte[]> then) {
        switch (access.admitHeader(ctx.header("Authorization"), ctx.ip(), aim)) {
            case Admission.Denied denied -> Answers.denied(ctx, denied);
            case Admission.Admitted(var caller) -> {
                ctx.contentType(JSON);
                places.answer(ctx, Optional.of(caller.tenant()), () -> then.apply(caller));
            }
        }
    }

    private byte[] list(Context ctx, Caller caller) {
        var parameters = QueryString.parse(ctx.queryString());
        for (String name : parameters.keySet()) {
            if (!List.of("cursor", "limit").contains(name)) {
                throw new AuditException(
                        AuditProblem.PARAMETER_UNKNOWN,
                        "there are the parameters cursor and limit");
            }
        }
        var page =
                approvals.page(
                        caller,
                        only(parameters, "cursor").map(ApprovalCursor::parse),
                        only(parameters, "limit").map(ApprovalRoutes::limit).orElse(LIMIT_USUAL));
        String query = ctx.queryString();
        reads.record(
                caller, ctx.ip(), "approvals", query == null ? "" : query, page.found().size());
        return Json.mapper().writeValueAsBytes(ApprovalJson.of(page));
    }

    private static Optional<String> only(Map<String, List<String>> parameters, String name) {
        List<String> values = parameters.getOrDefault(name, List.of());
        if (values.size() > 1 || values.stream().anyMatch(String::isBlank)) {
            throw new AuditException(
                    AuditProblem.PARAMETER_INVALID, name + " must be given once, with a value");
        }
        return values.stream().findFirst();
    }

    private static int limit(String text) {
        if (!text.matches("[1-9][0-9]{0,2}") || Integer.parseInt(text) > LIMIT_MAX) {
            throw new AuditException(
                    AuditProblem.PARAMETER_INVALID,
                    "limit must be a number from 1 to " + LIMIT_MAX);
        }
        return Integer.parseInt(text);
    }

    private byte[] one(Context ctx, Caller caller) {
        requireNoParameters(ctx);
        var opened = approvals.open(caller, id(ctx));
        reads.record(caller, ctx.ip(), opened.action(), id(ctx).toString(), 1);
        return Json.mapper().writeValueAsBytes(ApprovalJson.of(opened));
    }

    private void decide(Context ctx, String member) {
        switch (access.admitHeader(ctx.header("Authorization"), ctx.ip(), Aim.DECIDE)) {
            case Admission.Denied denied -> Answers.denied(ctx, denied);
            case Admission.Admitted(var caller) -> {
                requireNoParameters(ctx);
                // before a place is taken: a body can come slowly
                String words = words(ctx, member);
                var decision =
                        member.equals("note") ? Decision.approve(words) : Decision.deny(words);
                ctx.contentType(JSON);
                places.answer(
                        ctx,
                        Optional.of(caller.tenant()),
                        () ->
                                Json.mapper()
                                        .writeValueAsBytes(
                                                ApprovalJson.of(
                                                        approvals.decide(
                                                                caller, ctx.ip(), id(ctx),
                                                                decision))));
            }
        }
    }

    /** A member that is misspelt would be lost, so there may be no other one. */
    private static @Nullable String words(Context ctx, String member) {
        JsonNode body;
        try {
            body = Json.mapper().readTree(RequestBody.read(ctx, JSON));
        } catch (JacksonException malformed) {
            throw invalid(member);
        }
        JsonNode words = body.path(member);
        boolean known = body.propertyNames().stream().allMatch(member::equals);
        if (!body.isObject() || !known || !(words.isString() || words.isMissingNode())) {
            throw invalid(member);
        }
        return words.isString() ? words.stringValue() : null;
    }

    private static AuditException invalid(String member) {
        return new AuditException(
                AuditProblem.BODY_INVALID,
                "the body must be JSON with the one member %s, a text".formatted(member));
    }

    private static void requireNoParameters(Context ctx) {
        if (!QueryString.parse(ctx.queryString()).isEmpty()) {
            throw new AuditException(
                    AuditProblem.PARAMETER_UNKNOWN, "there are no parameters at this address");
        }
    }

    private static EventId id(Context ctx) {
        try {
            return EventId.of(ctx.pathParam("approval"));
        } catch (IllegalArgumentException malformed) {
            throw new AuditException(
                    AuditProblem.PARAMETER_INVALID,
                    "an approval's id is a UUIDv7 of 36 characters",
                    malformed);
        }
    }
}
