package dev.sallyport.executor;

import dev.sallyport.schema.config.Default;
import dev.sallyport.schema.config.Example;
import dev.sallyport.schema.id.CellId;
import dev.sallyport.schema.secret.SecretReference;
import dev.sallyport.schema.topic.KafkaSettings;
import java.util.regex.Pattern;

/**
 * The executor's configuration.
 *
 * @param cell whose commands it takes
 * @param name of this executor among those of the cell; it stands in every outcome
 * @param keyEncryptionKey where the key is that unwraps the tenants' data keys
 * @param laneRunningMax calls of one tenant that run at once
 * @param laneWaitingMax calls of one tenant that wait; more are answered {@code tenant_busy}
 * @param underWayMax calls of all tenants that were taken from the log and have not settled; at
 *     that many no more are taken until half of them settled
 * @param goneAfterMillis after this long without a sign of life, in milliseconds, another executor
 *     takes over what this one had; 6,000 is the least that a broker allows unless its {@code
 *     group.min.session.timeout.ms} is changed
 * @param plainDatabaseConnections whether connections to databases on other machines may be
 *     unencrypted: for development only
 * @param health where {@code /healthz} is answered
 */
public record ExecutorConfig(
        @Example("c1") CellId cell,
        @Example("executor-1") String name,
        KafkaSettings kafka,
        @Example("env:SALLYPORT_KEK") SecretReference keyEncryptionKey,
        @Default("8") int laneRunningMax,
        @Default("96") int laneWaitingMax,
        @Default("1024") int underWayMax,
        @Default("6000") int goneAfterMillis,
        @Default("false") boolean plainDatabaseConnections,
        HealthSettings health) {
    private static final Pattern NAME = Pattern.compile("[a-zA-Z0-9][a-zA-Z0-9._-]{0,62}");

    /** Shorter, a pause of the JVM or a busy machine would pass for a death. */
    private static final int GONE_AFTER_MILLIS_MIN = 1_000;

    public ExecutorConfig {
        if (!NAME.matcher(name).matches()) {
            throw new IllegalArgumentException(
                    "name must be 1 to 63 letters, digits, dots, - and _: " + name);
        }
        positive("laneRunningMax", laneRunningMax);
        positive("underWayMax", underWayMax);
        if (goneAfterMillis < GONE_AFTER_MILLIS_MIN) {
            throw new IllegalArgumentException(
                    "goneAfterMillis must be at least "
                            + GONE_AFTER_MILLIS_MIN
                            + ": "
                            + goneAfterMillis);
        }
        if (laneWaitingMax < 0) {
            throw new IllegalArgumentException(
                    "laneWaitingMax must not be negative: " + laneWaitingMax);
        }
    }

    private static void positive(String what, int value) {
        if (value < 1) {
            throw new IllegalArgumentException(what + " must be positive: " + value);
        }
    }
}
