package dev.sallyport.bench;

import dev.sallyport.cli.stack.LocalStack;
import dev.sallyport.cli.stack.ServiceCaches;
import dev.sallyport.cli.stack.StackDescription;
import dev.sallyport.cli.stack.TokenClient;
import dev.sallyport.embedded.EmbeddedPostgres;
import dev.sallyport.schema.id.DatabaseName;
import dev.sallyport.schema.id.TenantId;
import dev.sallyport.schema.registry.Database;
import dev.sallyport.schema.registry.RegistryFeed;
import dev.sallyport.schema.registry.RegistryWriter;
import dev.sallyport.schema.registry.Tenant;
import dev.sallyport.schema.registry.TenantLimits;
import dev.sallyport.schema.topic.KafkaSettings;
import dev.sallyport.service.ServiceKind;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import tools.jackson.databind.node.ObjectNode;
import tools.jackson.dataformat.yaml.YAMLMapper;

/**
 * The local stack with each service as a process of its own. The one thing that differs from
 * production is the monitor's limit: a load of thousands of reads a second by one principal is what
 * the volume detector suspends, and rightly so.
 */
final class SallyportStack implements AutoCloseable {
    static final TenantId TENANT = new TenantId("acme");
    static final DatabaseName DATABASE = new DatabaseName("shop");
    private static final Duration REGISTRY_WITHIN = Duration.ofSeconds(20);

    /** Rows and bytes that no benchmark reaches. */
    private static final long UNREACHED = 1_000_000_000_000L;

    private final LocalStack stack;
    private final KafkaSettings kafka;

    private SallyportStack(LocalStack stack) {
        this.stack = stack;
        this.kafka = new KafkaSettings(stack.description().kafka(), Map.of());
    }

    static SallyportStack start(Path folder, LocalStack.Progress progress) {
        LocalStack stack =
                LocalStack.start(
                        folder,
                        LocalStack.Mode.ISOLATED,
                        ServiceCaches.ofLauncher(),
                        progress,
                        InstantSource.system());
        try {
            raiseLimits(folder.resolve("config/monitor.yaml"));
            stack.startAgain(ServiceKind.MONITOR);
            var sallyport = new SallyportStack(stack);
            sallyport.raiseRates();
            return sallyport;
        } catch (RuntimeException e) {
            stack.close();
            throw e;
        }
    }

    /** The local stack's own rates are for agents, not for a load. */
    private void raiseRates() {
        try (RegistryFeed feed = RegistryFeed.start(kafka, "sallyport-bench", REGISTRY_WITHIN);
                RegistryWriter writer =
                        new RegistryWriter(kafka, InstantSource.system(), "sallyport bench")) {
            Tenant tenant =
                    feed.get()
                            .tenant(TENANT)
                            .orElseThrow(() ->
                                    new BenchException(
                                            "bench_failed", "the stack has no tenant " + TENANT));
            writer.put(
                    TENANT,
                    new Tenant(
                            tenant.id(),
                            tenant.name(),
                            tenant.cell(),
                            tenant.issuers(),
                            tenant.readOnly(),
                            new TenantLimits(
                                    TenantLimits.PER_MINUTE_MAX,
                                    TenantLimits.PER_MINUTE_MAX,
                                    Map.of(),
                                    List.of())));
        }
    }

    private static void raiseLimits(Path config) {
        YAMLMapper yaml = YAMLMapper.builder().build();
        try {
            ObjectNode monitor = (ObjectNode) yaml.readTree(Files.readAllBytes(config));
            ObjectNode volume = monitor.putObject("volume");
            for (String limit :
                    List.of(
                            "windowRowsFloor",
                            "windowBytesFloor",
                            "windowRowsNewcomer",
                            "windowBytesNewcomer",
                            "callRowsFloor",
                            "callBytesFloor",
                            "callRowsNewcomer",
                            "callBytesNewcomer")) {
                volume.put(limit, UNREACHED);
            }
            Files.write(config, yaml.writeValueAsBytes(monitor));
        } catch (IOException e) {
            throw new UncheckedIOException("the monitor's limits cannot be raised", e);
        }
    }

    /**
     * The postmaster is the child of this process, or of the wrapper that it was started with,
     * whose own children are servers.
     */
    static Contender.Worker postmaster() {
        long pid =
                ProcessHandle.current()
                        .descendants()
                        .filter(SallyportStack::isPostgres)
                        .filter(process ->
                                process.parent().map(parent -> !isPostgres(parent)).orElse(true))
                        .map(ProcessHandle::pid)
                        .findFirst()
                        .orElseThrow(() ->
                                new BenchException(
                                        "bench_failed", "no PostgreSQL runs below this process"));
        return new Contender.Worker("PostgreSQL", pid, true);
    }

