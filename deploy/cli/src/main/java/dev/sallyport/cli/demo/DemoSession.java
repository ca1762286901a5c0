package dev.sallyport.cli.demo;

import dev.sallyport.cli.stack.StackDescription;
import dev.sallyport.cli.stack.TokenClient;
import java.io.PrintStream;
import java.net.URI;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Predicate;
import java.util.function.Supplier;
import tools.jackson.databind.JsonNode;

/**
 * A session with a running stack, played over its public interfaces alone: OAuth tokens, MCP, the
 * audit service's HTTP API and OpenSearch. Each step says what it shows and checks that it is so.
 */
public final class DemoSession {
    private static final int CROWD = 64;
    private static final String DATABASE = "shop";
    private static final Duration SETTLES_WITHIN = Duration.ofSeconds(20);
    private static final Duration BETWEEN_LOOKS = Duration.ofMillis(100);
    private static final int BULK_CALLS_MAX = 40;
    private static final String DELETING = "mcp:read mcp:write mcp:delete";
    private static final String DELETE_A_PAYMENT =
            "delete from payments where id = (select min(id) from payments)";
    private static final String PAYMENTS_OF_ALL =
            "select tenant_id, count(*) from payments group by tenant_id order by tenant_id";

    private final StackDescription stack;
    private final InstantSource clock;
    private final Narrator tell;
    private final List<Remembered> remembered = new ArrayList<>();
    private long answered;

    /** A call of this session that must be found in the audit log again. */
    private record Remembered(String tenant, String call, String what) {}

    /** An attempt to see another tenant's rows. */
    private record Attempt(String what, String sql) {}

    public DemoSession(StackDescription stack, InstantSource clock, PrintStream out) {
        this.stack = stack;
        this.clock = clock;
        this.tell = new Narrator(out);
    }

    /** Plays the session; true where every step held. */
    public boolean play() {
        // a name of its own for each session: a suspension from an earlier one stays in force
        String carrier =
                "night-agent-"
                        + Long.toString(clock.instant().getEpochSecond(), Character.MAX_RADIX);
        toolList();
        ownRows();
        escapes();
        refusedWrite();
        write();
        approval();
        changedEffect();
        budget();
        bulkRead(carrier);
        auditEntries();
        searchIndex();
        tell.say("");
        tell.say(
                tell.failures() == 0
                        ? "All " + tell.steps() + " steps held."
                        : tell.failures() + " checks did not hold: see above.");
        return tell.failures() == 0;
    }

    private void toolList() {
        tell.step("What an agent is offered");
        tell.say("Ana of acme lets her agent read. It asks for the tools (MCP tools/list):");
        List<String> reading;
        try (McpClient client = agent("acme", "ana", "mcp:read")) {
            reading = client.tools();
        }
        tell.say(String.join(", ", reading));
        List<String> writing;
        try (McpClient client = agent("acme", "ana", "mcp:read mcp:write")) {
            writing = client.tools();
        }
        tell.check(
                reading.contains("db_query")
                        && !reading.contains("db_execute")
                        && writing.contains("db_execute"),
                "db_execute is shown only to agents whose token allows writing");
    }

    private void ownRows() {
        tell.step("One statement, two tenants, each its own rows");
        String sql = "select id, name, city, tenant_id from customers order by id limit 3";
        tell.say("acme and globex share the table. Both agents send: " + sql);
        List<List<String>> acme = query("acme", "ana", sql);
        List<List<String>> globex = query("globex", "gus", sql);
        tell.say("acme sees:");
        tell.rows(acme);
        tell.say("globex sees:");
        tell.rows(globex);
        tell.check(
                onlyOf(acme, "acme") && onlyOf(globex, "globex"),
                "the database gave each tenant only its own rows");
    }

