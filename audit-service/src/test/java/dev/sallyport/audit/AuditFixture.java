package dev.sallyport.audit;

import static org.awaitility.Awaitility.await;

import dev.sallyport.audit.ingest.Ingest;
import dev.sallyport.audit.log.CheckpointPublisher;
import dev.sallyport.audit.log.CheckpointTopic;
import dev.sallyport.audit.note.NoteSigner;
import dev.sallyport.audit.store.AuditDatabase;
import dev.sallyport.audit.store.AuditRoles;
import dev.sallyport.audit.store.DatabaseSettings;
import dev.sallyport.audit.store.RowSeal;
import dev.sallyport.audit.tree.TreeHead;
import dev.sallyport.audit.verify.AuditVerifier;
import dev.sallyport.audit.verify.Verdict;
import dev.sallyport.embedded.TestServers;
import dev.sallyport.schema.event.CallSettled;
import dev.sallyport.schema.event.Event;
import dev.sallyport.schema.event.EventCodec;
import dev.sallyport.schema.event.Payload;
import dev.sallyport.schema.event.Principal;
import dev.sallyport.schema.event.StatementClass;
import dev.sallyport.schema.event.Timings;
import dev.sallyport.schema.id.CallId;
import dev.sallyport.schema.id.CellId;
import dev.sallyport.schema.id.DatabaseName;
import dev.sallyport.schema.id.EventId;
import dev.sallyport.schema.id.GatewayId;
import dev.sallyport.schema.id.TenantId;
import dev.sallyport.schema.registry.Issuer;
import dev.sallyport.schema.registry.RegistryWriter;
import dev.sallyport.schema.registry.Tenant;
import dev.sallyport.schema.seal.KeyEncryptionKey;
import dev.sallyport.schema.secret.Secret;
import dev.sallyport.schema.secret.SecretReference;
import dev.sallyport.schema.secret.Secrets;
import dev.sallyport.schema.sign.SigningKey;
import dev.sallyport.schema.topic.KafkaSettings;
import dev.sallyport.schema.topic.Topics;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.security.SecureRandom;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.jdbi.v3.core.Jdbi;

/**
 * An audit log of its own on the shared test servers: a fresh database, tenants that no other test
 * has, and tokens for them.
 */
public final class AuditFixture implements AutoCloseable {
    static final URI AUDIENCE = URI.create("http://audit.test");
    public static final Duration WITHIN = Duration.ofSeconds(30);

    private static final CellId CELL = new CellId("c1");
    private static final String OWNER_PASSWORD = "owner-password";
    private static final String PASSWORD = "runtime-password";

    private final KafkaSettings kafka =
            new KafkaSettings(TestServers.kafka().bootstrapServers(), Map.of());
    private final KafkaProducer<String, byte[]> producer =
            new KafkaProducer<>(kafka.producer("audit-test"));
    private final HttpClient http = HttpClient.newHttpClient();
    private final String database = TestServers.freshDatabase("audit");
    private final String role = "audit_" + UUID.randomUUID().toString().substring(0, 8);

    /** A name of its own: what other keys signed stands in the same topic. */
    private final String origin = "audit.test/log-" + role;

    private final GatewayId approvalSigner = new GatewayId("audit-" + UUID.randomUUID());
    private final SigningKey approvalKey = SigningKey.generate();
    private final Secret keyEncryptionKey = KeyEncryptionKey.generate();
    private final List<CheckpointTopic> topics = new ArrayList<>();
    private final Secrets secrets;

    public AuditFixture() throws SQLException {
        createTopics();
        try (var superuser = superuser()) {
            new AuditRoles(role + "_owner", OWNER_PASSWORD, role, PASSWORD).enrol(superuser);
        }
        secrets = secretsWith(NoteSigner.generate(origin, new SecureRandom()));
    }

    /** The same secrets with another signing key. */
    Secrets secretsWith(String signingKey) {
        return new Secrets(
                Map.of(
                        "OWNER_PASSWORD", OWNER_PASSWORD,
                        "PASSWORD", PASSWORD,
                        "APPROVAL_KEY", approvalKey.text().value(),
                        "KEY_ENCRYPTION_KEY", keyEncryptionKey.value(),
                        "SIGNING_KEY", signingKey));
    }

    /** The name of the logs, which each tenant's id follows. */
    String origin() {
        return origin;
    }

    /** Creates the topics that are not there. */
    void createTopics() {
        try (var admin = admin()) {
            Topics.createMissing(admin, Set.of(CELL), 3, (short) 1);
        }
    }

