package dev.sallyport.audit.page;

import dev.sallyport.audit.access.Access;
import dev.sallyport.audit.access.Admission;
import dev.sallyport.audit.access.Aim;
import dev.sallyport.audit.access.ReadRecorder;
import dev.sallyport.audit.access.ReadingPlaces;
import dev.sallyport.audit.http.AuditHttp;
import dev.sallyport.audit.log.CallProofs;
import dev.sallyport.audit.problem.Absence;
import dev.sallyport.audit.problem.AuditException;
import dev.sallyport.audit.problem.AuditProblem;
import dev.sallyport.audit.search.Cursor;
import dev.sallyport.audit.search.EntryFilter;
import dev.sallyport.audit.search.EntryIndex;
import dev.sallyport.audit.search.EntryPage;
import dev.sallyport.audit.search.EntrySearch;
import dev.sallyport.audit.search.QueryString;
import dev.sallyport.audit.verify.CallProof;
import dev.sallyport.audit.verify.EntryProof;
import dev.sallyport.schema.id.CallId;
import dev.sallyport.schema.token.Caller;
import io.javalin.config.RoutesConfig;
import io.javalin.http.Context;
import io.javalin.http.Handler;
import io.javalin.http.HttpStatus;
import java.net.URI;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.time.InstantSource;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.jdbi.v3.core.JdbiException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The pages of the console and what a reader does on them. */
public final class Console {
    private static final Logger LOG = LoggerFactory.getLogger(Console.class);
    private static final String HOME = "/console";
    private static final int OK = 200;
    private static final int BAD_REQUEST = 400;

    private final Pages pages = new Pages();
    private final Access access;
    private final ReadRecorder reads;
    private final ReadingPlaces places;
    private final EntrySearch search;
    private final CallProofs proofs;
    private final ProofPresenter presenter;
    private final ApprovalPages approvalPages;
    private final Session session;
    private final URI publicUrl;

    public Console(AuditHttp.Parts parts, InstantSource clock) {
        this.access = parts.access();
        this.reads = parts.reads();
        this.places = parts.places();
        this.search = parts.search();
        this.proofs = parts.proofs();
        this.presenter = new ProofPresenter(parts.key());
        this.approvalPages = new ApprovalPages(pages, parts.reads(), parts.approvals());
        this.session = new Session(parts.publicUrl(), clock);
        this.publicUrl = parts.publicUrl();
    }

    /** Registers the pages. */
    public void register(RoutesConfig routes) {
        routes.get("/", ctx -> ctx.redirect(HOME, HttpStatus.SEE_OTHER));
        routes.get(HOME + "/style.css", pages::style);
        routes.get(HOME + "/icon.svg", pages::icon);
        routes.get(HOME, page(ctx -> signedIn(ctx, Aim.READ, caller -> entries(ctx, caller))));
        routes.get(
                HOME + "/entries/{index}",
                page(ctx -> signedIn(ctx, Aim.READ, caller -> entry(ctx, caller))));
        routes.get(
                HOME + "/entries/{index}/proof.json",
                page(ctx -> signedIn(ctx, Aim.READ, caller -> downloadEntry(ctx, caller))));
        routes.get(
                HOME + "/calls/{callId}",
                page(ctx -> signedIn(ctx, Aim.READ, caller -> call(ctx, caller))));
        routes.get(
                HOME + "/calls/{callId}/proof.json",
                page(ctx -> signedIn(ctx, Aim.READ, caller -> download(ctx, caller))));
        routes.get(
                ApprovalPages.HOME,
                page(ctx ->
                        signedIn(ctx, Aim.APPROVALS, caller -> approvalPages.list(ctx, caller))));
        routes.get(
                ApprovalPages.HOME + "/{approval}",
                page(ctx ->
                        signedIn(ctx, Aim.APPROVALS, caller -> approvalPages.one(ctx, caller))));
        routes.post(ApprovalPages.HOME + "/{approval}/approve", decision(approvalPages::approve));
        routes.post(ApprovalPages.HOME + "/{approval}/deny", decision(approvalPages::deny));
        routes.post(HOME + "/sign-in", page(this::signIn));
        routes.post(HOME + "/sign-out", page(this::signOut));
    }

