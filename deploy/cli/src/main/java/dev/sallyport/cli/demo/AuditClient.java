package dev.sallyport.cli.demo;

import dev.sallyport.audit.note.VerifierKey;
import dev.sallyport.audit.verify.AuditVerifier;
import dev.sallyport.audit.verify.CallProof;
import dev.sallyport.audit.verify.Verdict;
import dev.sallyport.schema.event.EventCodec;
import dev.sallyport.schema.json.Json;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import tools.jackson.databind.JsonNode;

/** An auditor who reads one tenant's trail, and believes no proof before having verified it. */
final class AuditClient implements AutoCloseable {
    private static final Duration TIMEOUT = Duration.ofSeconds(10);
    private static final int OK = 200;

    private final URI audit;
    private final String token;
    private final AuditVerifier verifier;
    private final HttpClient http =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

    AuditClient(URI audit, String token, String key) {
        this.audit = audit;
        this.token = token;
        this.verifier = new AuditVerifier(VerifierKey.parse(key));
    }

    /**
     * The entries of a call.
     *
     * @param verified whether their inclusion under the signed checkpoint was verified
     * @param kinds what kinds of events they are
     * @param place what the proof says of the log
     */
    record Proved(boolean verified, String kinds, String place) {}

    /** The call's entries with their proof, once they are published. */
    Optional<Proved> proofOf(String call) {
        HttpResponse<byte[]> response = get("/api/v1/calls/" + call);
        if (response.statusCode() != OK) {
            return Optional.empty();
        }
        String kinds =
                CallProof.parse(response.body()).entries().stream()
                        .map(entry -> EventCodec.decode(entry.bytes()).type().kind())
                        .collect(Collectors.joining(" + "));
        // a call that was authorized is whole only with its outcome
        if (kinds.equals("CallAuthorized")) {
            return Optional.empty();
        }
        return Optional.of(
                switch (verifier.proof(response.body())) {
                    case Verdict.Proved(_, _, var origin, var tree, _) ->
                            new Proved(
                                    true,
                                    kinds,
                                    "(proof verified: among the "
                                            + tree.size()
                                            + " entries of "
                                            + origin
                                            + ")");
                    case Verdict.Verified _ ->
                            throw new IllegalStateException("the verdict on a log, for a proof");
                    case Verdict.Tampered(var findings) ->
                            new Proved(false, kinds, "TAMPERED: " + findings);
                    case Verdict.Unreadable(var why) ->
                            new Proved(false, kinds, "not readable: " + why);
                });
    }

    /** The ids of the newest entries of that kind. */
    List<String> newest(String kind) {
        HttpResponse<byte[]> response = get("/api/v1/entries?kind=" + kind);
        List<String> ids = new ArrayList<>();
        if (response.statusCode() == OK) {
            for (JsonNode entry : Json.mapper().readTree(response.body()).get("entries")) {
                ids.add(entry.get("eventId").asString());
            }
        }
        return ids;
    }

    /** Whether this auditor is kept from the entries of another tenant's log. */
    boolean isKeptFrom(String tenant) {
        return get("/log/" + tenant + "/tile/entries/000.p/1").statusCode() == 403;
    }

    /**
     * Allows what was asked for; the answer is the code of why not, or nothing where it was
     * allowed. Empty as long as the request is not in the log.
     */
    Optional<String> approve(String approval) {
        HttpResponse<byte[]> response =
                send(
                        request("/api/v1/approvals/" + approval + "/approve")
                                .header("Content-Type", "application/json")
                                .POST(HttpRequest.BodyPublishers.ofString("{}")));
        if (response.statusCode() == OK) {
            return Optional.of("");
        }
        String code = Json.mapper().readTree(response.body()).path("code").asString("?");
        return Optional.of(code).filter(one -> !one.equals("approval_unknown"));
    }

    private HttpResponse<byte[]> get(String path) {
        return send(request(path));
    }

    private HttpRequest.Builder request(String path) {
        return HttpRequest.newBuilder(audit.resolve(path))
                .timeout(TIMEOUT)
                .header("Authorization", "Bearer " + token);
    }

    private HttpResponse<byte[]> send(HttpRequest.Builder request) {
        try {
            return http.send(request.build(), HttpResponse.BodyHandlers.ofByteArray());
        } catch (IOException e) {
            throw new IllegalStateException(
                    "the audit service at " + audit + " does not answer", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted", e);
        }
    }

    @Override
    public void close() {
        http.close();
    }
}
