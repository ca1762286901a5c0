package dev.sallyport.e2e;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.sallyport.cli.demo.McpClient;
import dev.sallyport.cli.stack.LocalStack;
import java.io.IOException;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/**
 * A statement that nobody waits for any more stops in the database, and the log tells why. Limits
 * of ten seconds and more would end each of these statements, too: it is the time that tells.
 */
// case D8
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class NobodyWaitsIT {
    private static final Duration STOPS_WITHIN = Duration.ofSeconds(2);
    private static final Duration COMES_WITHIN = Duration.ofSeconds(30);

    @TempDir static Path folder;
    private final HttpClient http =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
    private Stage stage;

    @BeforeAll
    void open() {
        stage = Stage.open(folder, LocalStack.Mode.TOGETHER);
        stage.asOwner(
                "create function slowly() returns trigger language plpgsql as"
                        + " $$ begin perform pg_sleep(60); return new; end $$;"
                        + " create trigger slowly before update on employees"
                        + " for each row execute function slowly()");
        // a connection is open and its login checked before anything is timed
        try (McpClient ana = stage.agent("acme", "ana", Stage.EVERYTHING)) {
            assertThat(ana.sql("db_query", "shop", "select 1").succeeded()).isTrue();
        }
    }

    @AfterAll
    void close() {
        http.close();
        if (stage != null) {
            stage.close();
        }
    }

    @Test
    @Timeout(value = 2, unit = TimeUnit.MINUTES)
    void aWriteWhoseCallerClosedItsConnectionIsRolledBack() throws Exception {
        String salary = "select salary from employees where id = 1";
        List<String> before = stage.ownersView(salary);
        URI mcp = stage.stack().description().mcp();
        try (Socket socket = new Socket(mcp.getHost(), mcp.getPort())) {
            send(socket, "update employees set salary = salary + 1 where id = 1");
            await().atMost(COMES_WITHIN).until(() -> isAtWork("employees"));
        }

        await().atMost(STOPS_WITHIN).until(() -> !isAtWork("employees"));
        assertThat(stage.ownersView(salary)).isEqualTo(before);
        assertThat(stage.ownersView("select call_id from sallyport.ledger where rows_affected > 0"))
                .isEmpty();
        isTold("walter", "connection_closed");
    }

    @Test
    @Timeout(value = 2, unit = TimeUnit.MINUTES)
    void aReadThatItsCallerCancelsIsStopped() throws Exception {
        String session = initialized();
        CompletableFuture<HttpResponse<String>> call =
                http.sendAsync(
                        legacy(
                                        session,
                                        message(
                                                "db_query",
                                                "select count(*) from customers a, customers b, customers c"))
                                .build(),
                        BodyHandlers.ofString());
        await().atMost(COMES_WITHIN).until(() -> isAtWork("customers"));

        HttpResponse<String> heard =
                http.send(
                        legacy(
                                        session,
                                        "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/cancelled\",\"params\":{\"requestId\":7}}")
                                .build(),
                        BodyHandlers.ofString());

        await().atMost(STOPS_WITHIN).until(() -> !isAtWork("customers"));
        assertThat(heard.statusCode()).isEqualTo(202);
        assertThat(call.get().statusCode()).isEqualTo(202);
        assertThat(call.get().body()).isEmpty();
        isTold("rita", "cancelled");
    }

    /** The log has the call as withdrawn and as settled, once each. */
    private void isTold(String subject, String why) {
        await().atMost(COMES_WITHIN)
                .until(() -> !of(subject, stage.entries("acme", "CallSettled")).isEmpty());
        assertThat(of(subject, stage.entries("acme", "CallSettled")))
                .singleElement()
                .satisfies(entry -> {
                    assertThat(entry.get("outcome").asString()).isEqualTo("cancelled");
                    assertThat(of(subject, stage.entries("acme", "CallWithdrawn")))
                            .singleElement()
                            .satisfies(withdrawn -> {
                                assertThat(withdrawn.get("callId")).isEqualTo(entry.get("callId"));
                                assertThat(withdrawn.toString()).contains(why);
                            });
                });
    }

    private static List<JsonNode> of(String subject, List<JsonNode> entries) {
        return entries.stream()
                .filter(entry -> entry.path("principal").asString("").equals(subject))
                .toList();
    }

    private boolean isAtWork(String table) {
        // the owner sees it by the locks on the table, the server's own vacuum aside
        String atWork =
                "select distinct l.pid from pg_locks l join pg_class c on c.oid = l.relation"
                        + " join pg_stat_activity a on a.pid = l.pid"
                        + " where c.relname = '"
                        + table
                        + "' and a.backend_type = 'client backend' and l.pid <> pg_backend_pid()";
        return !stage.ownersView(atWork).isEmpty();
    }

    private String initialized() throws IOException, InterruptedException {
        return http.send(
                        legacy(
                                        null,
                                        "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"initialize\",\"params\":{\"protocolVersion\":\"2025-11-25\","
                                                + "\"capabilities\":{},\"clientInfo\":{\"name\":\"e2e\",\"version\":\"1\"}}}")
                                .build(),
                        BodyHandlers.ofString())
                .headers()
                .firstValue("Mcp-Session-Id")
                .orElseThrow();
    }

    private HttpRequest.Builder legacy(@Nullable String session, String message) {
        HttpRequest.Builder request =
                HttpRequest.newBuilder(stage.stack().description().mcp())
                        .timeout(COMES_WITHIN)
                        .header(
                                "Authorization",
                                "Bearer " + stage.token("acme", "rita", "mcp:read"))
                        .header("Content-Type", "application/json")
                        .header("Accept", "application/json, text/event-stream")
                        .header("MCP-Protocol-Version", "2025-11-25")
                        .POST(HttpRequest.BodyPublishers.ofString(message));
        return session == null ? request : request.header("Mcp-Session-Id", session);
    }

    private void send(Socket socket, String sql) throws IOException {
        String message = message("db_execute", sql);
        socket.getOutputStream()
                .write(
                        """
                        POST /mcp HTTP/1.1\r
                        Host: localhost\r
                        Content-Type: application/json\r
                        Accept: application/json\r
                        MCP-Protocol-Version: 2025-11-25\r
                        Authorization: Bearer %s\r
                        Content-Length: %d\r
                        \r
                        %s\
                        """
                                .formatted(
                                        stage.token("acme", "walter", Stage.EVERYTHING),
                                        message.length(),
                                        message)
                                .getBytes(UTF_8));
    }

    private static String message(String tool, String sql) {
        return """
        {"jsonrpc":"2.0","id":7,"method":"tools/call",\
        "params":{"name":"%s","arguments":{"database":"shop","sql":"%s"}}}\
        """
                .formatted(tool, sql);
    }
}
