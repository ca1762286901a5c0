package dev.sallyport.cli;

import dev.sallyport.cli.stack.StackDescription;
import dev.sallyport.cli.stack.StackException;
import dev.sallyport.cli.stack.TokenClient;
import dev.sallyport.schema.json.Json;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;

/** Which audit service, and who asks it. */
final class ApprovalsOptions {
    private static final Duration TIMEOUT = Duration.ofSeconds(30);
    private static final String API = "/api/v1/approvals";
    private static final String SCOPES = "audit:read audit:approve";
    private static final int OK = 200;

    @Mixin DataOption data = new DataOption();

    @ArgGroup(multiplicity = "1")
    Where where = new Where();

    @Option(
            names = "--subject",
            defaultValue = "developer",
            description =
                    "Who you are, for --tenant without --token: the local stack believes anybody (default: ${DEFAULT-VALUE}).")
    String subject = "";

    @Option(
            names = "--token",
            description =
                    "An access token for the audit service with the scope audit:approve. Needed with --url.")
    @Nullable String token;

    /** Which audit service. */
    static final class Where {
        @Option(
                names = "--tenant",
                description = "The local stack's audit service, as one of this tenant.")
        @Nullable String tenant;

        @Option(
                names = "--url",
                description =
                        "The audit service at this address, such as https://audit.example.com.")
        @Nullable URI url;
    }

    /** What the options of the next command have to be, such as {@code --tenant acme}. */
    String again() {
        if (where.tenant == null) {
            return "--url " + where.url + " --token ...";
        }
        return "--tenant "
                + where.tenant
                + (token == null ? " --subject " + subject : " --token ...")
                + (data.folder == null ? "" : " --data " + data.folder);
    }

    /**
     * What is answered at the address.
     *
     * @param path after the address of approvals
     * @throws StackException with the service's code, or {@code audit_unavailable}
     */
    JsonNode get(String path) {
        return send(path, null);
    }

    /** As {@link #get}, for what is posted as JSON. */
    JsonNode post(String path, JsonNode body) {
        return send(path, body);
    }

    private JsonNode send(String path, @Nullable JsonNode body) {
        URI audit;
        String bearer;
        if (where.tenant != null) {
            StackDescription stack = StackDescription.of(data.folder());
            audit = stack.audit();
            bearer = token == null ? local(stack, where.tenant) : token;
        } else {
            audit = Objects.requireNonNull(where.url);
            if (token == null) {
                throw new StackException(
                        "token_missing",
                        "--url needs --token: an access token for the audit service with the scope audit:approve");
            }
            bearer = token;
        }
        HttpRequest.Builder request =
                HttpRequest.newBuilder(audit.resolve(API + path))
                        .timeout(TIMEOUT)
                        .header("Authorization", "Bearer " + bearer);
        if (body != null) {
            request.header("Content-Type", "application/json")
                    .POST(
                            HttpRequest.BodyPublishers.ofByteArray(
                                    Json.mapper().writeValueAsBytes(body)));
        }
        return answer(audit, request.build());
    }

    private String local(StackDescription stack, String tenant) {
        URI endpoint = stack.tokenEndpoints().get(tenant);
        if (endpoint == null) {
            throw new StackException(
                    "tenant_unknown",
                    "there is no tenant "
                            + tenant
                            + "; there are "
                            + stack.tokenEndpoints().keySet().stream().sorted().toList());
        }
        return TokenClient.fetch(endpoint, "sallyport-cli", subject, SCOPES, stack.audit());
    }

    private static JsonNode answer(URI audit, HttpRequest request) {
        try (HttpClient http =
                HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build()) {
            HttpResponse<byte[]> response =
                    http.send(request, HttpResponse.BodyHandlers.ofByteArray());
            JsonNode json = Json.exact().readTree(response.body());
            if (response.statusCode() != OK) {
                throw new StackException(
                        ApprovalText.plain(json.path("code").asString("request_refused")),
                        ApprovalText.plain(
                                json.path("message").asString("status " + response.statusCode())));
            }
            return json;
        } catch (IOException | JacksonException e) {
            throw new StackException(
                    "audit_unavailable",
                    "the audit service at " + audit + " does not answer: is it running?",
                    e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new StackException("audit_unavailable", "interrupted", e);
        }
    }
}
