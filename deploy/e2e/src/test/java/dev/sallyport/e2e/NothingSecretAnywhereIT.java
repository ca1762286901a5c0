package dev.sallyport.e2e;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.sallyport.cli.demo.McpClient;
import dev.sallyport.cli.stack.LocalStack;
import dev.sallyport.schema.event.ApprovalBy;
import dev.sallyport.schema.id.TenantId;
import dev.sallyport.schema.json.Json;
import dev.sallyport.schema.registry.RegistryWriter;
import dev.sallyport.schema.registry.Rule;
import dev.sallyport.schema.registry.Suspension;
import dev.sallyport.schema.topic.KafkaSettings;
import java.io.IOException;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentSkipListSet;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.node.ObjectNode;

/**
 * No literal, parameter, row, token, password or key is in the clear in any log, in the event log,
 * in the audit database, in the index or in an error, whatever callers did. Case F.
 */
class NothingSecretAnywhereIT {
    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final String CUSTOMER =
            "insert into customers (id, tenant_id, name, email, city, since) values ";

    /** Reads rows of the caller's tenant and does not end. */
    private static final String ENDLESS =
            "select count(*) from customers a, orders b, payments c, orders d where a.name || b.id || c.id || d.id <> ";

    private static final String LIMITS_UNAVAILABLE = "limits_unavailable";

    private final Secrets secrets = new Secrets();
    private final String row = secrets.text("a row's value");
    private final String literal = secrets.text("a literal");
    private final String number = secrets.number("a number");
    private final String parameter = secrets.text("a parameter");

    /** Things that are to be found: what finds none of them would find no secret either. */
    private final Secrets controls = new Secrets();

    private final String subject = "s-" + controls.text("a subject");
    private final String told = controls.text("a line in the database server's log");

    /** The places where something was found. */
    private final Map<String, Set<String>> leaks = new TreeMap<>();

    private final Set<String> controlled = new TreeSet<>();
    private final Set<String> places = new TreeSet<>();
    private final Set<String> codes = new ConcurrentSkipListSet<>();

    @Test
    @Timeout(value = 5, unit = TimeUnit.MINUTES)
    void afterAFullRunNoSecretIsAnywhere(@TempDir Path given) throws Exception {
        Path folder = given.toRealPath();
        try (Stage stage = Stage.open(folder, LocalStack.Mode.ISOLATED);
                ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
                McpClient agent = agent(stage, "acme", subject);
                McpClient other = agent(stage, "globex", "ben")) {
            ownSecrets(stage);
            stage.asOwner(
                    CUSTOMER + "(90001, 'acme', '%s', 'a@b.c', 'x', '2026-01-01')".formatted(row));
            Future<?> late = threads.submit(() -> call(agent, "db_query", endless()));
            calls(agent);
            held(stage, agent);
            requests(stage);
            tokens(stage);
            late.get();
            interrupted(stage, threads);
            others(other);

            stage.asOwner("do $$ begin raise log '%', '" + told + "'; end $$");
            String last = agent.sql("db_query", "shop", "select 1").call().orElseThrow();
            await().atMost(PATIENCE).until(() -> stage.calls("acme", "CallSettled").contains(last));
            await().atMost(PATIENCE).until(() -> isIndexed(stage, last));
            Places.topics(stage, this::look);
            Places.database(stage, "sallyport_audit", this::look);
            Places.database(stage, "sallyport_limits", this::look);
            Places.index(stage, this::look);
        }
        // closed, so that nothing more is written
        Places.logs(folder, this::look);

        assertThat(leaks).isEmpty();
        assertThat(places)
                .contains(
                        "topic sallyport.replies",
                        "topic sallyport.registry",
                        "file gateway.log",
                        "file executor.log",
                        "file audit.log",
                        "file monitor.log");
        assertThat(controlled)
                .contains(
                        "topic sallyport.commands.main",
                        "topic sallyport.outcomes",
                        "topic sallyport.signals",
                        "table audit.entry",
                        "table limits.approval",
                        "table desk.description",
                        "file postgres.log")
                .anyMatch(place -> place.startsWith("index "));
        // every kind of end was there
        assertThat(codes)
                .contains(
                        "succeeded",
                        "constraint_violation",
                        "data_exception",
                        "row_security",
                        "malformed_statement",
                        "principal_suspended",
                        "approval_required",
                        "approval_mismatch",
                        "approval_used",
                        "connection_lost",
                        "database_unavailable",
                        // of the server that has the tenants' databases and that of the limits
                        LIMITS_UNAVAILABLE)
                // whichever limit is noticed first
                .containsAnyOf("deadline_exceeded", "statement_timeout");
    }