    private void escapes() {
        tell.step("Attempts to see the other tenant's rows");
        tell.say(
                "An agent of acme, with a token that allows any SQL, tries to become globex. The gate knows");
        tell.say(
                "these tricks; the tests send them past the gate, and the database shows nothing either:");
        List<Attempt> attempts =
                List.of(
                        new Attempt(
                                "set_config",
                                "select set_config('sallyport.context', 'globex', false), tenant_id, name from customers where tenant_id = 'globex'"),
                        new Attempt("SET ROLE", "set role globex_agent"),
                        new Attempt(
                                "a forged context",
                                "with forged as materialized (select set_config('sallyport.context', repeat('0', 64) ||"
                                        + " E'globex\\ngus\\n019a0000-0000-7000-8000-000000000000', true)) select c.tenant_id, c.name from forged, customers c"
                                        + " where c.tenant_id = 'globex'"),
                        new Attempt(
                                "a function that runs SQL from text",
                                "select query_to_xml('select * from customers where tenant_id = ''globex''', true, false, '')"),
                        new Attempt(
                                "simply asking",
                                "select tenant_id, name from customers where tenant_id = 'globex'"));
        try (McpClient client = agent("acme", "eve", "mcp:read mcp:write mcp:delete mcp:sql")) {
            for (Attempt attempt : attempts) {
                for (String tool : List.of("db_query", "db_execute")) {
                    McpClient.Reply reply = client.sql(tool, DATABASE, attempt.sql());
                    boolean blind =
                            !reply.body().toString().contains("@globex.example")
                                    && reply.rows().stream()
                                            .noneMatch(row -> row.contains("globex"));
                    String how =
                            reply.succeeded()
                                    ? "ran, and saw " + reply.rows().size() + " rows"
                                    : "refused: " + reply.code().orElse("?");
                    tell.check(blind, attempt.what() + " (" + tool + ") " + how);
                    remember("acme", reply, attempt.what() + " (" + tool + ")");
                }
            }
        }
        List<List<String>> counts = query("acme", "ana", PAYMENTS_OF_ALL);
        tell.check(onlyOf(counts, "acme"), "afterwards acme still sees acme only");
    }

    private void refusedWrite() {
        tell.step("A write without the right to write");
        String sql = "update orders set status = 'shipped' where id = 1";
        try (McpClient client = agent("acme", "ana", "mcp:read")) {
            McpClient.Reply reply = client.sql("db_execute", DATABASE, sql);
            tell.say(
                    "HTTP "
                            + reply.status()
                            + ", WWW-Authenticate: "
                            + reply.challenge().orElse("(none)"));
            tell.check(
                    reply.status() == 403
                            && reply.challenge()
                                    .filter(c ->
                                            c.contains("insufficient_scope")
                                                    && c.contains("mcp:write"))
                                    .isPresent(),
                    "refused, and told which scopes to ask for");
            remember("acme", reply, "the refused write");
        }
    }

    private void write() {
        tell.step("The same write with the right to write");
        String sql = "update orders set status = 'shipped' where id = (select min(id) from orders)";
        try (McpClient client = agent("acme", "ana", "mcp:read mcp:write")) {
            McpClient.Reply reply = client.sql("db_execute", DATABASE, sql);
            tell.say(reply.text());
            tell.check(
                    reply.succeeded()
                            && reply.body().at("/result/structuredContent/rowsAffected").asInt(-1)
                                    == 1,
                    "one row was changed, in acme's orders");
            remember("acme", reply, "the write");
        }
    }

