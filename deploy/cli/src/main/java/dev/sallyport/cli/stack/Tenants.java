package dev.sallyport.cli.stack;

import dev.sallyport.embedded.EmbeddedOAuth;
import dev.sallyport.embedded.EmbeddedStack;
import dev.sallyport.schema.event.Limits;
import dev.sallyport.schema.id.CellId;
import dev.sallyport.schema.id.DatabaseName;
import dev.sallyport.schema.id.GatewayId;
import dev.sallyport.schema.id.TenantId;
import dev.sallyport.schema.registry.Budget;
import dev.sallyport.schema.registry.DataKeyEntry;
import dev.sallyport.schema.registry.Database;
import dev.sallyport.schema.registry.DatabaseKind;
import dev.sallyport.schema.registry.GatewayKey;
import dev.sallyport.schema.registry.Grant;
import dev.sallyport.schema.registry.Issuer;
import dev.sallyport.schema.registry.Registry;
import dev.sallyport.schema.registry.RegistryEntry;
import dev.sallyport.schema.registry.RegistryFeed;
import dev.sallyport.schema.registry.RegistryWriter;
import dev.sallyport.schema.registry.Scope;
import dev.sallyport.schema.registry.Tenant;
import dev.sallyport.schema.registry.TenantLimits;
import dev.sallyport.schema.registry.Window;
import dev.sallyport.schema.seal.KeyEncryptionKey;
import dev.sallyport.schema.topic.KafkaSettings;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/**
 * Puts the local stack's tenants, databases, grants and keys into the registry, where they are not
 * there yet.
 */
final class Tenants {
    private static final Duration REGISTRY_WITHIN = Duration.ofSeconds(20);
    private static final DatabaseName SHOP = new DatabaseName(ShopDatabase.NAME);
    private static final int CONNECTIONS_MAX = 8;
    private static final Limits LIMITS = new Limits(1_000, 1_048_576, 10_000);

    /** Of whom the demonstration shows a budget that runs out. */
    private static final Budget CROWD =
            new Budget(
                    "crowd",
                    Set.of("crowd-agent"),
                    Set.of("db_query"),
                    Window.MINUTE,
                    40L,
                    null,
                    null);

    /** Faster than anybody tries the stack out by hand or with an agent. */
    private static final TenantLimits UNHURRIED =
            new TenantLimits(6_000, 600, Map.of(), List.of(CROWD));

    private Tenants() {}

    static void enrol(
            EmbeddedStack servers,
            LocalSecrets secrets,
            KafkaSettings kafka,
            CellId cell,
            InstantSource clock) {
        try (RegistryFeed feed = RegistryFeed.start(kafka, "sallyport-up", REGISTRY_WITHIN)) {
            Registry registry = feed.get();
            List<Change> changes = new ArrayList<>();
            changes.add(
                    new Change(
                            TenantId.PLATFORM,
                            new GatewayKey(
                                    new GatewayId(ServiceFiles.GATEWAY),
                                    secrets.publicKey(ServiceFiles.GATEWAY_KEY))));
            KeyEncryptionKey wrapping =
                    new KeyEncryptionKey(secrets.keyEncryptionKey(ServiceFiles.KEY_ENCRYPTION_KEY));
            for (TenantId tenant : LocalStack.TENANTS) {
                changes.add(new Change(tenant, tenant(tenant, cell, servers.oauth())));
                changes.add(new Change(tenant, database(tenant, servers, secrets)));
                changes.add(
                        new Change(
                                tenant,
                                new Grant(
                                        tenant,
                                        "agents",
                                        Set.of(Grant.EVERYONE),
                                        Set.of(SHOP),
                                        Set.of(Scope.READ, Scope.WRITE, Scope.DELETE, Scope.SQL))));
                if (registry.newestDataKey(tenant).isEmpty()) {
                    changes.add(new Change(tenant, new DataKeyEntry(wrapping.newDataKey(tenant))));
                }
            }
            List<Change> needed =
                    changes.stream().filter(change -> !registry.contains(change.entry())).toList();
            if (!needed.isEmpty()) {
                try (RegistryWriter writer = new RegistryWriter(kafka, clock, "sallyport up")) {
                    needed.forEach(change -> writer.put(change.tenant(), change.entry()));
                }
            }
        }
    }

    private record Change(TenantId tenant, RegistryEntry entry) {}

    private static Tenant tenant(TenantId id, CellId cell, EmbeddedOAuth oauth) {
        Issuer issuer =
                new Issuer(
                        oauth.issuer(id.value()),
                        oauth.jwksUri(id.value()),
                        Set.of("RS256"),
                        Map.of());
        String name = id.value().substring(0, 1).toUpperCase(Locale.ROOT) + id.value().substring(1);
        return new Tenant(id, name, cell, List.of(issuer), false, UNHURRIED);
    }

    private static Database database(TenantId tenant, EmbeddedStack servers, LocalSecrets secrets) {
        return new Database(
                tenant,
                SHOP,
                "Customers, orders, payments and employees of a shop",
                DatabaseKind.POSTGRESQL,
                servers.postgres().jdbcUrl(ShopDatabase.NAME),
                ShopDatabase.login(tenant),
                secrets.reference(ShopDatabase.passwordName(tenant)),
                secrets.reference(ServiceFiles.SEAL_KEY),
                CONNECTIONS_MAX,
                false,
                LIMITS,
                null);
    }
}
