package dev.sallyport.e2e;

import dev.sallyport.audit.note.VerifierKey;
import dev.sallyport.audit.verify.AuditVerifier;
import dev.sallyport.cli.demo.McpClient;
import dev.sallyport.cli.stack.LocalStack;
import dev.sallyport.embedded.EmbeddedStack;
import dev.sallyport.schema.json.Json;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import tools.jackson.databind.JsonNode;

/** The whole of Sallyport on real parts, and the ways in which a test looks at it from outside. */
final class Stage implements AutoCloseable {
    static final String EVERYTHING = "mcp:read mcp:write mcp:delete mcp:sql";

    private static final int PAGE = 200;
    private final LocalStack stack;
    private final HttpClient http =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

    private Stage(LocalStack stack) {
        this.stack = stack;
    }

    static Stage open(Path folder, LocalStack.Mode mode) {
        return new Stage(LocalStack.start(folder, mode, new Quiet(), InstantSource.system()));
    }

    LocalStack stack() {
        return stack;
    }

    McpClient agent(String tenant, String subject, String scopes) {
        return new McpClient(stack.description().mcp(), token(tenant, subject, scopes), "e2e");
    }

    String token(String tenant, String subject, String scopes) {
        return token(tenant, subject, scopes, stack.description().mcp());
    }

    String auditorsToken(String tenant) {
        return token(tenant, "auditor", "audit:read", stack.description().audit());
    }

    private String token(String tenant, String subject, String scopes, URI audience) {
        return stack.servers()
                .oauth()
                .token(
                        tenant,
                        subject,
                        "e2e",
                        Set.of(scopes.split(" ", -1)),
                        audience,
                        Map.of(),
                        Duration.ofHours(1));
    }

    /** The first column of what the database's owner sees, past every policy. */
    List<String> ownersView(String sql) {
        try (Connection connection = stack.servers().postgres().connect("shop");
                Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery(sql)) {
            List<String> values = new ArrayList<>();
            while (rows.next()) {
                values.add(rows.getString(1));
            }
            return values;
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
    }

    void asOwner(String sql) {
        try (Connection connection = stack.servers().postgres().connect("shop");
                Statement statement = connection.createStatement()) {
            statement.execute(sql);
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
    }

    /** Every entry of that kind in the tenant's audit log, as its search shows them. */
    List<JsonNode> entries(String tenant, String kind) {
        String token = auditorsToken(tenant);
        List<JsonNode> entries = new ArrayList<>();
        String cursor = "";
        do {
            JsonNode page = get("/api/v1/entries?kind=" + kind + "&limit=" + PAGE + cursor, token);
            page.get("entries").forEach(entries::add);
            cursor = page.path("next").isString() ? "&cursor=" + page.get("next").asString() : "";
        } while (!cursor.isEmpty());
        return entries;
    }

    /** The ids of the calls that have an entry of that kind. */
    Set<String> calls(String tenant, String kind) {
        Set<String> calls = new TreeSet<>();
        entries(tenant, kind).forEach(entry -> calls.add(entry.get("callId").asString()));
        return calls;
    }

    /** A person's token for the audit service, with the right to decide on approvals. */
    String approversToken(String tenant, String subject) {
        return token(tenant, subject, "audit:approve", stack.description().audit());
    }

    /** The status that the audit service answers to the decision of whoever has the token. */
    int decide(String approval, String decision, String token, String words) {
        HttpRequest request =
                HttpRequest.newBuilder(
                                stack.description()
                                        .audit()
                                        .resolve("/api/v1/approvals/" + approval + "/" + decision))
                        .header("Authorization", "Bearer " + token)
                        .header("Content-Type", "application/json")
                        .timeout(Duration.ofSeconds(20))
                        .POST(HttpRequest.BodyPublishers.ofString(words))
                        .build();
        try {
            return http.send(request, HttpResponse.BodyHandlers.discarding()).statusCode();
        } catch (IOException e) {
            throw new IllegalStateException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    AuditVerifier verifier() {
        return new AuditVerifier(VerifierKey.parse(stack.description().auditKey()));
    }

    URI log(String tenant) {
        return stack.description().audit().resolve("/log/" + tenant);
    }

    private JsonNode get(String path, String token) {
        HttpRequest request =
                HttpRequest.newBuilder(stack.description().audit().resolve(path))
                        .header("Authorization", "Bearer " + token)
                        .timeout(Duration.ofSeconds(20))
                        .build();
        try {
            HttpResponse<byte[]> response =
                    http.send(request, HttpResponse.BodyHandlers.ofByteArray());
            JsonNode body = Json.mapper().readTree(response.body());
            if (response.statusCode() != 200) {
                throw new IllegalStateException(
                        path + " was answered " + response.statusCode() + ": " + body);
            }
            return body;
        } catch (IOException e) {
            throw new IllegalStateException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    @Override
    public void close() {
        http.close();
        stack.close();
    }

    private static final class Quiet implements LocalStack.Progress {
        @Override
        public void starting(EmbeddedStack.Part part) {}

        @Override
        public void ready(EmbeddedStack.Part part, Duration took, String address) {}

        @Override
        public void done(String what, Duration took) {}
    }
}