    @Test
    void whatIsEncodedIsFoundToo() {
        String text = secrets.text("a text");
        byte[] bytes = ("xy" + text + "z").getBytes(UTF_8);
        for (String encoded :
                List.of(
                        text.toUpperCase(Locale.ROOT),
                        HexFormat.of().formatHex(bytes),
                        Base64.getEncoder().encodeToString(bytes),
                        Base64.getUrlEncoder().encodeToString(bytes))) {
            assertThat(secrets.foundIn(("before " + encoded + " after").getBytes(UTF_8)))
                    .as(encoded)
                    .containsExactly("a text");
        }
        assertThat(secrets.foundIn("something else".getBytes(UTF_8))).isEmpty();
    }

    /** What a place holds. */
    private void look(String place, byte[] content) {
        places.add(place);
        if (!controls.foundIn(content).isEmpty()) {
            controlled.add(place);
        }
        found(place, secrets.foundIn(content));
    }

    private void found(String place, List<String> marks) {
        if (!marks.isEmpty()) {
            leaks.computeIfAbsent(place, _ -> new TreeSet<>()).addAll(marks);
        }
    }

    /** What the stack itself keeps secret. */
    private void ownSecrets(Stage stage) throws IOException {
        List<Path> files;
        try (Stream<Path> all = Files.list(stage.stack().servers().folder().resolve("secrets"))) {
            files = all.filter(file -> !file.toString().endsWith(".pub")).toList();
        }
        assertThat(files).hasSizeGreaterThan(5);
        for (Path file : files) {
            String secret = Files.readString(file).strip();
            // the first four parts of a note's key are public
            String[] parts = secret.split("\\+", 5);
            boolean isNoteKey = parts.length == 5 && parts[0].equals("PRIVATE");
            secrets.mark("the secret " + file.getFileName(), isNoteKey ? parts[4] : secret);
        }
        secrets.mark(
                "the superuser's password", stage.stack().servers().postgres().superuserPassword());
    }

    private McpClient agent(Stage stage, String tenant, String who) {
        return new McpClient(stage.stack().description().mcp(), token(stage, tenant, who), "e2e");
    }

    private String token(Stage stage, String tenant, String who) {
        return marked(stage.token(tenant, who, Stage.EVERYTHING));
    }

    /** What precedes a token's signature is no secret without it. */
    private String marked(String token) {
        secrets.mark("a token", token.substring(token.lastIndexOf('.') + 1));
        return token;
    }

    private ObjectNode endless() {
        return sql(ENDLESS + "'" + literal + "' and $1 <> ''", parameter);
    }