    private static boolean isPostgres(ProcessHandle process) {
        return process.info().command().map(command -> command.endsWith("/postgres")).orElse(false);
    }

    EmbeddedPostgres postgres() {
        return stack.servers().postgres();
    }

    /** The broker, for the load that goes to the database directly. */
    String bootstrapServers() {
        return kafka.bootstrapServers();
    }

    /** The tenant's database as the registry has it. */
    Database database() {
        return database(kafka);
    }

    static Database database(KafkaSettings kafka) {
        try (RegistryFeed feed = RegistryFeed.start(kafka, "sallyport-bench", REGISTRY_WITHIN)) {
            return feed.get()
                    .database(TENANT, DATABASE)
                    .orElseThrow(() ->
                            new BenchException(
                                    "bench_failed",
                                    "the registry has no database " + DATABASE + " of " + TENANT));
        }
    }

    List<Contender> contenders() {
        StackDescription where = stack.description();
        URI endpoint = where.tokenEndpoints().get(TENANT.value());
        if (endpoint == null) {
            throw new BenchException("bench_failed", "the stack has no tenant " + TENANT);
        }
        String token =
                TokenClient.fetch(endpoint, "bench", "bench", "mcp:read mcp:write", where.mcp());
        Map<String, String> headers =
                Map.of(
                        "Content-Type", "application/json",
                        "Accept", "application/json, text/event-stream",
                        "MCP-Protocol-Version", "2025-06-18",
                        "Authorization", "Bearer " + token);
        List<Contender.Worker> workers = workers();
        String database = "\"database\":\"" + DATABASE + "\",";
        return List.of(
                new Contender(
                        Aims.QUERY,
                        http(
                                where.mcp(),
                                headers,
                                NpmPeers.call(
                                        "db_query",
                                        database + "\"sql\":\"" + PointTable.byKey("@KEY@") + "\""),
                                PointTable.ROW),
                        workers),
                new Contender(
                        "Sallyport, db_query with params",
                        http(
                                where.mcp(),
                                headers,
                                NpmPeers.call(
                                        "db_query",
                                        database
                                                + "\"sql\":\""
                                                + PointTable.byKey("$1")
                                                + "\",\"params\":[@KEY@]"),
                                PointTable.ROW),
                        workers,
                        Set.of(Aims.BUSY)),
                new Contender(
                        "Sallyport, db_execute",
                        http(
                                where.mcp(),
                                headers,
                                NpmPeers.call(
                                        "db_execute",
                                        database
                                                + "\"sql\":\""
                                                + PointTable.change("@KEY@")
                                                + "\""),
                                "\\\"rowsAffected\\\":1}"),
                        workers));
    }

    /** The audit service's own database. */
    Connection auditDatabase() throws SQLException {
        return postgres().connect("sallyport_audit");
    }

    /** Where the monitor tells how far behind it is. */
    URI monitorHealth() {
        return stack.monitorHealth();
    }

    RegistryWriter registryWriter() {
        return new RegistryWriter(kafka, InstantSource.system(), "sallyport bench");
    }

    private static Contender.Load http(
            URI url, Map<String, String> headers, String body, String expected) {
        return new Contender.Load.Http(
                url.getHost(), url.getPort(), url.getPath(), headers, body, expected);
    }

    /**
     * The services by the command that each process was started with, and the broker with what else
     * runs in this process.
     */
    private List<Contender.Worker> workers() {
        List<Contender.Worker> workers = new ArrayList<>();
        for (ServiceKind kind : ServiceKind.values()) {
            long pid =
                    ProcessHandle.current()
                            .children()
                            .filter(child ->
                                    ProcessTimes.arguments(child.pid()).contains(kind.command()))
                            .map(ProcessHandle::pid)
                            .findFirst()
                            .orElseThrow(() ->
                                    new BenchException(
                                            "bench_failed",
                                            "no process runs the " + kind.command()));
            workers.add(new Contender.Worker(kind.command(), pid, true));
        }
        workers.add(
                new Contender.Worker("Kafka, OpenSearch", ProcessHandle.current().pid(), false));
        return workers;
    }

    @Override
    public void close() {
        stack.close();
    }
}
