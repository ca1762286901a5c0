package dev.sallyport.bench;

import dev.sallyport.schema.id.CellId;
import dev.sallyport.schema.id.DatabaseName;
import dev.sallyport.schema.id.TenantId;
import dev.sallyport.schema.json.Json;
import dev.sallyport.schema.registry.Database;
import dev.sallyport.schema.registry.Grant;
import dev.sallyport.schema.registry.Issuer;
import dev.sallyport.schema.registry.RegistryEntry;
import dev.sallyport.schema.registry.RegistryWriter;
import dev.sallyport.schema.registry.Scope;
import dev.sallyport.schema.registry.Tenant;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import tools.jackson.databind.JsonNode;

/**
 * Registers many tenants, each with a database that nobody connects to and ten grants, and waits
 * until every service knows them.
 */
final class Registration {
    static final int GRANTS_EACH = 10;

    private static final String PREFIX = "many-";
    private static final int TURN = 1_000;
    private static final Duration FOLLOWED_WITHIN = Duration.ofMinutes(5);

    private final SallyportStack sallyport;
    private final int tenants;
    private final Consumer<String> progress;

    Registration(SallyportStack sallyport, int tenants, Consumer<String> progress) {
        this.sallyport = sallyport;
        this.tenants = tenants;
        this.progress = progress;
    }

    /**
     * Returns when the audit service has every change in its logs, the monitor has no lag, and all
     * of them are quiet: the gateway and the executor, too, have then followed.
     *
     * @param contender whose workers are to be quiet
     * @return how long that took
     */
    Duration run(Contender contender) {
        long began = System.nanoTime();
        Database like = sallyport.database();
        try (RegistryWriter writer = sallyport.registryWriter()) {
            for (int from = 0; from < tenants; from += TURN) {
                int to = Math.min(tenants, from + TURN);
                List<RegistryEntry> entries = new ArrayList<>();
                for (int number = from; number < to; number++) {
                    entries.addAll(entries(number, like));
                }
                writer.putAll(entries);
                progress.accept("registered %d tenants of %d".formatted(to, tenants));
            }
        }
        long expected = (long) tenants * (2 + GRANTS_EACH);
        Programs.await(
                () -> audited() == expected,
                FOLLOWED_WITHIN,
                "the audit service to take in " + expected + " changes of the registry");
        progress.accept("the audit service has %d changes of the registry".formatted(expected));
        Programs.await(this::monitorFollows, FOLLOWED_WITHIN, "the monitor to follow");
        Bench.awaitQuiet(contender);
        Duration took = Duration.ofNanos(System.nanoTime() - began);
        progress.accept("every service has followed after %d s".formatted(took.toSeconds()));
        return took;
    }

    static List<RegistryEntry> entries(int number, Database like) {
        var id = new TenantId(PREFIX + number);
        var name = new DatabaseName("orders");
        List<RegistryEntry> entries = new ArrayList<>();
        // .invalid (RFC 2606): nobody answers there
        String issuer = "https://idp-" + number + ".invalid";
        entries.add(
                new Tenant(
                        id,
                        "Tenant " + number,
                        new CellId("main"),
                        List.of(
                                new Issuer(
                                        URI.create(issuer),
                                        URI.create(issuer + "/jwks"),
                                        Set.of("RS256"),
                                        Map.of())),
                        false));
        entries.add(
                new Database(
                        id,
                        name,
                        null,
                        like.kind(),
                        like.jdbcUrl(),
                        "login_" + number,
                        like.password(),
                        like.sealKey(),
                        like.connectionsMax(),
                        false,
                        like.limits(),
                        like.statements()));
        for (int grant = 0; grant < GRANTS_EACH; grant++) {
            entries.add(
                    new Grant(
                            id,
                            "grant-" + grant,
                            Set.of("agent-" + grant, "agent-" + (grant + 1)),
                            Set.of(name),
                            Set.of(Scope.READ)));
        }
        return entries;
    }

    private long audited() {
        try (var connection = sallyport.auditDatabase();
                var statement = connection.createStatement();
                var count =
                        statement.executeQuery(
                                "SELECT count(*) FROM audit.entry WHERE tenant LIKE '"
                                        + PREFIX
                                        + "%'")) {
            Programs.pause(Duration.ofSeconds(1)); // counting is work too
            return count.next() ? count.getLong(1) : 0;
        } catch (SQLException e) {
            throw new BenchException(
                    "bench_failed", "the audit database does not count: " + e.getMessage(), e);
        }
    }

    private boolean monitorFollows() {
        try (var http = HttpClient.newHttpClient()) {
            JsonNode health =
                    Json.mapper()
                            .readTree(
                                    http.send(
                                                    HttpRequest.newBuilder(
                                                                    sallyport.monitorHealth())
                                                            .build(),
                                                    HttpResponse.BodyHandlers.ofString())
                                            .body());
            return follows(health);
        } catch (IOException e) {
            return false; // it is asked again
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new BenchException("bench_failed", "interrupted", e);
        }
    }

    static boolean follows(JsonNode health) {
        JsonNode detection = health.findValue("detectionLag");
        JsonNode index = health.findValue("indexLag");
        return detection != null && index != null && detection.asLong() == 0 && index.asLong() == 0;
    }
}