    /** A tenant that nobody else has, registered with an issuer of its own. */
    public TenantId tenant() {
        var id = new TenantId("t-" + UUID.randomUUID());
        var oauth = TestServers.oauth();
        var issuer =
                new Issuer(
                        oauth.issuer(id.value()),
                        oauth.jwksUri(id.value()),
                        Set.of("RS256"),
                        Map.of());
        try (var registry = new RegistryWriter(kafka, InstantSource.system(), "test")) {
            registry.put(id, new Tenant(id, "Test", CELL, List.of(issuer), false));
        }
        return id;
    }

    KafkaSettings kafka() {
        return kafka;
    }

    GatewayId approvalSigner() {
        return approvalSigner;
    }

    SigningKey approvalKey() {
        return approvalKey;
    }

    Secret keyEncryptionKey() {
        return keyEncryptionKey;
    }

    String token(TenantId tenant, String... scopes) {
        return tokenOf(tenant, "olga", scopes);
    }

    String tokenOf(TenantId tenant, String subject, String... scopes) {
        return tokenFor(tenant, subject, AUDIENCE.toString(), scopes);
    }

    String tokenFor(TenantId tenant, String subject, String audience, String... scopes) {
        return TestServers.oauth()
                .token(
                        tenant.value(),
                        subject,
                        "console",
                        Set.of(scopes),
                        URI.create(audience),
                        Map.of(),
                        Duration.ofMinutes(10));
    }

    AuditConfig config() {
        return config(origin);
    }

    private AuditConfig config(String named) {
        return new AuditConfig(
                "127.0.0.1",
                0,
                AUDIENCE,
                named,
                new SecretReference("env:SIGNING_KEY"),
                20,
                500,
                new AuditConfig.Approvals(
                        approvalSigner,
                        new SecretReference("env:APPROVAL_KEY"),
                        new SecretReference("env:KEY_ENCRYPTION_KEY")),
                kafka,
                settings(role));
    }

    DatabaseSettings settings(String user) {
        return new DatabaseSettings(
                TestServers.postgres().jdbcUrl(database),
                user,
                new SecretReference("env:PASSWORD"),
                role + "_owner",
                new SecretReference("env:OWNER_PASSWORD"),
                8);
    }

    AuditService start() {
        return start(InstantSource.system());
    }

    /** Starts the service with another name and key for its logs. */
    AuditService start(String named, String signingKey) {
        return AuditService.start(config(named), secretsWith(signingKey), InstantSource.system());
    }

    AuditService start(InstantSource clock) {
        return AuditService.start(config(), secrets, clock);
    }

    public AuditDatabase open() {
        return AuditDatabase.open(settings(role), secrets);
    }

    /** An ingestion of its own, which turns only when the test says so. */
    public Ingest ingest(Jdbi jdbi) {
        return new Ingest(
                kafka, 100, jdbi, RowSeal.of(signer()), publisher(jdbi), InstantSource.system());
    }

    public CheckpointPublisher publisher(Jdbi jdbi) {
        var topic = CheckpointTopic.open(kafka, signer(), InstantSource.system(), WITHIN);
        topics.add(topic);
        return new CheckpointPublisher(
                jdbi, topic, RowSeal.of(signer()), InstantSource.system(), Duration.ZERO);
    }

    /** What was signed last of each log, as the topic of checkpoints tells. */
    Map<TenantId, TreeHead> lastSigned() {
        try (var topic = CheckpointTopic.open(kafka, signer(), InstantSource.system(), WITHIN)) {
            return topic.last();
        }
    }

    /** The service's key. */
    public NoteSigner signer() {
        return NoteSigner.parse(secrets.resolve(new SecretReference("env:SIGNING_KEY")).value());
    }

    /** A client for what happens to topics. */
    public Admin admin() {
        return Admin.create(kafka.client("audit-test-admin"));
    }

    Secrets secrets() {
        return secrets;
    }

    public String runtimeRole() {
        return role;
    }

    /** A copy of the database as it is now. Nothing may be connected to it. */
    public String backUp() throws SQLException {
        String copy = database + "_copy";
        administer("CREATE DATABASE " + copy + " TEMPLATE " + database);
        return copy;
    }

    /** Puts the copy in the place of the database. */
    public void restore(String copy) throws SQLException {
        administer("DROP DATABASE " + database + " WITH (FORCE)");
        administer("ALTER DATABASE " + copy + " RENAME TO " + database);
    }