    private void approval() {
        tell.step("A delete that another person has to allow");
        tell.say(
                "A rule of acme holds what deletes payments, until dana allows it. Ana's agent sends:");
        tell.say(DELETE_A_PAYMENT);
        try (McpClient ana = agent("acme", "ana", DELETING);
                AuditClient herself = decider("ana");
                AuditClient dana = decider("dana")) {
            long before = payments();
            String approval = asked(ana);
            tell.check(payments() == before, "it was rehearsed and taken back: nothing is deleted");
            String own = await(() -> herself.approve(approval)).orElse("nothing");
            tell.check(own.equals("approval_own"), "ana cannot allow it herself: " + own);
            allowed(dana, approval);
            McpClient.Reply done = sentAgain(ana, approval);
            tell.say("The same call again, with the approval: " + done.text());
            tell.check(
                    done.succeeded() && payments() == before - 1,
                    "it was run again, had the effect that dana saw, and was committed");
            remember("acme", done, "the delete that dana allowed");
            McpClient.Reply twice = sentAgain(ana, approval);
            tell.check(
                    twice.code().orElse("").equals("approval_used"),
                    "the approval is good for one call: " + twice.code().orElse("?"));
            remember("acme", twice, "the delete by a used approval");
        }
    }

    private void changedEffect() {
        tell.step("An effect that changed meanwhile is not committed");
        try (McpClient ana = agent("acme", "ana", DELETING);
                AuditClient dana = decider("dana")) {
            long before = payments();
            String approval = asked(ana);
            allowed(dana, approval);
            tell.say("Before the agent sends it again, somebody changes that payment's amount.");
            McpClient.Reply changed =
                    ana.sql(
                            "db_execute",
                            DATABASE,
                            "update payments set amount = amount + 1 where id = (select min(id) from payments)");
            remember("acme", changed, "the change in between");
            McpClient.Reply reply = sentAgain(ana, approval);
            tell.say(reply.text());
            tell.check(
                    changed.succeeded()
                            && reply.code().orElse("").equals("effect_changed")
                            && payments() == before,
                    "dana allowed another effect, so nothing was deleted");
            remember("acme", reply, "the delete whose effect had changed");
        }
    }

    /** Sends the delete, which is held, and tells the approval's id. */
    private String asked(McpClient agent) {
        McpClient.Reply held = agent.sql("db_execute", DATABASE, DELETE_A_PAYMENT);
        remember("acme", held, "the delete that was held");
        JsonNode told = held.body().at("/result/structuredContent");
        for (JsonNode table : told.at("/effect/tables")) {
            tell.say(
                    "would delete %d of %s"
                            .formatted(
                                    table.path("deleted").asInt(-1),
                                    table.path("table").asString("?")));
        }
        tell.check(
                held.code().orElse("").equals("approval_required")
                        && told.at("/effect/rowsAffected").asInt(-1) == 1,
                "the answer is approval_required, with the effect");
        return told.at("/approval/id").asString("");
    }

    private void allowed(AuditClient dana, String approval) {
        String answer = await(() -> dana.approve(approval)).orElse("nothing");
        tell.check(
                answer.isEmpty(),
                "dana sees text and effect in the audit service and allows it"
                        + (answer.isEmpty() ? "" : ": " + answer));
    }

    /** The held call with its approval, once the gateway has heard of the decision. */
    private McpClient.Reply sentAgain(McpClient agent, String approval) {
        Supplier<McpClient.Reply> send =
                () -> agent.approved("db_execute", DATABASE, DELETE_A_PAYMENT, approval);
        return await(() ->
                        Optional.of(send.get())
                                .filter(reply ->
                                        !reply.code().orElse("").equals("approval_pending")))
                .orElseGet(send);
    }

    private long payments() {
        return Long.parseLong(
                query("acme", "ana", "select count(*) from payments").getFirst().getFirst());
    }