    private void calls(McpClient agent) {
        for (ObjectNode read :
                List.of(
                        sql("select name from customers where id = 90001"),
                        sql("select '" + literal + "', " + number),
                        sql("select $1::text", parameter),
                        sql("select ?::text -- " + literal, parameter),
                        sql(
                                "select $q$"
                                        + literal
                                        + "$q$, E'"
                                        + literal
                                        + "', U&'"
                                        + literal
                                        + "'"),
                        sql("select name from customers where name like '" + literal + "%'"),
                        // the database's words of these quote what they fail on
                        sql("select '" + literal + "'::int"),
                        sql("select $1::int", parameter),
                        sql("select $1::jsonb", parameter),
                        sql("select name::int from customers where id = 90001"),
                        sql("select ('{' || name)::jsonb from customers where id = 90001"),
                        sql("select name::date from customers where id = 90001"),
                        sql("select to_number(name, 'x') / 0 from customers where id = 90001"),
                        sql("select " + number + "::int"),
                        sql("select '" + literal + "' from no_such_table"),
                        sql("select name, '" + literal + "' frm customers"),
                        sql("selec '" + literal + "'"),
                        sql("select '" + literal),
                        sql("select '" + literal + "'; select " + number),
                        sql("select pg_read_file('" + literal + "')"),
                        sql("select set_config('x', '" + literal + "', false)"),
                        sql("select '" + literal + "' = any ($1)", parameter),
                        sql("select $1, $2", parameter),
                        sql("explain select * from customers where name = '" + literal + "'"),
                        sql("update customers set city = '" + literal + "' where id = 90001"))) {
            call(agent, "db_query", read);
        }
        for (ObjectNode write :
                List.of(
                        sql("update customers set city = '" + literal + "' where id = 90001"),
                        sql(
                                "update customers set city = $1 where id = 90001 returning name, city",
                                parameter),
                        sql(
                                CUSTOMER
                                        + "(90003, 'acme', '"
                                        + literal
                                        + "', $1, $2, '2026-01-01')",
                                parameter,
                                parameter),
                        sql(
                                CUSTOMER
                                        + "(90001, 'acme', '"
                                        + literal
                                        + "', 'e', 'c', '2026-01-01')"),
                        sql(
                                CUSTOMER
                                        + "(90005, 'globex', '"
                                        + literal
                                        + "', $1, 'c', '2026-01-01')",
                                parameter),
                        sql(
                                CUSTOMER
                                        + "(90006, 'acme', null, '"
                                        + literal
                                        + "', 'c', '2026-01-01')"),
                        sql(
                                "update customers set id = 1 where name = '"
                                        + row
                                        + "' and id = 90001"),
                        sql("delete from customers where name = '" + literal + "'"),
                        sql("do $$ begin raise exception '" + literal + "'; end $$"),
                        sql("alter role current_user password '" + literal + "'"),
                        sql("create table \"x\" as select '" + literal + "'"))) {
            call(agent, "db_execute", write);
        }
        call(
                agent,
                "describe_table",
                Json.mapper().createObjectNode().put("database", "shop").put("table", literal));
    }

    /** A call that waits, whose effect has the secrets in its rows. */
    private void held(Stage stage, McpClient agent) {
        var acme = new TenantId("acme");
        var kafka = new KafkaSettings(stage.stack().servers().kafka().bootstrapServers(), Map.of());
        try (var registry = new RegistryWriter(kafka, InstantSource.system(), "e2e")) {
            registry.put(
                    acme,
                    new Rule(
                            acme,
                            "payments",
                            new Rule.When(null, null, null, Set.of("payments"), null),
                            new Rule.Approval(ApprovalBy.CONFIRM, null, null, null),
                            null));
        }
        ObjectNode update =
                sql(
                        "update payments set card_last4 = '"
                                + literal
                                + "' where id < 40 and card_last4 <> $1",
                        parameter);
        String none = "update payments set card_last4 = 'x' where id < 0";
        await().atMost(PATIENCE)
                .until(() ->
                        call(agent, "db_execute", sql(none))
                                .code()
                                .equals(Optional.of("approval_required")));
        String approval =
                call(agent, "db_execute", update)
                        .body()
                        .at("/result/structuredContent/approval/id")
                        .asString("");
        call(agent, "db_execute", sql(none).put("approval", approval));
        call(agent, "db_execute", update.deepCopy().put("approval", approval));
        call(agent, "db_execute", update.deepCopy().put("approval", approval));
        assertThat(stage.ownersView("select distinct card_last4 from payments where id < 40"))
                .contains(literal);
    }

    private static ObjectNode sql(String sql, String... parameters) {
        ObjectNode arguments =
                Json.mapper().createObjectNode().put("database", "shop").put("sql", sql);
        if (parameters.length > 0) {
            var params = arguments.putArray("params");
            Arrays.stream(parameters).forEach(params::add);
        }
        return arguments;
    }

    /** An error tells nothing that the caller did not write in the same call. */
    private McpClient.Reply call(McpClient client, String tool, ObjectNode arguments) {
        McpClient.Reply reply = client.call(tool, arguments);
        codes.add(reply.succeeded() ? "succeeded" : reply.code().orElse("?"));
        if (!reply.succeeded()) {
            answered(arguments.toString(), reply.body().toString() + reply.challenge().orElse(""));
        }
        return reply;
    }

    private void answered(String asked, String answer) {
        Set<String> marks = new HashSet<>(secrets.foundIn(answer.getBytes(UTF_8)));
        secrets.foundIn(asked.getBytes(UTF_8)).forEach(marks::remove);
        synchronized (leaks) {
            found("an answer", List.copyOf(marks));
        }
    }

