package dev.sallyport.bench;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sallyport.schema.event.Limits;
import dev.sallyport.schema.id.DatabaseName;
import dev.sallyport.schema.id.TenantId;
import dev.sallyport.schema.json.Json;
import dev.sallyport.schema.registry.Database;
import dev.sallyport.schema.registry.DatabaseKind;
import dev.sallyport.schema.registry.Grant;
import dev.sallyport.schema.registry.RegistryCodec;
import dev.sallyport.schema.registry.RegistryEntry;
import dev.sallyport.schema.secret.SecretReference;
import java.util.List;
import org.junit.jupiter.api.Test;

class RegistrationTest {
    private static final Database LIKE =
            new Database(
                    new TenantId("acme"),
                    new DatabaseName("shop"),
                    null,
                    DatabaseKind.POSTGRESQL,
                    "jdbc:postgresql://127.0.0.1:1/shop",
                    "acme",
                    new SecretReference("env:PASSWORD"),
                    new SecretReference("env:SEAL"),
                    8,
                    false,
                    new Limits(1, 1, 1),
                    null);

    @Test
    void aTenantHasADatabaseAndTenGrantsWithKeysOfTheirOwn() {
        List<RegistryEntry> entries = Registration.entries(7, LIKE);

        assertThat(entries).hasSize(12).doesNotHaveDuplicates();
        assertThat(entries).extracting(RegistryEntry::key).doesNotHaveDuplicates();
        assertThat(entries).filteredOn(Grant.class::isInstance).hasSize(10);
        assertThat(Registration.entries(8, LIKE))
                .extracting(RegistryEntry::key)
                .doesNotContainAnyElementsOf(entries.stream().map(RegistryEntry::key).toList());
        assertThat(entries)
                .allSatisfy(entry -> assertThat(RegistryCodec.encode(entry)).isNotEmpty());
    }

    @Test
    void aMonitorThatIsBehindOrDoesNotTellDoesNotFollow() {
        assertThat(follows("{\"detectionLag\":0,\"indexLag\":0}")).isTrue();
        assertThat(follows("{\"figures\":{\"detectionLag\":0,\"indexLag\":0}}")).isTrue();
        assertThat(follows("{\"detectionLag\":1,\"indexLag\":0}")).isFalse();
        assertThat(follows("{\"detectionLag\":0,\"indexLag\":1}")).isFalse();
        assertThat(follows("{\"detectionLag\":0}")).isFalse();
        assertThat(follows("{}")).isFalse();
    }

    private static boolean follows(String health) {
        return Registration.follows(Json.mapper().readTree(health));
    }
}