    private void budget() {
        tell.step("A budget that runs out at exactly its number");
        try (McpClient client = agent("acme", "crowd-agent", "mcp:read")) {
            // the registry reaches the gateway by itself, and a minute must not end meanwhile
            Optional<McpClient.Left> left =
                    await(() ->
                            client.left("crowd")
                                    .filter(now -> now.calls() > 0 && now.seconds() >= 10));
            long calls = left.map(McpClient.Left::calls).orElse(0L);
            tell.say(
                    "crowd-agent of acme has a budget of calls a minute. It asks what is left (MCP resources/read): "
                            + calls);
            List<McpClient.Reply> replies = crowd(client);
            long served = replies.stream().filter(McpClient.Reply::succeeded).count();
            long exhausted =
                    replies.stream()
                            .filter(reply -> reply.code().orElse("").startsWith("budget_"))
                            .count();
            answered += served;
            tell.say(CROWD + " callers at once: " + served + " were served");
            tell.check(
                    left.isPresent() && served == calls && served + exhausted == CROWD,
                    "not one call more and not one less than was left");
            replies.stream()
                    .filter(reply -> reply.code().orElse("").equals("budget_exhausted"))
                    .findFirst()
                    // not looked up later: where many are refused alike, they share an entry
                    .ifPresent(reply -> tell.say(reply.text()));
        }
    }

