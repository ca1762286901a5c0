package dev.sallyport.schema.registry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sallyport.schema.SchemaException;
import dev.sallyport.schema.event.Limits;
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
import java.util.List;
import java.util.Map;
import java.util.Set;
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
                new GatewayKey(new GatewayId("g1"), SigningKey.generate().verifyingKey().text()),
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
        assertThat(registry.granted(ACME, "ana", SHOP)).containsExactly(Scope.READ);
        assertThat(registry.granted(ACME, "carl", SHOP)).isEmpty();
        assertThat(registry.granted(ACME, "ana", new DatabaseName("payroll"))).isEmpty();
        assertThat(registry.granted(GLOBEX, "ana", SHOP)).isEmpty();
        assertThat(Registry.EMPTY.granted(ACME, "ana", SHOP)).isEmpty();
    }

    @Test
    void grantsAddUpAndAStarIsEveryone() {
        Registry registry =
                Registry.of(
                        1,
                        List.of(
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
        assertThat(registry.granted(ACME, "ana", SHOP)).containsExactly(Scope.READ, Scope.WRITE);
        assertThat(registry.granted(ACME, "carl", SHOP)).containsExactly(Scope.READ);
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
        assertThat(registry.tenantsOf(ISSUER)).extracting(Tenant::id).containsExactly(ACME);
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
        return new Database(
                ACME,
                SHOP,
                null,
                DatabaseKind.POSTGRESQL,
                url,
                "agent",
                new SecretReference("env:PASSWORD"),
                new SecretReference("file:/run/seal"),
                4,
                false,
                new Limits(1_000, 1_000_000, 5_000));
    }
}