    /** What a form of an approval's page decides. */
    private interface Deciding {
        byte[] decide(Context ctx, Caller caller, PostedForm form);
    }

    private Handler decision(Deciding deciding) {
        return page(ctx -> {
            session.requireOwnForm(ctx);
            // before a place is taken: a body can come slowly
            var form = PostedForm.of(ctx);
            signedIn(ctx, Aim.DECIDE, caller -> deciding.decide(ctx, caller, form));
        });
    }

    /** A page whose failures are pages too. */
    private Handler page(Handler handler) {
        return ctx -> {
            try {
                handler.handle(ctx);
            } catch (AuditException failed) {
                if (failed.problem() == AuditProblem.TENANT_BUSY
                        || failed.problem() == AuditProblem.OVERLOADED) {
                    ctx.header("Retry-After", "1");
                }
                failed(ctx, failed);
            } catch (JdbiException failed) {
                failed(
                        ctx,
                        new AuditException(
                                AuditProblem.DATABASE_UNAVAILABLE,
                                "The log cannot be read just now. Try again in a moment.",
                                failed));
            }
        };
    }

    private void failed(Context ctx, AuditException failed) {
        if (failed.problem().status() >= AuditProblem.INTERNAL.status()) {
            Optional<String> away = Absence.of(failed);
            LOG.atError()
                    .addKeyValue("code", failed.code())
                    .addKeyValue("path", ctx.path())
                    .addKeyValue("why", away.orElse("see the stack trace"))
                    .setCause(away.isPresent() ? null : failed)
                    .log("page failed");
        }
        pages.show(
                ctx,
                failed.problem().status(),
                "error.jte",
                new ErrorView(failed.code(), String.valueOf(failed.getMessage())));
    }

    private void signedIn(Context ctx, Aim aim, Function<Caller, byte[]> then) {
        Optional<String> token = session.token(ctx);
        if (token.isEmpty()) {
            pages.show(
                    ctx, OK, "signin.jte", new SignInView(publicUrl.toString(), ctx.path(), null));
            return;
        }
        switch (access.admit(token.get(), ctx.ip(), aim)) {
            case Admission.Admitted(var caller) ->
                    places.answer(ctx, Optional.of(caller.tenant()), () -> then.apply(caller));
            case Admission.Denied denied -> {
                if (!denied.isTemporary() && !denied.isOfScope()) {
                    session.end(ctx);
                }
                pages.show(
                        ctx,
                        denied.status(),
                        "signin.jte",
                        new SignInView(publicUrl.toString(), ctx.path(), denied.message()));
            }
        }
    }

    private void signIn(Context ctx) {
        session.requireOwnForm(ctx);
        PostedForm form = PostedForm.of(ctx);
        String token = form.field("token");
        String then = SignInView.page(form.field("then"));
        if (token.length() > Session.TOKEN_CHARS_MAX) {
            pages.show(
                    ctx,
                    BAD_REQUEST,
                    "signin.jte",
                    new SignInView(
                            publicUrl.toString(),
                            then,
                            "A browser keeps no more than "
                                    + Session.TOKEN_CHARS_MAX
                                    + " characters: ask for a token with fewer claims."));
            return;
        }
        // who may decide only has approvals to see
        switch (access.admit(token, ctx.ip(), Aim.APPROVALS)) {
            case Admission.Admitted(var caller) -> {
                session.open(ctx, token, caller.expires());
                String usual = Aim.READ.isOpenTo(caller) ? HOME : ApprovalPages.HOME;
                ctx.redirect(then.isEmpty() ? usual : then, HttpStatus.SEE_OTHER);
            }
            case Admission.Denied denied ->
                    pages.show(
                            ctx,
                            denied.status(),
                            "signin.jte",
                            new SignInView(publicUrl.toString(), then, denied.message()));
        }
    }

    private void signOut(Context ctx) {
        session.requireOwnForm(ctx);
        session.end(ctx);
        ctx.redirect(HOME, HttpStatus.SEE_OTHER);
    }

