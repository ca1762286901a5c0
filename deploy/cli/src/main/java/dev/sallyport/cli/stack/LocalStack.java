package dev.sallyport.cli.stack;

import dev.sallyport.audit.store.AuditRoles;
import dev.sallyport.embedded.EmbeddedStack;
import dev.sallyport.embedded.Logging;
import dev.sallyport.embedded.StackListener;
import dev.sallyport.executor.engine.postgresql.SealKey;
import dev.sallyport.schema.id.CellId;
import dev.sallyport.schema.id.TenantId;
import dev.sallyport.schema.secret.Secret;
import dev.sallyport.schema.topic.KafkaSettings;
import dev.sallyport.schema.topic.Topics;
import dev.sallyport.service.ServiceKind;
import java.net.URI;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.apache.kafka.clients.admin.Admin;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * All of Sallyport on this machine: the embedded servers, two tenants that share one database, and
 * every service. State lives in one folder; a second start goes on where the first one ended.
 */
public final class LocalStack implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(LocalStack.class);
    static final CellId CELL = new CellId("main");
    private static final int PARTITIONS = 4;

    /** The tenants of the local stack. */
    public static final List<TenantId> TENANTS =
            List.of(new TenantId("acme"), new TenantId("globex"));

    private static final List<ServiceKind> STOPPING =
            List.of(
                    ServiceKind.GATEWAY,
                    ServiceKind.EXECUTOR,
                    ServiceKind.AUDIT,
                    ServiceKind.MONITOR);

    private final EmbeddedStack servers;
    private final Map<ServiceKind, RunningService> services = new ConcurrentSkipListMap<>();
    private final Map<ServiceKind, Path> configs = new ConcurrentSkipListMap<>();
    private final ServiceStarter starter;
    private final StackDescription description;
    private final URI monitorHealth;

    /** How the services run. */
    public enum Mode {
        /** In this process. */
        TOGETHER,
        /** Each in a process of its own, as in production. */
        ISOLATED
    }

    private LocalStack(
            Path folder,
            Mode mode,
            ServiceCaches caches,
            Map<String, String> environment,
            Progress progress,
            InstantSource clock) {
        Logging.toFolder(EmbeddedStack.logFolder(folder));
        this.servers = EmbeddedStack.begin(folder, progress);
        this.starter =
                switch (mode) {
                    case TOGETHER -> new InProcess(environment, clock);
                    case ISOLATED ->
                            new ChildProcesses(EmbeddedStack.logFolder(servers.folder()), caches);
                };
        Steps steps = new Steps(progress);
        try {
            LocalSecrets secrets = new LocalSecrets(servers.folder().resolve("secrets"));
            ServiceFiles files = new ServiceFiles(servers, secrets);
            var topics = steps.begin("topics", () -> createTopics(kafka()));
            var shop = steps.begin("shop", () -> prepareShop(secrets));
            var audit = steps.begin("audit database", () -> prepareAudit(secrets));
            var limits = steps.begin("limits database", () -> prepareLimits(secrets));
            var tenants =
                    steps.begin(
                            "tenants",
                            () -> Tenants.enrol(servers, secrets, kafka(), clock),
                            topics);
            var _ =
                    steps.begin(
                            ServiceKind.MONITOR.command(),
                            () -> start(ServiceKind.MONITOR, files),
                            topics);
            var _ =
                    steps.begin(
                            ServiceKind.AUDIT.command(),
                            () -> start(ServiceKind.AUDIT, files),
                            topics,
                            audit);
            var _ =
                    steps.begin(
                            ServiceKind.EXECUTOR.command(),
                            () -> start(ServiceKind.EXECUTOR, files),
                            tenants,
                            shop);
            var _ =
                    steps.begin(
                            ServiceKind.GATEWAY.command(),
                            () -> start(ServiceKind.GATEWAY, files),
                            tenants,
                            limits);
            steps.await();
            this.description = describe(files);
            this.monitorHealth = files.monitorHealth();
            description.writeTo(servers.folder());
        } catch (RuntimeException e) {
            steps.awaitEnd();
            close();
            throw e;
        }
    }

    /**
     * Starts everything that is not there yet and returns when a call can be made.
     *
     * @param folder the state; made where it is missing
     * @throws RuntimeException with what was started stopped again
     */
    public static LocalStack start(Path folder, Mode mode, Progress progress, InstantSource clock) {
        return start(folder, mode, ServiceCaches.NONE, progress, clock);
    }

    /**
     * As the other {@code start}, with AOT caches for services that run in processes of their own.
     */
    public static LocalStack start(
            Path folder, Mode mode, ServiceCaches caches, Progress progress, InstantSource clock) {
        return start(folder, mode, caches, Map.of(), progress, clock);
    }

    /**
     * As the other {@code start}, with what the environment says.
     *
     * @param environment of which services in this process see what closes writes; those in
     *     processes of their own have the environment of this one
     */
    public static LocalStack start(
            Path folder,
            Mode mode,
            ServiceCaches caches,
            Map<String, String> environment,
            Progress progress,
            InstantSource clock) {
        return new LocalStack(folder, mode, caches, environment, progress, clock);
    }

    /** Where the monitor tells its health. Its port is asked for once: then it is taken. */
    public URI monitorHealth() {
        return monitorHealth;
    }

    /** Where everything is. */
    public StackDescription description() {
        return description;
    }

    /** The embedded servers, for tests that stop one of them. */
    public EmbeddedStack servers() {
        return servers;
    }

    /** The service, for tests that stop or look at one. */
    public RunningService service(ServiceKind kind) {
        RunningService service = services.get(kind);
        if (service == null) {
            throw new IllegalStateException("not started: " + kind);
        }
        return service;
    }

    /** Starts a service that was closed or killed again, as it was configured. */
    public void startAgain(ServiceKind kind) {
        service(kind).close();
        services.put(kind, starter.start(kind, Objects.requireNonNull(configs.get(kind))));
    }

    private void start(ServiceKind kind, ServiceFiles files) {
        Path config = files.write(kind);
        configs.put(kind, config);
        services.put(kind, starter.start(kind, config));
    }

    private KafkaSettings kafka() {
        return new KafkaSettings(servers.kafka().bootstrapServers(), Map.of());
    }

    private static void createTopics(KafkaSettings kafka) {
        try (Admin admin = Admin.create(kafka.client("sallyport-up"))) {
            Topics.createMissing(admin, Set.of(CELL), PARTITIONS, (short) 1);
        }
    }

    private void prepareShop(LocalSecrets secrets) {
        Map<TenantId, Secret> passwords =
                TENANTS.stream()
                        .collect(
                                Collectors.toMap(
                                        Function.identity(),
                                        tenant ->
                                                secrets.password(
                                                        ShopDatabase.passwordName(tenant))));
        SealKey sealKey = SealKey.of(secrets.key(ServiceFiles.SEAL_KEY).value());
        prepared(() -> ShopDatabase.prepare(servers.postgres(), passwords, sealKey));
    }

    private void prepareAudit(LocalSecrets secrets) {
        prepare(
                ServiceFiles.AUDIT_DATABASE,
                new AuditRoles(
                        ServiceFiles.AUDIT_OWNER,
                        secrets.password(ServiceFiles.AUDIT_OWNER_PASSWORD).value(),
                        ServiceFiles.AUDIT_USER,
                        secrets.password(ServiceFiles.AUDIT_PASSWORD).value()));
    }

    private void prepareLimits(LocalSecrets secrets) {
        prepare(
                ServiceFiles.LIMITS_DATABASE,
                new AuditRoles(
                        ServiceFiles.LIMITS_OWNER,
                        secrets.password(ServiceFiles.LIMITS_OWNER_PASSWORD).value(),
                        ServiceFiles.LIMITS_USER,
                        secrets.password(ServiceFiles.LIMITS_PASSWORD).value()));
    }

    /** Makes a database of our own with its two roles, which nobody else may enter. */
    private void prepare(String database, AuditRoles roles) {
        prepared(() -> {
            servers.postgres().createDatabase(database);
            try (Connection administrator = servers.postgres().connect(database)) {
                roles.enrol(administrator);
                // an agent's login, whoever has its password, has no business here
                try (Statement statement = administrator.createStatement()) {
                    statement.execute(
                            "revoke connect on database "
                                    + database
                                    + " from public; grant connect on database "
                                    + database
                                    + " to "
                                    + roles.owner()
                                    + ", "
                                    + roles.user());
                }
            }
        });
    }

    private interface Preparation {
        void run() throws SQLException;
    }

    private static void prepared(Preparation preparation) {
        try {
            preparation.run();
        } catch (SQLException e) {
            throw new StackException(
                    "database_not_prepared",
                    "PostgreSQL refused to prepare the databases: " + e.getMessage(),
                    e);
        }
    }

    private StackDescription describe(ServiceFiles files) {
        Map<String, URI> issuers = new TreeMap<>();
        Map<String, URI> tokenEndpoints = new TreeMap<>();
        for (TenantId tenant : TENANTS) {
            issuers.put(tenant.value(), servers.oauth().issuer(tenant.value()));
            tokenEndpoints.put(tenant.value(), servers.oauth().tokenEndpoint(tenant.value()));
        }
        return new StackDescription(
                files.mcp(),
                files.audit(),
                files.auditKey(),
                servers.openSearch().uri(),
                servers.kafka().bootstrapServers(),
                issuers,
                tokenEndpoints);
    }

    /**
     * Stops everything: the gateway first, so that nothing new comes, then who works on what came,
     * then the servers. What does not stop cleanly is logged and does not keep the rest.
     */
    @Override
    public void close() {
        // whoever was interrupted to stop must still be able to wait for what it stops
        boolean interrupted = Thread.interrupted();
        for (ServiceKind kind : STOPPING) {
            RunningService service = services.remove(kind);
            if (service != null) {
                close(kind.command(), service);
            }
        }
        close("servers", servers);
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    private static void close(String name, AutoCloseable part) {
        try {
            part.close();
        } catch (Exception e) {
            LOG.atError().setCause(e).addKeyValue("part", name).log("did not stop cleanly");
        }
    }

    /** Is told how the start goes. */
    public interface Progress extends StackListener {
        /** A step of our own is done; told by the thread that did it, one call at a time. */
        void done(String what, Duration took);
    }
}
