package dev.sallyport.schema.registry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sallyport.schema.SchemaException;
import dev.sallyport.schema.event.ApprovalBy;
import dev.sallyport.schema.event.Limits;
import dev.sallyport.schema.event.StatementClass;
import dev.sallyport.schema.id.CellId;
import dev.sallyport.schema.id.DatabaseName;
import dev.sallyport.schema.id.GatewayId;
import dev.sallyport.schema.id.TenantId;
import dev.sallyport.schema.seal.KeyEncryptionKey;
import dev.sallyport.schema.secret.SecretReference;
import dev.sallyport.schema.sign.SigningKey;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class RegistryTest {
    private static final TenantId ACME = new TenantId("acme");
    private static final TenantId GLOBEX = new TenantId("globex");
    private static final DatabaseName SHOP = new DatabaseName("shop");
    private static final URI ISSUER = URI.create("https://login.example/acme");

    static List<RegistryEntry> entries() {
        return List.of(
                new Tenant(
                        ACME,
                        "Acme",
                        new CellId("main"),
                        List.of(
                                new Issuer(
                                        ISSUER,
                                        URI.create("https://login.example/acme/jwks"),
                                        Set.of("RS256"),
                                        Map.of("org", "acme"))),
                        false),
                database("jdbc:postgresql://localhost:5432/shop"),
                new Grant(ACME, "readers", Set.of("ana", "bob"), Set.of(SHOP), Set.of(Scope.READ)),
                new Rule(
                        ACME,
                        "deletes",
                        new Rule.When(
                                Set.of(SHOP),
                                Set.of("db_execute"),
                                Set.of(StatementClass.DELETE, StatementClass.DDL),
                                Set.of("orders", "sales.customers"),
                                10L),
                        new Rule.Approval(
                                ApprovalBy.ANOTHER, Set.of("ana", "eve/with slash"), 2, 600),
                        60),
                new GatewayKey(new GatewayId("g1"), SigningKey.generate().verifyingKey().text()),
                new GatewayKey(
                        new GatewayId("audit-1"),
                        SigningKey.generate().verifyingKey().text(),
                        KeyPurpose.APPROVALS),
                new DataKeyEntry(
                        new KeyEncryptionKey(KeyEncryptionKey.generate()).newDataKey(ACME)),
                new Suspension(
                        ACME,
                        "eve/with slash",
                        "carried data out",
                        null,
                        Instant.parse("2026-11-22T08:00:00Z")));
    }

    @ParameterizedTest
    @MethodSource("entries")
    void anEntryThatIsWrittenAndReadIsTheSameEntry(RegistryEntry entry) {
        assertThat(RegistryCodec.decode(entry.key(), RegistryCodec.encode(entry))).isEqualTo(entry);
    }

    @ParameterizedTest
    @MethodSource("entries")
    void anEntryUnderAnotherKeyIsRefused(RegistryEntry entry) {
        assertThatThrownBy(
                        () -> RegistryCodec.decode(entry.key() + "x", RegistryCodec.encode(entry)))
                .isInstanceOfSatisfying(
                        SchemaException.class,
                        e -> assertThat(e.code()).isEqualTo("registry_malformed"));
    }

    @Test
    void anUnknownKindIsPassedOver() {
        assertThat(RegistryCodec.decode("horoscope/acme", "{}".getBytes(StandardCharsets.UTF_8)))
                .isNull();
    }

    @Test
    void whatIsNotGrantedIsNotAllowed() {
        Registry registry = Registry.of(1, entries());
        assertThat(granted(registry, ACME, "ana", SHOP)).containsExactly(Scope.READ);
        assertThat(granted(registry, ACME, "carl", SHOP)).isEmpty();
        assertThat(granted(registry, ACME, "ana", new DatabaseName("payroll"))).isEmpty();
        assertThat(granted(registry, GLOBEX, "ana", SHOP)).isEmpty();
        assertThat(granted(Registry.EMPTY, ACME, "ana", SHOP)).isEmpty();
    }

    @Test
    void grantsAddUpAndAStarIsEveryone() {
        Registry registry =
                Registry.of(
                        1,
                        List.of(
                                database("jdbc:postgresql://localhost:5432/shop"),
                                new Grant(
                                        ACME,
                                        "all",
                                        Set.of(Grant.EVERYONE),
                                        Set.of(SHOP),
                                        Set.of(Scope.READ)),
                                new Grant(
                                        ACME,
                                        "writers",
                                        Set.of("ana"),
                                        Set.of(SHOP),
                                        Set.of(Scope.WRITE))));
        assertThat(granted(registry, ACME, "ana", SHOP)).containsExactly(Scope.READ, Scope.WRITE);
        assertThat(granted(registry, ACME, "carl", SHOP)).containsExactly(Scope.READ);
    }

    @Test
    void aTenantSeesItsOwnAlone() {
        Registry registry = Registry.of(1, entries());
        assertThat(registry.databases(ACME)).hasSize(1);
        assertThat(registry.databases(GLOBEX)).isEmpty();
        assertThat(registry.database(GLOBEX, SHOP)).isEmpty();
        assertThat(registry.newestDataKey(GLOBEX)).isEmpty();
        assertThat(registry.suspension(GLOBEX, "eve/with slash")).isEmpty();
        assertThat(registry.suspension(ACME, "eve/with slash")).isPresent();
        assertThat(registry.trust(ISSUER).of(Map.of("org", "acme")::get))
                .extracting(trusted -> trusted.tenant().id())
                .containsExactly(ACME);
    }

    @Test
    void aVersionSharesWithTheOneBeforeWhatDidNotChange() {
        Registry before = Registry.of(1, many(100));
        Registry after =
                before.with(
                        2,
                        Map.of(
                                "grant/tenant-7/g",
                                Optional.of(grant("tenant-7", Scope.WRITE)),
                                "suspension/tenant-8/eve",
                                Optional.of(
                                        new Suspension(
                                                new TenantId("tenant-8"),
                                                "eve",
                                                "why",
                                                null,
                                                Instant.EPOCH)),
                                "database/tenant-9/shop",
                                Optional.empty()));

        for (int i = 0; i < 100; i++) {
            var tenant = new TenantId("tenant-" + i);
            if (i < 7 || i > 9) {
                assertThat(after.rights(tenant, "ana"))
                        .as("nothing is worked out again for tenants without a change")
                        .isSameAs(before.rights(tenant, "ana"));
            }
        }
        assertThat(after.trust(ISSUER)).isSameAs(before.trust(ISSUER));
        assertThat(granted(after, new TenantId("tenant-7"), "ana", SHOP))
                .containsExactly(Scope.WRITE);
        assertThat(after.suspension(new TenantId("tenant-8"), "eve")).isPresent();
        assertThat(after.rights(new TenantId("tenant-9"), "ana").databases()).isEmpty();
        assertThat(before.rights(new TenantId("tenant-9"), "ana").databases()).hasSize(1);
    }

    @Test
    void aChangeInAnyOrderGivesTheRegistryOfItsEntries() {
        Registry grown = Registry.EMPTY;
        for (RegistryEntry entry : many(20)) {
            grown = grown.with(1, Map.of(entry.key(), Optional.of(entry)));
        }
        for (RegistryEntry entry : many(20)) {
            assertThat(grown.contains(entry)).isTrue();
            if (!entry.key().contains("/tenant-3")) {
                grown = grown.with(2, Map.of(entry.key(), Optional.empty()));
            }
        }
        assertThat(grown.tenants())
                .extracting(Tenant::id)
                .containsExactly(new TenantId("tenant-3"));
        assertThat(grown.trust(ISSUER).of(Map.of("org", "tenant-3")::get)).hasSize(1);
        assertThat(grown.trust(ISSUER).of(Map.of("org", "tenant-4")::get)).isEmpty();
        assertThat(granted(grown, new TenantId("tenant-3"), "ana", SHOP))
                .containsExactly(Scope.READ);
        assertThat(granted(grown, new TenantId("tenant-4"), "ana", SHOP)).isEmpty();
    }

    @Test
    void aTokenOfASharedIssuerIsLookedUpByItsClaimsAndNotHeldAgainstEachTenant() {
        Registry registry = Registry.of(1, many(1_000));
        List<String> asked = new ArrayList<>();

        var found =
                registry.trust(ISSUER)
                        .of(name -> {
                            asked.add(name);
                            return "tenant-77";
                        });

        assertThat(found)
                .extracting(trusted -> trusted.tenant().id().value())
                .containsExactly("tenant-77");
        assertThat(asked).containsExactly("org");
    }

    @Test
    void theRightsOfASubjectAreAddedUpOnceAVersion() {
        Registry registry = Registry.of(1, entries());
        assertThat(registry.rights(ACME, "ana")).isSameAs(registry.rights(ACME, "ana"));
        assertThat(registry.rights(ACME, "carl")).isSameAs(registry.rights(ACME, "dora"));
        assertThat(registry.rights(ACME, "ana").levels()).containsExactly(Set.of(Scope.READ));
    }

    /** Tenants that share an issuer. */
    private static List<RegistryEntry> many(int tenants) {
        List<RegistryEntry> entries = new ArrayList<>();
        for (int i = 0; i < tenants; i++) {
            String id = "tenant-" + i;
            var issuer = new Issuer(ISSUER, ISSUER, Set.of("RS256"), Map.of("org", id));
            entries.add(
                    new Tenant(new TenantId(id), id, new CellId("main"), List.of(issuer), false));
            entries.add(database(new TenantId(id), "jdbc:postgresql://localhost:5432/shop"));
            entries.add(grant(id, Scope.READ));
        }
        return entries;
    }

    private static Grant grant(String tenant, Scope scope) {
        return new Grant(new TenantId(tenant), "g", Set.of("ana"), Set.of(SHOP), Set.of(scope));
    }

    @Test
    void aKeyIsFoundForItsPurposeAlone() {
        Registry registry = Registry.of(1, entries());
        var gateway = new GatewayId("g1");
        var audit = new GatewayId("audit-1");
        assertThat(registry.gatewayKey(gateway, KeyPurpose.COMMANDS)).isPresent();
        assertThat(registry.gatewayKey(gateway, KeyPurpose.APPROVALS)).isEmpty();
        assertThat(registry.gatewayKey(audit, KeyPurpose.APPROVALS)).isPresent();
        assertThat(registry.gatewayKey(audit, KeyPurpose.COMMANDS)).isEmpty();
    }

    @Test
    void aKeyWithoutAPurposeIsForCommandsAndOneWithAnUnknownPurposeForNothing() {
        String publicKey = SigningKey.generate().verifyingKey().text();
        assertThat(key("{\"gateway\":\"g1\",\"publicKey\":\"" + publicKey + "\"}"))
                .isInstanceOfSatisfying(
                        GatewayKey.class,
                        key -> assertThat(key.isFor(KeyPurpose.COMMANDS)).isTrue());
        for (String purpose : List.of("\"everything\"", "\"\"", "1", "[]")) {
            assertThatThrownBy(() ->
                            key(
                                    "{\"gateway\":\"g1\",\"publicKey\":\""
                                            + publicKey
                                            + "\",\"purpose\":"
                                            + purpose
                                            + "}"))
                    .as(purpose)
                    .isInstanceOf(SchemaException.class);
        }
    }

    private static @Nullable RegistryEntry key(String json) {
        return RegistryCodec.decode("key/g1", json.getBytes(StandardCharsets.UTF_8));
    }

    @Test
    void theNewestDataKeyIsTheOneToSealWithAndAnErasedOneIsGone() {
        KeyEncryptionKey wrapping = new KeyEncryptionKey(KeyEncryptionKey.generate());
        Keyring keyring = new Keyring(wrapping);
        DataKeyEntry first = new DataKeyEntry(wrapping.newDataKey(ACME));
        DataKeyEntry second = new DataKeyEntry(wrapping.newDataKey(ACME));
        Registry both = Registry.of(1, List.of(second, first));
        assertThat(keyring.newest(both, ACME).id()).isEqualTo(second.dataKey().id());
        assertThat(keyring.of(both, ACME, first.dataKey().id()).id())
                .isEqualTo(first.dataKey().id());
        assertThatThrownBy(() ->
                        keyring.of(Registry.of(2, List.of(second)), ACME, first.dataKey().id()))
                .isInstanceOfSatisfying(
                        SchemaException.class,
                        e -> assertThat(e.code()).isEqualTo("data_key_missing"));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "jdbc:mysql://localhost/shop",
                "postgresql://localhost/shop",
                "jdbc:postgresql://ana:hunter2@localhost/shop",
                "jdbc:postgresql://localhost/shop?password=hunter2"
            })
    void aDatabaseUrlHoldsNoCredentialsAndFitsItsKind(String url) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> database(url))
                .withMessageContaining("jdbcUrl")
                .withMessageNotContaining("hunter2");
    }

    @Test
    void unsignedAndSharedKeyAlgorithmsCannotBeAllowed() {
        for (String algorithm : List.of("none", "HS256")) {
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> new Issuer(ISSUER, ISSUER, Set.of(algorithm), Map.of()));
        }
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new Issuer(ISSUER, ISSUER, Set.of(), Map.of()));
    }

    @Test
    void nobodyCanBeThePlatform() {
        assertThatIllegalArgumentException()
                .isThrownBy(() ->
                        new Tenant(TenantId.PLATFORM, "me", new CellId("main"), List.of(), false));
    }

    private static Database database(String url) {
        return database(ACME, url);
    }

    private static Database database(TenantId tenant, String url) {
        return new Database(
                tenant,
                SHOP,
                null,
                DatabaseKind.POSTGRESQL,
                url,
                "agent",
                new SecretReference("env:PASSWORD"),
                new SecretReference("file:/run/seal"),
                4,
                false,
                new Limits(1_000, 1_000_000, 5_000),
                null);
    }

    private static Set<Scope> granted(
            Registry registry, TenantId tenant, String subject, DatabaseName database) {
        return registry.rights(tenant, subject)
                .in(database)
                .map(Rights.Opened::scopes)
                .orElse(Set.of());
    }
}
