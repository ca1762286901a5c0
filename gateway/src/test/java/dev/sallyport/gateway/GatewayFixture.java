package dev.sallyport.gateway;

import dev.sallyport.embedded.EmbeddedKafka;
import dev.sallyport.embedded.EmbeddedOAuth;
import dev.sallyport.embedded.TestServers;
import dev.sallyport.gateway.config.GatewayConfig;
import dev.sallyport.schema.event.Limits;
import dev.sallyport.schema.id.CellId;
import dev.sallyport.schema.id.DatabaseName;
import dev.sallyport.schema.id.GatewayId;
import dev.sallyport.schema.id.TenantId;
import dev.sallyport.schema.registry.DataKeyEntry;
import dev.sallyport.schema.registry.Database;
import dev.sallyport.schema.registry.DatabaseKind;
import dev.sallyport.schema.registry.GatewayKey;
import dev.sallyport.schema.registry.Grant;
import dev.sallyport.schema.registry.Issuer;
import dev.sallyport.schema.registry.Keyring;
import dev.sallyport.schema.registry.RegistryFeed;
import dev.sallyport.schema.registry.RegistryWriter;
import dev.sallyport.schema.registry.Scope;
import dev.sallyport.schema.registry.Tenant;
import dev.sallyport.schema.registry.TenantLimits;
import dev.sallyport.schema.seal.KeyEncryptionKey;
import dev.sallyport.schema.secret.Secret;
import dev.sallyport.schema.secret.SecretReference;
import dev.sallyport.schema.secret.Secrets;
import dev.sallyport.schema.sign.SigningKey;
import dev.sallyport.schema.topic.KafkaSettings;
import dev.sallyport.schema.topic.Topics;
import java.net.URI;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import org.apache.kafka.clients.admin.Admin;
import org.awaitility.Awaitility;

/**
 * Two tenants, a gateway and a stand-in executor on one broker; every fixture has names of its own.
 */
final class GatewayFixture implements AutoCloseable {

    static final URI AUDIENCE = URI.create("https://mcp.example.org/mcp");
    static final URI CONSOLE = URI.create("https://audit.example.org/console");
    static final DatabaseName SHOP = new DatabaseName("shop");

    /** Rates that no test comes to by accident. */
    static final TenantLimits UNHURRIED =
            new TenantLimits(1_000_000, 1_000_000, Map.of(), List.of());

    final TenantId acme;
    final TenantId globex;
    final KafkaSettings kafka;
    final EmbeddedOAuth oauth = TestServers.oauth();
    final RegistryWriter registry;
    final RegistryFeed feed;
    final StandInExecutor executor;
    final Gateway gateway;
    final GatewayConfig config;
    final Map<String, String> environment;
    final Secrets secrets;
    final Secret wrapping;
    final SigningKey key = SigningKey.generate();
    private final KeyEncryptionKey kek;

    private GatewayFixture(EmbeddedKafka broker, Duration call, Duration publish, String readOnly) {
        String suffix = UUID.randomUUID().toString().substring(0, 8);
        acme = new TenantId("acme-" + suffix);
        globex = new TenantId("globex-" + suffix);
        var cell = new CellId("cell-" + suffix);
        var id = new GatewayId("gateway-" + suffix);
        kafka = new KafkaSettings(broker.bootstrapServers(), Map.of());
        try (Admin admin = Admin.create(kafka.client("setup"))) {
            Topics.createMissing(admin, Set.of(cell), 2, (short) 1);
        }
        wrapping = KeyEncryptionKey.generate();
        environment = Map.of("SIGNING", key.text().value(), "WRAPPING", wrapping.value());
        secrets = new Secrets(environment);
        kek = new KeyEncryptionKey(wrapping);
        registry = new RegistryWriter(kafka, InstantSource.system(), "test");
        register(id);
        for (TenantId tenant : List.of(acme, globex)) {
            register(tenant, cell);
        }
        registry.put(acme, database(acme, SHOP, false));
        registry.put(acme, database(acme, new DatabaseName("archive"), true));
        registry.put(
                acme,
                new Grant(
                        acme,
                        "everyone",
                        Set.of(Grant.EVERYONE),
                        Set.of(SHOP, new DatabaseName("archive")),
                        Set.of(Scope.READ, Scope.WRITE, Scope.DELETE, Scope.SQL)));
        grantLedger(globex);
        feed = RegistryFeed.start(kafka, "fixture-" + suffix, Duration.ofSeconds(20));
        config = config(id, kafka, call, publish, Duration.ofSeconds(20), readOnly);
        executor = new StandInExecutor(kafka, cell, feed, new Keyring(kek));
        gateway = Gateway.start(config, secrets, InstantSource.system());
    }

    static GatewayFixture start() {
        return new GatewayFixture(
                TestServers.kafka(), Duration.ofSeconds(10), Duration.ofSeconds(3), "false");
    }

    static GatewayFixture on(EmbeddedKafka broker, Duration call, Duration publish) {
        return new GatewayFixture(broker, call, publish, "false");
    }

    /** A tenant with a database in a cell where no executor ever answers. */
    TenantId tenantOfDeadCell(String name) {
        var tenant = new TenantId(name + "-" + acme);
        var dead = new CellId("dead-" + acme);
        try (Admin admin = Admin.create(kafka.client("setup"))) {
            Topics.createMissing(admin, Set.of(dead), 2, (short) 1);
        }
        register(tenant, dead);
        grantLedger(tenant);
        return tenant;
    }