    /** Bodies that are no call, or a wrong one. */
    private void requests(Stage stage) throws IOException, InterruptedException {
        String token = token(stage, "acme", "rita");
        String text = secrets.text("a text in a body");
        String digits = secrets.number("a number in a body");
        String call =
                "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/call\",\"params\":{\"name\":\"db_query\",\"arguments\":%s}}";
        String fine = "{\"database\":\"shop\",\"sql\":\"select 1\"%s}";
        for (String body :
                List.of(
                        "{\"sql\":\"" + text + "\", " + digits,
                        "{\"x\":" + digits + "e99999, \"y\":\"" + text + "\"}",
                        "[" + digits + "," + digits + "]",
                        "\"" + text + "\"",
                        text,
                        "{\"a\":" + text + "}",
                        "{\"" + text + "\":1,\"" + text + "\":2}",
                        "{\"jsonrpc\":\"" + digits + "\",\"id\":1,\"method\":\"x\"}",
                        call.formatted("{\"database\":\"shop\",\"sql\":" + digits + "}"),
                        call.formatted(fine.formatted(",\"limit\":" + digits)),
                        call.formatted(fine.formatted(",\"limit\":\"" + text + "\"")),
                        call.formatted(fine.formatted(",\"params\":\"" + text + "\"")),
                        call.formatted(fine.formatted(",\"params\":[1e2147483648," + digits + "]")),
                        call.formatted(
                                fine.formatted(",\"params\":[{\"a\":\"" + text + "\",\"a\":1}]")),
                        call.formatted(fine.formatted(",\"password\":\"" + text + "\"")),
                        call.formatted("\"" + text + "\""),
                        call.formatted(
                                "{\"database\":\"shop\",\"sql\":\"select 1 \\u0000 '"
                                        + text
                                        + "'\"}"),
                        call.formatted(
                                "{\"database\":\"shop\",\"sql\":\"select '"
                                        + text
                                        + "'\",\"params\":[\""
                                        + text
                                        + "\"]}"))) {
            answered(body, post(stage.stack().description().mcp(), body, token));
        }
    }

    private void tokens(Stage stage) throws IOException, InterruptedException {
        String accepted = token(stage, "acme", "mallory");
        String list = "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/list\",\"params\":{}}";
        URI mcp = stage.stack().description().mcp();
        URI entries = stage.stack().description().audit().resolve("/api/v1/entries");
        for (String token :
                List.of(
                        secrets.text("a token that is none"),
                        accepted.substring(0, accepted.lastIndexOf('.'))
                                + "."
                                + secrets.text("a wrong signature"),
                        "e30." + secrets.text("a wrong payload") + ".x",
                        marked(stage.auditorsToken("acme")))) {
            answered("", post(mcp, list, token));
            answered(
                    "",
                    send(
                            HttpRequest.newBuilder(entries)
                                    .header("Authorization", "Bearer " + token)));
        }
        for (URI there : List.of(mcp, entries)) {
            answered(
                    "",
                    send(HttpRequest.newBuilder(URI.create(there + "?access_token=" + accepted))));
        }
    }

