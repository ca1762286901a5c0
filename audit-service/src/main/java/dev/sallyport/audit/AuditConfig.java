package dev.sallyport.audit;

import dev.sallyport.audit.store.DatabaseSettings;
import dev.sallyport.schema.config.Default;
import dev.sallyport.schema.config.Example;
import dev.sallyport.schema.id.GatewayId;
import dev.sallyport.schema.secret.SecretReference;
import dev.sallyport.schema.topic.KafkaSettings;
import java.net.URI;
import org.jspecify.annotations.Nullable;

/**
 * The audit service's configuration.
 *
 * @param host the address to listen on
 * @param port the port to listen on, 0 for any that is free
 * @param publicUrl where readers reach the service; access tokens must name it as their audience
 * @param origin the beginning of every log's origin line, which the tenant follows; also the name
 *     of the signing key
 * @param signingKey the Ed25519 key in the form {@code PRIVATE+KEY+<origin>+<id>+<base64>}
 * @param checkpointEveryMillis the shortest time between two checkpoints of a log, in milliseconds
 * @param batchRecordsMax the most records that are written in one transaction
 * @param approvals how people decide on calls that wait for an approval
 * @param kafka the broker
 * @param database the log's database
 */
public record AuditConfig(
        @Default("127.0.0.1") String host,
        @Default("8082") int port,
        @Example("https://audit.example.com") URI publicUrl,
        @Example("audit.example.com/log") String origin,
        @Example("file:/run/secrets/audit-signing-key") SecretReference signingKey,
        @Default("1000") int checkpointEveryMillis,
        @Default("1000") int batchRecordsMax,
        Approvals approvals,
        KafkaSettings kafka,
        DatabaseSettings database) {
    private static final int PORT_MAX = 65_535;
    private static final int RECORDS_MAX = 10_000;

    /**
     * The keys that approvals take. Without them approvals can be seen, and nobody can decide.
     *
     * @param id the name under which the public half of the signing key stands in the registry
     *     ({@code key/<id>}, purpose {@code approvals})
     * @param signingKey the Ed25519 key that signs what people decide (PKCS #8 in base64); another
     *     one than the key of the logs
     * @param keyEncryptionKey where the key is that wraps the tenants' data keys (32 bytes in
     *     base64): it opens what gateways sealed for those who decide, and nothing else
     */
    public record Approvals(
            @Default("audit-1") GatewayId id,
            @Example("file:/run/secrets/approval-signing-key") @Nullable SecretReference signingKey,
            @Example("file:/run/secrets/key-encryption-key")
                    @Nullable SecretReference keyEncryptionKey) {
        /** Nobody can decide. */
        public static final Approvals NONE = new Approvals(new GatewayId("audit-1"), null, null);

        public Approvals {
            if ((signingKey == null) != (keyEncryptionKey == null)) {
                throw new IllegalArgumentException(
                        "approvals.signingKey and approvals.keyEncryptionKey must be given both, or neither where nobody decides on approvals");
            }
        }
    }

    public AuditConfig {
        if (port < 0 || port > PORT_MAX) {
            throw new IllegalArgumentException("port must be 0 to 65535: " + port);
        }
        if (publicUrl.getHost() == null
                || !("https".equals(publicUrl.getScheme())
                        || "http".equals(publicUrl.getScheme()))) {
            throw new IllegalArgumentException(
                    "publicUrl must be an http or https URL: " + publicUrl);
        }
        if (!origin.matches("[^\\s+/](?:[^\\s+]*[^\\s+/])?")) {
            throw new IllegalArgumentException(
                    "origin must have no space or plus sign and neither begin nor end with a slash: "
                            + origin);
        }
        if (checkpointEveryMillis < 0) {
            throw new IllegalArgumentException(
                    "checkpointEveryMillis must not be negative: " + checkpointEveryMillis);
        }
        if (batchRecordsMax < 1 || batchRecordsMax > RECORDS_MAX) {
            throw new IllegalArgumentException(
                    "batchRecordsMax must be 1 to " + RECORDS_MAX + ": " + batchRecordsMax);
        }
    }
}
