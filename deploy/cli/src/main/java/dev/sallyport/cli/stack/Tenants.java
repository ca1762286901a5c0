package dev.sallyport.cli.stack;

import dev.sallyport.cli.policy.Difference;
import dev.sallyport.cli.policy.PolicyFiles;
import dev.sallyport.cli.policy.PolicySchema;
import dev.sallyport.embedded.EmbeddedOAuth;
import dev.sallyport.embedded.EmbeddedStack;
import dev.sallyport.schema.id.GatewayId;
import dev.sallyport.schema.id.TenantId;
import dev.sallyport.schema.json.Json;
import dev.sallyport.schema.registry.DataKeyEntry;
import dev.sallyport.schema.registry.GatewayKey;
import dev.sallyport.schema.registry.KeyPurpose;
import dev.sallyport.schema.registry.RegistryEntry;
import dev.sallyport.schema.registry.RegistrySnapshot;
import dev.sallyport.schema.registry.RegistryWriter;
import dev.sallyport.schema.seal.KeyEncryptionKey;
import dev.sallyport.schema.topic.KafkaSettings;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/**
 * Applies the local stack's policy file, and puts what no file has: the keys of the gateway and of
 * the audit service, and a data key for each tenant that has none.
 */
final class Tenants {
    private static final Duration REGISTRY_WITHIN = Duration.ofSeconds(20);

    private Tenants() {}

    static void enrol(
            EmbeddedStack servers, LocalSecrets secrets, KafkaSettings kafka, InstantSource clock) {
        Path file = write(servers, secrets);
        List<RegistryEntry> wanted =
                new ArrayList<>(
                        PolicyFiles.read(List.of(file.toString()), InputStream.nullInputStream())
                                .all());
        wanted.add(
                new GatewayKey(
                        new GatewayId(ServiceFiles.GATEWAY),
                        secrets.publicKey(ServiceFiles.GATEWAY_KEY)));
        wanted.add(
                new GatewayKey(
                        new GatewayId(ServiceFiles.APPROVER),
                        secrets.publicKey(ServiceFiles.APPROVAL_KEY),
                        KeyPurpose.APPROVALS));
        RegistrySnapshot registry = RegistrySnapshot.read(kafka, "sallyport-up", REGISTRY_WITHIN);
        KeyEncryptionKey wrapping =
                new KeyEncryptionKey(secrets.keyEncryptionKey(ServiceFiles.KEY_ENCRYPTION_KEY));
        for (TenantId tenant : LocalStack.TENANTS) {
            if (registry.entries().keySet().stream()
                    .noneMatch(key -> key.startsWith("datakey/" + tenant + "/"))) {
                wanted.add(new DataKeyEntry(wrapping.newDataKey(tenant)));
            }
        }
        Difference difference = Difference.between(registry, wanted, List.of());
        if (!difference.isEmpty()) {
            try (RegistryWriter writer = new RegistryWriter(kafka, clock, "sallyport up")) {
                writer.compareAndSet(difference.changes(), "the local stack starts");
            }
        }
    }

    private static Path write(EmbeddedStack servers, LocalSecrets secrets) {
        Path folder = servers.folder().resolve("config");
        String text =
                filled(
                        Map.of(
                                "oauth", issuers(servers.oauth()),
                                "shop", servers.postgres().jdbcUrl(ShopDatabase.NAME),
                                "secrets", secrets.folder().toAbsolutePath().toString()));
        try {
            Files.createDirectories(folder);
            Files.writeString(folder.resolve("sallyport.schema.json"), PolicySchema.text());
            return Files.writeString(folder.resolve("tenants.yaml"), text);
        } catch (IOException e) {
            throw new UncheckedIOException("the tenants cannot be written to " + folder, e);
        }
    }

    /** What every tenant's issuer begins with. */
    private static String issuers(EmbeddedOAuth oauth) {
        String first = LocalStack.TENANTS.getFirst().value();
        String issuer = oauth.issuer(first).toString();
        return issuer.substring(0, issuer.length() - first.length() - 1);
    }

    /** The file with its places filled in, each of which stands in double quotes. */
    private static String filled(Map<String, String> values) {
        String text;
        try (InputStream in =
                Objects.requireNonNull(Tenants.class.getResourceAsStream("tenants.yaml"))) {
            text = new String(in.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        for (Map.Entry<String, String> value : values.entrySet()) {
            String quoted = Json.mapper().writeValueAsString(value.getValue());
            text =
                    text.replace(
                            "${" + value.getKey() + "}", quoted.substring(1, quoted.length() - 1));
        }
        return text;
    }
}