    private void register(TenantId tenant, CellId cell) {
        registry.put(
                tenant,
                new Tenant(
                        tenant, tenant.value(), cell, List.of(issuer(tenant)), false, UNHURRIED));
        registry.put(tenant, new DataKeyEntry(kek.newDataKey(tenant)));
    }

    /** Gives the tenant other limits, and returns when the gateway's registry has them. */
    void limit(TenantId tenant, TenantLimits limits) {
        Tenant before = feed.get().tenant(tenant).orElseThrow();
        var after =
                new Tenant(
                        before.id(),
                        before.name(),
                        before.cell(),
                        before.issuers(),
                        before.readOnly(),
                        limits);
        registry.put(tenant, after);
        Awaitility.await().until(() -> feed.get().contains(after));
    }

    private void grantLedger(TenantId tenant) {
        var ledger = new DatabaseName("ledger");
        registry.put(tenant, database(tenant, ledger, false));
        registry.put(
                tenant,
                new Grant(
                        tenant,
                        "readers",
                        Set.of(Grant.EVERYONE),
                        Set.of(ledger),
                        Set.of(Scope.READ)));
    }

    /** Gives the tenant one more database, in which everybody may do everything. */
    void open(TenantId tenant, DatabaseName name) {
        registry.put(tenant, database(tenant, name, false));
        registry.put(
                tenant,
                new Grant(
                        tenant,
                        "all-" + name,
                        Set.of(Grant.EVERYONE),
                        Set.of(name),
                        Set.of(Scope.READ, Scope.WRITE, Scope.DELETE, Scope.SQL)));
    }

    /** Lets a gateway of that name sign. */
    void register(GatewayId id) {
        registry.put(TenantId.PLATFORM, new GatewayKey(id, key.verifyingKey().text()));
    }

    /** The configuration of a gateway of another name. */
    GatewayConfig configOf(GatewayId id) {
        return config(
                id,
                kafka,
                Duration.ofSeconds(10),
                Duration.ofSeconds(3),
                Duration.ofSeconds(20),
                "false");
    }

    /** The same with limits that are counted in the store, behind these proxies. */
    GatewayConfig configOf(
            GatewayId id, List<String> trustedProxies, GatewayConfig.LimitStore store) {
        GatewayConfig plain = configOf(id);
        return new GatewayConfig(
                plain.id(),
                plain.host(),
                plain.port(),
                plain.publicUrl(),
                plain.authorizationServers(),
                plain.allowedOrigins(),
                trustedProxies,
                CONSOLE,
                plain.kafka(),
                plain.signingKey(),
                plain.keyEncryptionKey(),
                plain.readOnly(),
                plain.limits(),
                store,
                plain.timeouts());
    }

    /** The configuration on another broker, with that much patience for it. */
    GatewayConfig configOn(KafkaSettings broker, Duration patience) {
        return config(
                config.id(),
                broker,
                Duration.ofSeconds(10),
                Duration.ofSeconds(3),
                patience,
                "false");
    }

    private GatewayConfig config(
            GatewayId id,
            KafkaSettings broker,
            Duration call,
            Duration publish,
            Duration patience,
            String readOnly) {
        return new GatewayConfig(
                id,
                "127.0.0.1",
                0,
                AUDIENCE,
                List.of(oauth.issuer(acme.value()).toString()),
                List.of(),
                List.of(),
                null,
                broker,
                new SecretReference("env:SIGNING"),
                new SecretReference("env:WRAPPING"),
                readOnly,
                new GatewayConfig.Limits(
                        65_536, 16_384, 500, 1 << 20, 100, 200, 64 << 20, 1_000, 64, 1 << 20),
                GatewayConfig.LimitStore.NONE,
                new GatewayConfig.Timeouts(
                        call,
                        Duration.ofSeconds(20),
                        publish,
                        patience,
                        Duration.ofSeconds(5),
                        Duration.ofSeconds(15),
                        Duration.ofSeconds(15),
                        Duration.ofSeconds(2),
                        Duration.ofSeconds(1)));
    }

    McpClient client(String token) {
        return new McpClient(gateway.port(), token);
    }

    /** A client of somebody of acme with a token of these scopes. */
    McpClient acme(String subject, String... scopes) {
        return client(token(acme, subject, Set.of(scopes)));
    }

    String token(TenantId tenant, String subject, Set<String> scopes) {
        return oauth.token(
                tenant.value(),
                subject,
                "agent-1",
                scopes,
                AUDIENCE,
                Map.of(),
                Duration.ofMinutes(5));
    }

    /** What {@code /healthz} says, with 200. */
    String health() {
        return McpClient.get(gateway.port(), "/healthz");
    }

    private Issuer issuer(TenantId tenant) {
        return new Issuer(
                oauth.issuer(tenant.value()),
                oauth.jwksUri(tenant.value()),
                Set.of("RS256"),
                Map.of());
    }

    private static Database database(TenantId tenant, DatabaseName name, boolean readOnly) {
        return new Database(
                tenant,
                name,
                "the " + name,
                DatabaseKind.POSTGRESQL,
                "jdbc:postgresql://localhost/none",
                "agent",
                new SecretReference("env:NONE"),
                new SecretReference("env:NONE"),
                4,
                readOnly,
                new Limits(200, 1 << 20, 5_000),
                null);
    }

    @Override
    public void close() {
        gateway.close();
        executor.close();
        feed.close();
        registry.close();
    }
}