    private static List<McpClient.Reply> crowd(McpClient client) {
        try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            List<Future<McpClient.Reply>> calls = new ArrayList<>();
            for (int i = 0; i < CROWD; i++) {
                calls.add(threads.submit(() -> client.sql("db_query", DATABASE, "select 1")));
            }
            List<McpClient.Reply> replies = new ArrayList<>();
            for (Future<McpClient.Reply> call : calls) {
                replies.add(call.get());
            }
            return replies;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted while callers wait", e);
        } catch (ExecutionException e) {
            throw new IllegalStateException("a caller was not answered: " + e.getCause(), e);
        }
    }

    private void bulkRead(String carrier) {
        tell.step("Somebody carries data out");
        tell.say(carrier + " of acme, never seen before, reads table after table:");
        Instant began = clock.instant();
        long rows = 0;
        Optional<McpClient.Reply> refusal = Optional.empty();
        try (McpClient client = agent("acme", carrier, "mcp:read")) {
            for (int page = 0; page < BULK_CALLS_MAX && refusal.isEmpty(); page++) {
                String table = List.of("payments", "customers", "orders").get(page % 3);
                McpClient.Reply reply =
                        client.sql(
                                "db_query",
                                DATABASE,
                                "select * from "
                                        + table
                                        + " order by id limit 1000 offset "
                                        + 1000 * (page / 3 % 2));
                if (reply.succeeded()) {
                    rows += reply.rows().size();
                    if (page == 0) {
                        remember("acme", reply, "the first bulk read");
                    }
                } else {
                    refusal = Optional.of(reply);
                }
            }
            if (refusal.isEmpty()) {
                refusal =
                        await(() ->
                                Optional.of(client.sql("db_query", DATABASE, "select 1"))
                                        .filter(reply -> !reply.succeeded()));
            }
        }
        String code = refusal.flatMap(McpClient.Reply::code).orElse("nothing");
        tell.say(
                String.format(
                        "%,d rows went out in %.1f s; then the gateway said: %s",
                        rows, seconds(began), code));
        tell.check(
                code.equals("principal_suspended"),
                "the monitor raised an alert and suspended " + carrier);
        try (McpClient client = agent("acme", "ana", "mcp:read")) {
            tell.check(
                    client.sql("db_query", DATABASE, "select 1").succeeded(),
                    "ana of the same tenant works on");
        }
    }

    private void auditEntries() {
        tell.step("The evidence");
        tell.say(
                "Every call of this session is in its tenant's audit log. An auditor looks each one up and");
        tell.say("checks its proof against the log's signed checkpoint:");
        for (String tenant : List.of("acme", "globex")) {
            try (AuditClient audit = audit(tenant)) {
                for (Remembered call :
                        remembered.stream().filter(one -> one.tenant().equals(tenant)).toList()) {
                    Optional<AuditClient.Proved> proved = await(() -> audit.proofOf(call.call()));
                    tell.check(
                            proved.isPresent() && proved.get().verified(),
                            call.what()
                                    + ": "
                                    + proved.map(one -> one.kinds() + " " + one.place())
                                            .orElse("not found"));
                }
            }
        }
        try (AuditClient acme = audit("acme");
                AuditClient globex = audit("globex")) {
            boolean told =
                    await(() ->
                                    Optional.of(acme)
                                            .filter(one ->
                                                    !one.newest("AlertRaised").isEmpty()
                                                            && !one.newest("PrincipalSuspended")
                                                                    .isEmpty()))
                            .isPresent();
            tell.check(told, "the alert and the suspension are entries too");
            tell.check(
                    globex.isKeptFrom("acme") && !acme.isKeptFrom("acme"),
                    "globex's auditor cannot read acme's log");
        }
    }

    private void searchIndex() {
        tell.step("The same, for the security team");
        Predicate<Map<String, Long>> complete =
                found ->
                        found.getOrDefault("calls", 0L) >= answered
                                && found.getOrDefault("alerts", 0L) > 0;
        Map<String, Long> counts =
                await(() -> Optional.of(OpenSearchCounts.of(stack.openSearch())).filter(complete))
                        .orElseGet(() -> OpenSearchCounts.of(stack.openSearch()));
        tell.say(
                "OpenSearch holds "
                        + counts.get("calls")
                        + " calls and "
                        + counts.get("alerts")
                        + " alerts.");
        tell.check(complete.test(counts), "every answered call and the alert can be searched");
    }

    private List<List<String>> query(String tenant, String subject, String sql) {
        try (McpClient client = agent(tenant, subject, "mcp:read")) {
            McpClient.Reply reply = client.sql("db_query", DATABASE, sql);
            remember(
                    tenant,
                    reply,
                    "\"" + (sql.length() > 40 ? sql.substring(0, 40) + "\u2026" : sql) + "\"");
            if (!reply.succeeded()) {
                tell.check(false, "the query was answered: " + reply.text());
            }
            return reply.rows();
        }
    }

    private void remember(String tenant, McpClient.Reply reply, String what) {
        if (reply.succeeded()) {
            answered++;
        }
        reply.call()
                .ifPresentOrElse(
                        call -> remembered.add(new Remembered(tenant, call, what)),
                        () -> tell.check(false, what + " was answered without a call id"));
    }

    private static boolean onlyOf(List<List<String>> rows, String tenant) {
        return !rows.isEmpty() && rows.stream().allMatch(row -> row.contains(tenant));
    }

    private McpClient agent(String tenant, String subject, String scope) {
        return new McpClient(
                stack.mcp(), token(tenant, subject, scope, stack.mcp()), "sallyport-demo");
    }

    /** Somebody of acme who comes to decide on approvals. */
    private AuditClient decider(String subject) {
        return new AuditClient(
                stack.audit(),
                token("acme", subject, "audit:approve", stack.audit()),
                stack.auditKey());
    }

    private AuditClient audit(String tenant) {
        return new AuditClient(
                stack.audit(),
                token(tenant, tenant + "-auditor", "audit:read", stack.audit()),
                stack.auditKey());
    }

    private String token(String tenant, String subject, String scope, URI audience) {
        return TokenClient.fetch(
                Objects.requireNonNull(stack.tokenEndpoints().get(tenant)),
                "demo-agent",
                subject,
                scope,
                audience);
    }

    private double seconds(Instant since) {
        return Duration.between(since, clock.instant()).toMillis() / 1000.0;
    }

    /** The first answer that is there, looking again until it is or until it takes too long. */
    private <T> Optional<T> await(Supplier<Optional<T>> look) {
        Instant until = clock.instant().plus(SETTLES_WITHIN);
        Optional<T> found = look.get();
        while (found.isEmpty() && clock.instant().isBefore(until)) {
            LockSupport.parkNanos(BETWEEN_LOOKS.toNanos());
            found = look.get();
        }
        return found;
    }
}