    private static void administer(String sql) throws SQLException {
        try (var connection = TestServers.postgres().connect("postgres");
                var statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }

    public Connection superuser() throws SQLException {
        return TestServers.postgres().connect(database);
    }

    /** Settles a call of the tenant. */
    public CallId settle(TenantId tenant, String principal, String tool, String fingerprint) {
        var call = CallId.next();
        send(Topics.OUTCOMES, tenant, settled(tenant, call, principal, tool, fingerprint));
        return call;
    }

    public static byte[] settled(
            TenantId tenant, CallId call, String principal, String tool, String fingerprint) {
        var data =
                CallSettled.succeeded(
                        new CallSettled.Asked(
                                call,
                                new Principal(principal, "agent-client", "robot", "10.0.0.7"),
                                tool,
                                new DatabaseName("shop"),
                                StatementClass.READ,
                                List.of("public.customers", "orders"),
                                fingerprint),
                        CallSettled.Result.read(12, 345, null),
                        Timings.NONE,
                        "executor-1",
                        1);
        return EventCodec.encode(
                Event.of(EventId.settledOf(call), "/executor/1", now(), tenant, null, data));
    }

    public static <P extends Payload> byte[] event(TenantId tenant, P data) {
        return EventCodec.encode(Event.of(EventId.next(), "/test", now(), tenant, null, data));
    }

    static String commands() {
        return Topics.commands(CELL);
    }

    /** With more digits than the database keeps: cut off they fit, rounded they do not. */
    private static Instant now() {
        return InstantSource.system().instant().truncatedTo(ChronoUnit.MICROS).plusNanos(900);
    }

    public void send(String topic, TenantId tenant, byte[] value) {
        send(topic, tenant.value(), value);
    }

    public void send(String topic, String key, byte[] value) {
        var _ = producer.send(new ProducerRecord<>(topic, key, value));
    }

    /** Sends in a transaction that is aborted afterwards. */
    public void sendAborted(String topic, TenantId tenant, byte[] value) {
        var settings = kafka.transactional("audit-test-aborts", UUID.randomUUID().toString());
        try (var aborting = new KafkaProducer<String, byte[]>(settings)) {
            aborting.initTransactions();
            aborting.beginTransaction();
            var _ = aborting.send(new ProducerRecord<>(topic, tenant.value(), value));
            aborting.flush();
            aborting.abortTransaction();
        }
    }

    public void flush() {
        producer.flush();
    }

    HttpResponse<String> get(AuditService service, String path, Optional<String> token) {
        var request =
                HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + service.port() + path));
        token.ifPresent(bearer -> request.header("Authorization", "Bearer " + bearer));
        return send(request.build());
    }

    HttpResponse<String> postJson(AuditService service, String path, String json, String token) {
        return postAs(service, path, "application/json", json, token);
    }

    HttpResponse<String> postAs(
            AuditService service, String path, String type, String body, String token) {
        return send(
                HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + service.port() + path))
                        .header("Content-Type", type)
                        .header("Authorization", "Bearer " + token)
                        .POST(HttpRequest.BodyPublishers.ofString(body))
                        .build());
    }

    HttpResponse<String> post(AuditService service, String path, String form, String... headers) {
        var request =
                HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + service.port() + path))
                        .header("Content-Type", "application/x-www-form-urlencoded")
                        .POST(HttpRequest.BodyPublishers.ofString(form));
        return send(headers.length == 0 ? request.build() : request.headers(headers).build());
    }

    HttpResponse<String> send(HttpRequest request) {
        try {
            return http.send(request, HttpResponse.BodyHandlers.ofString());
        } catch (IOException failed) {
            throw new UncheckedIOException(failed);
        } catch (InterruptedException stopped) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(stopped);
        }
    }

    URI log(AuditService service, TenantId tenant) {
        return URI.create("http://127.0.0.1:" + service.port() + "/log/" + tenant);
    }

    /** Waits until the tenant's log has published at least so many entries. */
    void awaitPublished(Jdbi jdbi, TenantId tenant, long entries) {
        await().atMost(WITHIN).until(() -> published(jdbi, tenant) >= entries);
    }

    /** Waits until an entry of the call is covered by a checkpoint. */
    void awaitPublishedCall(Jdbi jdbi, TenantId tenant, Object call) {
        String covered =
                "SELECT count(*) FROM desk.search WHERE call_id = '"
                        + call
                        + "' AND tenant = '"
                        + tenant
                        + "' AND seq < "
                        + "(SELECT coalesce(max(size), 0) FROM audit.checkpoint WHERE tenant = '"
                        + tenant
                        + "')";
        await().atMost(WITHIN).until(() -> count(jdbi, covered) > 0);
    }

    static long published(Jdbi jdbi, TenantId tenant) {
        return count(
                jdbi,
                "SELECT coalesce(max(size), 0) FROM audit.checkpoint WHERE tenant = '"
                        + tenant
                        + "'");
    }

    public static long count(Jdbi jdbi, String sql) {
        return jdbi.withHandle(handle -> handle.createQuery(sql).mapTo(Long.class).one());
    }

    Verdict verify(AuditService service, TenantId tenant) {
        return new AuditVerifier(service.key())
                .log(log(service, tenant), Optional.of(token(tenant, "audit:read")));
    }

    @Override
    public void close() {
        topics.forEach(CheckpointTopic::close);
        producer.close();
        http.close();
    }
}