    /**
     * A caller that leaves, one that is suspended, a backend that dies, and a server that stops.
     */
    private void interrupted(Stage stage, ExecutorService threads) throws Exception {
        URI mcp = stage.stack().description().mcp();
        try (Socket socket = new Socket(mcp.getHost(), mcp.getPort())) {
            String body =
                    "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/call\",\"params\":{\"name\":\"db_query\",\"arguments\":%s}}"
                            .formatted(endless());
            String head =
                    "POST %s HTTP/1.1\r\nHost: %s\r\nAuthorization: Bearer %s\r\nContent-Type: application/json\r\nAccept: application/json, text/event-stream\r\nContent-Length: %d\r\n\r\n"
                            .formatted(
                                    mcp.getPath(),
                                    mcp.getAuthority(),
                                    token(stage, "acme", "lea"),
                                    body.length());
            socket.getOutputStream().write((head + body).getBytes(US_ASCII));
            awaitRunning(stage, 1);
        }
        awaitRunning(stage, 0);

        try (McpClient sue = agent(stage, "acme", "sue");
                McpClient ken = agent(stage, "acme", "ken")) {
            Future<?> suspended = threads.submit(() -> call(sue, "db_query", endless()));
            awaitRunning(stage, 1);
            var acme = new TenantId("acme");
            var kafka =
                    new KafkaSettings(stage.stack().servers().kafka().bootstrapServers(), Map.of());
            var now = InstantSource.system().instant();
            try (var registry = new RegistryWriter(kafka, InstantSource.system(), "e2e")) {
                registry.put(acme, new Suspension(acme, "sue", "a test", null, now));
            }
            suspended.get();
            awaitRunning(stage, 0);

            Future<?> killed = threads.submit(() -> call(ken, "db_query", endless()));
            awaitRunning(stage, 1);
            try (Connection witness = stage.stack().servers().postgres().connect("shop")) {
                for (String backend : running(stage)) {
                    ProcessHandle.of(Long.parseLong(backend))
                            .ifPresent(ProcessHandle::destroyForcibly);
                }
                killed.get();
                // the server ends all other backends, and recovers before it takes connections
                await().atMost(PATIENCE).until(() -> !witness.isValid(1));
            }
            await().atMost(PATIENCE).ignoreExceptions().until(() -> answers(stage));

            stage.asOwner(
                    "alter role acme_agent connection limit 0;"
                            + " select pg_terminate_backend(pid) from pg_stat_activity where usename = 'acme_agent'");
            call(ken, "db_query", sql("select '" + literal + "'"));
            call(ken, "db_execute", sql("delete from customers where name = $1", parameter));
            stage.asOwner("alter role acme_agent connection limit -1");

            stage.stack().servers().postgres().stop();
            call(ken, "db_query", sql("select '" + literal + "'"));
            call(ken, "db_execute", sql("delete from customers where name = $1", parameter));
            // what the gateway had leased of the limits may still be good for some seconds
            await().atMost(PATIENCE)
                    .until(() -> {
                        call(ken, "db_query", sql("select '" + literal + "'"));
                        return codes.contains(LIMITS_UNAVAILABLE);
                    });
            stage.stack().servers().postgres().startAgain();
            await().atMost(PATIENCE)
                    .until(() ->
                            call(ken, "db_query", sql("select '" + literal + "'")).succeeded());
        }
    }

    private static boolean answers(Stage stage) {
        stage.asOwner("select 1");
        return true;
    }

    private static void awaitRunning(Stage stage, int statements) {
        await().atMost(PATIENCE).until(() -> running(stage).size() == statements);
    }

    /**
     * The backends of acme's login that read customers. Whether a login is active the server does
     * not tell, for that is switched off; what it has locked it does.
     */
    private static List<String> running(Stage stage) {
        return stage.ownersView(
                "select distinct pid from pg_locks join pg_stat_activity using (pid)"
                        + " where usename = 'acme_agent' and locktype = 'relation' and relation = 'customers'::regclass");
    }

    /** Another tenant's caller, who runs into what is acme's. */
    private void others(McpClient other) {
        for (String sql :
                List.of(
                        CUSTOMER + "(90001, 'acme', 'x', 'x', 'x', '2026-01-01')",
                        CUSTOMER + "(90003, 'globex', 'x', 'x', 'x', '2026-01-01')",
                        "update customers set tenant_id = 'acme' where id = 90003")) {
            call(other, "db_execute", sql(sql));
        }
        for (String sql :
                List.of(
                        "select name::int from customers",
                        "select * from customers where id in (90001, 90003) and 1 / (id - 90003) > 0",
                        "select query from pg_stat_activity")) {
            call(other, "db_query", sql(sql));
        }
    }

    private static boolean isIndexed(Stage stage, String call)
            throws IOException, InterruptedException {
        URI openSearch = stage.stack().servers().openSearch().uri();
        return send(HttpRequest.newBuilder(
                        openSearch.resolve("/calls/_search?q=call:%22" + call + "%22")))
                .contains(call);
    }

    private static String post(URI there, String body, String token)
            throws IOException, InterruptedException {
        return send(
                HttpRequest.newBuilder(there)
                        .header("Authorization", "Bearer " + token)
                        .header("Content-Type", "application/json")
                        .header("Accept", "application/json, text/event-stream")
                        .POST(HttpRequest.BodyPublishers.ofString(body)));
    }

    /** The answer: status, headers and body. */
    private static String send(HttpRequest.Builder request)
            throws IOException, InterruptedException {
        try (HttpClient http =
                HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build()) {
            HttpResponse<String> answer =
                    http.send(request.build(), HttpResponse.BodyHandlers.ofString());
            List<String> whole = new ArrayList<>();
            answer.headers().map().values().forEach(whole::addAll);
            whole.add(answer.body());
            return String.join("\n", whole);
        }
    }
}
