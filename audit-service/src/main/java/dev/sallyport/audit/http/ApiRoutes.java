package dev.sallyport.audit.http;

import dev.sallyport.audit.access.Access;
import dev.sallyport.audit.access.Admission;
import dev.sallyport.audit.access.Aim;
import dev.sallyport.audit.access.ReadRecorder;
import dev.sallyport.audit.access.ReadingPlaces;
import dev.sallyport.audit.log.CallProofs;
import dev.sallyport.audit.problem.AuditException;
import dev.sallyport.audit.problem.AuditProblem;
import dev.sallyport.audit.search.EntryFilter;
import dev.sallyport.audit.search.EntryIndex;
import dev.sallyport.audit.search.EntrySearch;
import dev.sallyport.audit.search.QueryString;
import dev.sallyport.schema.id.CallId;
import dev.sallyport.schema.json.Json;
import dev.sallyport.schema.token.Caller;
import io.javalin.config.RoutesConfig;
import io.javalin.http.Context;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Search, and the proofs of calls. Every reader sees the log of the own tenant alone, and is
 * recorded.
 */
final class ApiRoutes {
    private final Access access;
    private final ReadRecorder reads;
    private final EntrySearch search;
    private final CallProofs proofs;
    private final ReadingPlaces places;

    ApiRoutes(
            Access access,
            ReadRecorder reads,
            EntrySearch search,
            CallProofs proofs,
            ReadingPlaces places) {
        this.access = access;
        this.reads = reads;
        this.search = search;
        this.proofs = proofs;
        this.places = places;
    }

    void register(RoutesConfig routes) {
        routes.get("/api/v1/entries", ctx -> admitted(ctx, caller -> entries(ctx, caller)));
        routes.get("/api/v1/entries/{index}", ctx -> admitted(ctx, caller -> entry(ctx, caller)));
        routes.get("/api/v1/calls/{callId}", ctx -> admitted(ctx, caller -> call(ctx, caller)));
    }

    private void admitted(Context ctx, Function<Caller, byte[]> then) {
        switch (access.admitHeader(ctx.header("Authorization"), ctx.ip(), Aim.READ)) {
            case Admission.Denied denied -> Answers.denied(ctx, denied);
            case Admission.Admitted(var caller) -> {
                ctx.contentType("application/json");
                places.answer(ctx, Optional.of(caller.tenant()), () -> then.apply(caller));
            }
        }
    }

    private byte[] entries(Context ctx, Caller caller) {
        var page = search.find(caller.tenant(), EntryFilter.ofApi(parameters(ctx)));
        reads.record(caller, ctx.ip(), "search", orEmpty(ctx.queryString()), page.entries().size());
        return Json.mapper().writeValueAsBytes(page);
    }

    private byte[] entry(Context ctx, Caller caller) {
        requireNone(parameters(ctx));
        long index = EntryIndex.parse(ctx.pathParam("index"));
        var proof = proofs.ofEntry(caller.tenant(), index);
        reads.record(caller, ctx.ip(), "entry", Long.toString(index), 1);
        return proof.json();
    }

    private byte[] call(Context ctx, Caller caller) {
        requireNone(parameters(ctx));
        var call = call(ctx.pathParam("callId"));
        var proof = proofs.of(caller.tenant(), call);
        reads.record(caller, ctx.ip(), "call", call.toString(), proof.entries().size());
        return proof.json();
    }

    private static CallId call(String text) {
        try {
            return CallId.of(text);
        } catch (IllegalArgumentException malformed) {
            throw new AuditException(
                    AuditProblem.PARAMETER_INVALID,
                    "callId must be a UUIDv7 of 36 characters",
                    malformed);
        }
    }

    private static Map<String, List<String>> parameters(Context ctx) {
        return QueryString.parse(ctx.queryString());
    }

    private static void requireNone(Map<String, List<String>> parameters) {
        if (!parameters.isEmpty()) {
            throw new AuditException(
                    AuditProblem.PARAMETER_UNKNOWN, "there are no parameters at this address");
        }
    }

    private static String orEmpty(@Nullable String query) {
        return query == null ? "" : query;
    }
}
