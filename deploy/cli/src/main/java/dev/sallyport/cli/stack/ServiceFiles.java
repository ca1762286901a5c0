package dev.sallyport.cli.stack;

import dev.sallyport.audit.note.NoteSigner;
import dev.sallyport.embedded.EmbeddedStack;
import dev.sallyport.schema.id.TenantId;
import dev.sallyport.service.ServiceKind;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import tools.jackson.dataformat.yaml.YAMLMapper;

/**
 * The local stack's service configurations, written as files: what a user reads there is what the
 * services were started with, and a start in production needs the same keys.
 */
final class ServiceFiles {
    static final String GATEWAY = "gateway-1";
    static final String GATEWAY_KEY = "gateway-signing-key";
    static final String KEY_ENCRYPTION_KEY = "key-encryption-key";
    static final String SEAL_KEY = "shop-seal-key";
    static final String AUDIT_OWNER = "sallyport_audit_owner";
    static final String AUDIT_OWNER_PASSWORD = "audit-db-owner-password";
    static final String AUDIT_USER = "sallyport_audit";
    static final String AUDIT_PASSWORD = "audit-db-password";
    static final String AUDIT_DATABASE = "sallyport_audit";

    static final String LIMITS_OWNER = "sallyport_limits_owner";
    static final String LIMITS_OWNER_PASSWORD = "limits-db-owner-password";
    static final String LIMITS_USER = "sallyport_limits";
    static final String LIMITS_PASSWORD = "limits-db-password";
    static final String LIMITS_DATABASE = "sallyport_limits";

    /** The id under which the registry has the audit service's key for approvals. */
    static final String APPROVER = "audit-1";

    static final String APPROVAL_KEY = "approval-signing-key";

    private static final String AUDIT_KEY = "audit-signing-key";
    private static final String ORIGIN = "sallyport.local/log";
    private static final YAMLMapper YAML = YAMLMapper.builder().build();

    private final EmbeddedStack servers;
    private final LocalSecrets secrets;
    private final String auditKey;
    private final int gatewayPort;
    private final int auditPort;
    private final int monitorPort;
    private final int executorPort;

    ServiceFiles(EmbeddedStack servers, LocalSecrets secrets) {
        this.servers = servers;
        this.secrets = secrets;
        this.gatewayPort = servers.port("gateway");
        this.auditPort = servers.port("audit");
        this.monitorPort = servers.port("monitor");
        this.executorPort = servers.port("executor");
        this.auditKey =
                NoteSigner.parse(secrets.noteKey(AUDIT_KEY, ORIGIN).value()).verifier().toString();
    }

    URI monitorHealth() {
        return URI.create("http://127.0.0.1:" + monitorPort + "/healthz");
    }

    URI mcp() {
        return URI.create("http://127.0.0.1:" + gatewayPort + "/mcp");
    }

    URI audit() {
        return URI.create("http://127.0.0.1:" + auditPort);
    }

    /** The verifier key of the audit log's checkpoints. */
    String auditKey() {
        return auditKey;
    }

    /** Writes the service's configuration and tells where. */
    Path write(ServiceKind kind) {
        Map<String, Object> config =
                new TreeMap<>(
                        Map.of(
                                "kafka",
                                Map.of("bootstrapServers", servers.kafka().bootstrapServers())));
        config.putAll(
                switch (kind) {
                    case GATEWAY -> gateway();
                    case EXECUTOR -> executor();
                    case AUDIT -> audits();
                    case MONITOR -> monitor();
                });
        Path file = servers.folder().resolve("config").resolve(kind.command() + ".yaml");
        try {
            Files.createDirectories(file.getParent());
            Files.write(file, YAML.writeValueAsBytes(config));
        } catch (IOException e) {
            throw new UncheckedIOException("the configuration " + file + " cannot be written", e);
        }
        return file;
    }

    private Map<String, Object> gateway() {
        List<String> issuers =
                LocalStack.TENANTS.stream()
                        .map(TenantId::value)
                        .map(servers.oauth()::issuer)
                        .map(URI::toString)
                        .toList();
        return Map.of(
                "id",
                GATEWAY,
                "port",
                gatewayPort,
                "publicUrl",
                mcp().toString(),
                "consoleUrl",
                audit() + "/console",
                "authorizationServers",
                issuers,
                "signingKey",
                secrets.reference(GATEWAY_KEY).value(),
                "keyEncryptionKey",
                secrets.reference(KEY_ENCRYPTION_KEY).value(),
                "limitStore",
                Map.of(
                        "jdbcUrl", servers.postgres().jdbcUrl(LIMITS_DATABASE),
                        "user", LIMITS_USER,
                        "password", secrets.reference(LIMITS_PASSWORD).value(),
                        "owner", LIMITS_OWNER,
                        "ownerPassword", secrets.reference(LIMITS_OWNER_PASSWORD).value()));
    }

    private Map<String, Object> executor() {
        return Map.of(
                "name", "executor-1",
                "cell", LocalStack.CELL.value(),
                "health", Map.of("port", executorPort),
                "goneAfterMillis", 3_500,
                "keyEncryptionKey", secrets.reference(KEY_ENCRYPTION_KEY).value());
    }

    private Map<String, Object> audits() {
        // it starts while the tenants, for whom these are made too, are still enrolled
        var _ = secrets.signingKey(APPROVAL_KEY);
        var _ = secrets.keyEncryptionKey(KEY_ENCRYPTION_KEY);
        return Map.of(
                "port", auditPort,
                "publicUrl", audit().toString(),
                "origin", ORIGIN,
                "signingKey", secrets.reference(AUDIT_KEY).value(),
                "approvals",
                        Map.of(
                                "id", APPROVER,
                                "signingKey", secrets.reference(APPROVAL_KEY).value(),
                                "keyEncryptionKey", secrets.reference(KEY_ENCRYPTION_KEY).value()),
                "database",
                        Map.of(
                                "jdbcUrl", servers.postgres().jdbcUrl(AUDIT_DATABASE),
                                "user", AUDIT_USER,
                                "password", secrets.reference(AUDIT_PASSWORD).value(),
                                "owner", AUDIT_OWNER,
                                "ownerPassword", secrets.reference(AUDIT_OWNER_PASSWORD).value()));
    }

    /** Alerts come early here: a demonstration has no weeks in which to learn what is usual. */
    private Map<String, Object> monitor() {
        return Map.of(
                "stateDir", servers.folder().resolve("monitor").toString(),
                "openSearch", Map.of("url", servers.openSearch().uri().toString()),
                "health", Map.of("port", monitorPort),
                "volume", Map.of("windowRowsNewcomer", 5_000));
    }
}
