package dev.sallyport.gateway.config;

import dev.sallyport.gateway.admission.Admission;
import dev.sallyport.schema.config.Default;
import dev.sallyport.schema.config.Example;
import dev.sallyport.schema.id.GatewayId;
import dev.sallyport.schema.secret.SecretReference;
import dev.sallyport.schema.topic.KafkaSettings;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * A gateway's configuration.
 *
 * @param id the instance's name; no two that run at once may have the same, because replies are
 *     addressed by it
 * @param host the address to listen on
 * @param port the port to listen on; 0 lets the system choose
 * @param publicUrl the URL under which callers reach the MCP endpoint; access tokens must name it
 *     as their audience
 * @param authorizationServers the issuers that callers are pointed to for a token
 * @param allowedOrigins origins of web pages that may call, beside those of the loopback interface
 * @param trustedProxies addresses, and networks such as {@code 10.0.0.0/8}, of proxies in front
 *     whose {@code X-Forwarded-For} is believed; callers' rates are counted by address
 * @param consoleUrl where people find the audit service's console, for links to calls that wait for
 *     approval; without it callers are told none
 * @param kafka how to reach the broker
 * @param signingKey where the Ed25519 key is that signs commands (PKCS #8 in base64); its public
 *     half stands in the registry
 * @param keyEncryptionKey where the key is that wraps the tenants' data keys (32 bytes in base64)
 * @param readOnly whether nobody may write through this gateway; anything but {@code false} means
 *     yes. The environment variable {@code MCP_READ_ONLY} closes writes too
 * @param limits what one caller and all together may take
 * @param limitStore where gateways count what callers take
 * @param timeouts how long things may take
 */
public record GatewayConfig(
        @Example("gateway-1") GatewayId id,
        @Default("127.0.0.1") String host,
        @Default("8080") int port,
        @Example("https://mcp.example.com/mcp") URI publicUrl,
        @Example("[https://login.example.com]") List<String> authorizationServers,
        @Default("[]") List<String> allowedOrigins,
        @Default("[]") List<String> trustedProxies,
        @Example("https://audit.example.com/console") @Nullable URI consoleUrl,
        KafkaSettings kafka,
        @Example("file:/run/secrets/gateway-signing-key") SecretReference signingKey,
        @Example("file:/run/secrets/key-encryption-key") SecretReference keyEncryptionKey,
        @Default("\"false\"") String readOnly,
        Limits limits,
        LimitStore limitStore,
        Timeouts timeouts) {

    /** The variable that the whole family of MCP servers uses. */
    public static final String MCP_READ_ONLY = "MCP_READ_ONLY";

    private static final String OPEN = "false";

    public GatewayConfig {
        if (port < 0 || port > 65_535) {
            throw new IllegalArgumentException("port must be 0 to 65535: " + port);
        }
        if (!("https".equals(publicUrl.getScheme()) || "http".equals(publicUrl.getScheme()))
                || publicUrl.getHost() == null
                || publicUrl.getRawUserInfo() != null
                || publicUrl.getRawQuery() != null
                || publicUrl.getRawFragment() != null) {
            throw new IllegalArgumentException(
                    "publicUrl must be an http or https URL without user, query and fragment: "
                            + publicUrl);
        }
        if (consoleUrl != null
                && !("https".equals(consoleUrl.getScheme())
                        || "http".equals(consoleUrl.getScheme()))) {
            throw new IllegalArgumentException(
                    "consoleUrl must be an http or https URL: " + consoleUrl);
        }
        if (authorizationServers.isEmpty()) {
            throw new IllegalArgumentException(
                    "authorizationServers must name at least one issuer");
        }
        authorizationServers = List.copyOf(authorizationServers);
        allowedOrigins = List.copyOf(allowedOrigins);
        trustedProxies = List.copyOf(trustedProxies);
    }

    /**
     * The same for an environment in which {@code MCP_READ_ONLY} may stand, as other MCP servers
     * know it: anything but {@code false} closes writes, and nothing opens them.
     */
    public GatewayConfig within(Map<String, String> environment) {
        return environment.getOrDefault(MCP_READ_ONLY, OPEN).equals(OPEN)
                ? this
                : new GatewayConfig(
                        id,
                        host,
                        port,
                        publicUrl,
                        authorizationServers,
                        allowedOrigins,
                        trustedProxies,
                        consoleUrl,
                        kafka,
                        signingKey,
                        keyEncryptionKey,
                        "true",
                        limits,
                        limitStore,
                        timeouts);
    }

    /** A misspelt value must not open writes: only the exact word {@code false} does. */
    public boolean writable() {
        return readOnly.equals(OPEN);
    }

    /**
     * What one caller and all together may take.
     *
     * @param bodyBytesMax the largest body of a request; what an event can hold fits into a quarter
     *     of the default
     * @param headerBytesMax the largest header section of a request
     * @param rowsMax rows of one result at the most, whatever a database allows
     * @param resultBytesMax bytes of one result at the most, whatever a database allows
     * @param rowsDefault rows of one result where the caller asks for no number
     * @param requestsMax requests that are worked on at once, of which every tenant and cell has a
     *     share; further ones are refused
     * @param memoryBytesMax heap that bodies and results may take while they are worked on; every
     *     tenant has a share
     * @param connectionsMax connections that are open at once, of which every address has a share:
     *     alone it comes to half of them; further ones are closed at once
     * @param acceptQueueMax connections that wait to be accepted
     * @param statementMemoryBytesMax heap that remembered shapes of SQL, without their literals,
     *     may take
     */
    public record Limits(
            @Default("262144") int bodyBytesMax,
            @Default("16384") int headerBytesMax,
            @Default("10000") int rowsMax,
            @Default("4194304") int resultBytesMax,
            @Default("1000") int rowsDefault,
            @Default("2000") int requestsMax,
            @Default("268435456") int memoryBytesMax,
            @Default("4096") int connectionsMax,
            @Default("256") int acceptQueueMax,
            @Default("16777216") int statementMemoryBytesMax) {

        public Limits {
            positive("limits.bodyBytesMax", bodyBytesMax);
            positive("limits.headerBytesMax", headerBytesMax);
            positive("limits.rowsMax", rowsMax);
            positive("limits.resultBytesMax", resultBytesMax);
            positive("limits.rowsDefault", rowsDefault);
            positive("limits.requestsMax", requestsMax);
            positive("limits.memoryBytesMax", memoryBytesMax);
            if (memoryBytesMax / Admission.HEAP_PER_BODY_BYTE < bodyBytesMax) {
                throw new IllegalArgumentException(
                        "limits.memoryBytesMax must be at least %d times limits.bodyBytesMax: %d, %d"
                                .formatted(
                                        Admission.HEAP_PER_BODY_BYTE,
                                        memoryBytesMax,
                                        bodyBytesMax));
            }
            positive("limits.connectionsMax", connectionsMax);
            positive("limits.acceptQueueMax", acceptQueueMax);
            positive("limits.statementMemoryBytesMax", statementMemoryBytesMax);
        }

        private static void positive(String what, int value) {
            if (value < 1) {
                throw new IllegalArgumentException(what + " must be positive: " + value);
            }
        }
    }

    /**
     * How long things may take.
     *
     * @param call from the command to its answer; the command's deadline
     * @param statement one statement in the database, whatever a database allows
     * @param publish until the log has acknowledged an event
     * @param registry until the registry was read whole at the start
     * @param head until the header section of a request has come whole
     * @param answer until a caller has taken its answer, which it does not at once
     * @param idle how long a connection may stay silent, which it is while its call runs
     * @param drain how long calls under way may take when the gateway stops
     * @param refusalFold for how long the same refusal is counted before it is told again
     */
    public record Timeouts(
            @Default("PT30S") Duration call,
            @Default("PT25S") Duration statement,
            @Default("PT5S") Duration publish,
            @Default("PT30S") Duration registry,
            @Default("PT10S") Duration head,
            @Default("PT60S") Duration answer,
            @Default("PT60S") Duration idle,
            @Default("PT20S") Duration drain,
            @Default("PT10S") Duration refusalFold) {

        public Timeouts {
            positive("timeouts.call", call);
            positive("timeouts.statement", statement);
            positive("timeouts.publish", publish);
            positive("timeouts.registry", registry);
            positive("timeouts.head", head);
            positive("timeouts.answer", answer);
            positive("timeouts.idle", idle);
            positive("timeouts.drain", drain);
            positive("timeouts.refusalFold", refusalFold);
            if (idle.compareTo(call) <= 0) {
                // a connection is silent while its call runs
                throw new IllegalArgumentException(
                        "timeouts.idle must be longer than timeouts.call: %s, %s"
                                .formatted(idle, call));
            }
        }

        /** How much of a call's time its body may take to arrive. */
        public Duration body() {
            return call.dividedBy(3);
        }

        private static void positive(String what, Duration value) {
            if (value.isNegative() || value.isZero()) {
                throw new IllegalArgumentException(what + " must be positive: " + value);
            }
        }
    }

    /**
     * How to reach the PostgreSQL database in which gateways count what callers take.
     *
     * @param jdbcUrl where it is; absent where this is the only gateway, which then counts rates by
     *     itself and runs no call that a budget counts
     * @param user the gateway's login: it may call functions of the schema {@code limits}, and
     *     nothing else
     * @param password the login's password
     * @param owner the role that owns the schema and runs the migrations; absent where they are run
     *     elsewhere
     * @param ownerPassword the owner's password
     * @param leaseTime for how long a gateway may use what it has without asking again; what a
     *     gateway that died had in hand is looked at after that
     */
    public record LimitStore(
            @Example("jdbc:postgresql://localhost:5432/sallyport_limits") @Nullable String jdbcUrl,
            @Default("sallyport_limits") String user,
            @Example("file:/run/secrets/limits-db") @Nullable SecretReference password,
            @Example("sallyport_limits_owner") @Nullable String owner,
            @Example("file:/run/secrets/limits-db-owner") @Nullable SecretReference ownerPassword,
            @Default("PT10S") Duration leaseTime) {

        private static final Duration LEASE_TIME_MIN = Duration.ofSeconds(2);
        private static final Pattern ROLE = Pattern.compile("[a-z_][a-z0-9_]{0,62}");

        /** No store. */
        public static final LimitStore NONE =
                new LimitStore(null, "sallyport_limits", null, null, null, Duration.ofSeconds(10));

        public LimitStore {
            if (jdbcUrl != null && !jdbcUrl.startsWith("jdbc:postgresql:")) {
                throw new IllegalArgumentException(
                        "limitStore.jdbcUrl must begin with jdbc:postgresql:");
            }
            if (jdbcUrl != null && password == null) {
                throw new IllegalArgumentException(
                        "limitStore.password must be given where limitStore.jdbcUrl is");
            }
            requireRole("user", user);
            if (owner != null) {
                requireRole("owner", owner);
                if (ownerPassword == null) {
                    throw new IllegalArgumentException(
                            "limitStore.ownerPassword must be given where limitStore.owner is: "
                                    + owner);
                }
                if (owner.equals(user)) {
                    throw new IllegalArgumentException(
                            "limitStore.user and limitStore.owner must be two roles: " + user);
                }
            }
            if (leaseTime.compareTo(LEASE_TIME_MIN) < 0) {
                throw new IllegalArgumentException(
                        "limitStore.leaseTime must be at least %s: %s"
                                .formatted(LEASE_TIME_MIN, leaseTime));
            }
        }

        private static void requireRole(String what, String role) {
            if (!ROLE.matcher(role).matches()) {
                throw new IllegalArgumentException(
                        "limitStore.%s must be a role's name of a-z, 0-9 and _: %s"
                                .formatted(what, role));
            }
        }
    }
}