    private byte[] entries(Context ctx, Caller caller) {
        EntryFilter filter;
        try {
            filter = EntryFilter.ofConsole(QueryString.parse(ctx.queryString()));
        } catch (AuditException mistaken) {
            var view =
                    new EntriesView(
                            Reader.of(caller),
                            asWritten(ctx),
                            List.of(),
                            null,
                            null,
                            null,
                            String.valueOf(mistaken.getMessage()));
            return pages.page(ctx, mistaken.problem().status(), "entries.jte", view);
        }
        EntryPage page = search.find(caller.tenant(), filter);
        reads.record(
                caller, ctx.ip(), "search", link(filter, filter.cursor()), page.entries().size());
        String older =
                page.next() == null ? null : link(filter, Optional.of(Cursor.parse(page.next())));
        String newest = filter.cursor().isPresent() ? link(filter, Optional.empty()) : null;
        String withReads =
                filter.reads() || filter.kind().isPresent()
                        ? null
                        : link(filter.withReads(true), Optional.empty());
        var rows = page.entries().stream().map(EntryRow::of).toList();
        return pages.page(
                ctx,
                OK,
                "entries.jte",
                new EntriesView(
                        Reader.of(caller), asWritten(ctx), rows, older, newest, withReads, null));
    }

    private byte[] call(Context ctx, Caller caller) {
        var proof = proof(ctx, caller);
        var alerts = search.alertsOf(caller.tenant(), CallId.of(proof.callId()));
        return pages.page(ctx, OK, "call.jte", presenter.present(Reader.of(caller), proof, alerts));
    }

    private byte[] entry(Context ctx, Caller caller) {
        var proof = entryProof(ctx, caller);
        return pages.page(ctx, OK, "entry.jte", presenter.present(Reader.of(caller), proof));
    }

    private byte[] download(Context ctx, Caller caller) {
        var proof = proof(ctx, caller);
        return download(ctx, proof.callId(), proof.json());
    }

    private byte[] downloadEntry(Context ctx, Caller caller) {
        return download(ctx, "entry-" + ctx.pathParam("index"), entryProof(ctx, caller).json());
    }

    private static byte[] download(Context ctx, String name, byte[] proof) {
        ctx.header(
                "Content-Disposition",
                "attachment; filename=\"sallyport-proof-" + name + ".json\"");
        ctx.contentType("application/json");
        return proof;
    }

    private EntryProof entryProof(Context ctx, Caller caller) {
        long index = EntryIndex.parse(ctx.pathParam("index"));
        var proof = proofs.ofEntry(caller.tenant(), index);
        reads.record(caller, ctx.ip(), "entry", Long.toString(index), 1);
        return proof;
    }

    private CallProof proof(Context ctx, Caller caller) {
        CallId call;
        try {
            call = CallId.of(ctx.pathParam("callId"));
        } catch (IllegalArgumentException malformed) {
            throw new AuditException(
                    AuditProblem.CALL_NOT_FOUND,
                    "A call's id is a UUIDv7 of 36 characters.",
                    malformed);
        }
        var proof = proofs.of(caller.tenant(), call);
        reads.record(caller, ctx.ip(), "call", call.toString(), proof.entries().size());
        return proof;
    }

    /** What the form shall show again: the first value of each of its fields, right or wrong. */
    private static Map<String, String> asWritten(Context ctx) {
        var asked = new LinkedHashMap<String, String>();
        ctx.queryParamMap()
                .forEach((name, values) -> {
                    if (!name.equals("cursor")
                            && !values.isEmpty()
                            && !values.getFirst().isBlank()) {
                        asked.put(name, values.getFirst());
                    }
                });
        return asked;
    }

    private static String link(EntryFilter filter, Optional<Cursor> cursor) {
        String query =
                filter.parameters(cursor).entrySet().stream()
                        .map(parameter ->
                                parameter.getKey()
                                        + "="
                                        + URLEncoder.encode(
                                                parameter.getValue(), StandardCharsets.UTF_8))
                        .collect(Collectors.joining("&"));
        return query.isEmpty() ? HOME : HOME + "?" + query;
    }
}
