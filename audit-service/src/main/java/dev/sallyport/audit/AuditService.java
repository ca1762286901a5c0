package dev.sallyport.audit;

import dev.sallyport.audit.access.Access;
import dev.sallyport.audit.access.ReadRecorder;
import dev.sallyport.audit.access.ReadingPlaces;
import dev.sallyport.audit.approval.ApprovalKeys;
import dev.sallyport.audit.approval.Approvals;
import dev.sallyport.audit.http.AuditHttp;
import dev.sallyport.audit.ingest.Ingest;
import dev.sallyport.audit.log.CallProofs;
import dev.sallyport.audit.log.CheckpointPublisher;
import dev.sallyport.audit.log.CheckpointTopic;
import dev.sallyport.audit.log.LogReader;
import dev.sallyport.audit.log.SameKey;
import dev.sallyport.audit.note.NoteSigner;
import dev.sallyport.audit.note.VerifierKey;
import dev.sallyport.audit.page.Console;
import dev.sallyport.audit.problem.AuditException;
import dev.sallyport.audit.search.EntrySearch;
import dev.sallyport.audit.store.AuditDatabase;
import dev.sallyport.audit.store.RowSeal;
import dev.sallyport.audit.turn.TurnLoop;
import dev.sallyport.schema.SchemaException;
import dev.sallyport.schema.registry.Keyring;
import dev.sallyport.schema.registry.RegistryFeed;
import dev.sallyport.schema.seal.KeyEncryptionKey;
import dev.sallyport.schema.secret.Secrets;
import dev.sallyport.schema.sign.SigningKey;
import dev.sallyport.schema.signal.Refusals;
import dev.sallyport.schema.signal.SignalLog;
import dev.sallyport.schema.token.AccessTokens;
import java.time.Duration;
import java.time.InstantSource;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The audit service, wired by hand. */
public final class AuditService implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(AuditService.class);
    private static final Duration REGISTRY_WITHIN = Duration.ofSeconds(30);
    private static final Duration CHECKPOINTS_WITHIN = Duration.ofSeconds(30);
    private static final Duration TELL_WITHIN = Duration.ofSeconds(5);
    private static final Duration SEARCH_WITHIN = Duration.ofSeconds(10);
    private static final Duration REFUSAL_FOLD = Duration.ofSeconds(10);
    private static final String SOURCE = "/audit-service";

    private final OpenParts parts;
    private final VerifierKey key;
    private final AuditHttp http;

    private AuditService(OpenParts parts, VerifierKey key, AuditHttp http) {
        this.parts = parts;
        this.key = key;
        this.http = http;
    }

    /**
     * Starts the service; it ingests and answers when this returns. The topics must be there.
     *
     * @param secrets where the configuration's references to secrets lead
     * @throws AuditException {@code database_unavailable}, {@code database_unsafe}, {@code
     *     checkpoints_unavailable}, {@code signing_key_changed}
     * @throws SchemaException {@code registry_unavailable}, {@code secret_unavailable}, {@code
     *     key_malformed}
     * @throws IllegalArgumentException when the signing key is malformed or has another name than
     *     the origin
     */
    public static AuditService start(AuditConfig config, Secrets secrets, InstantSource clock) {
        var parts = new OpenParts();
        try {
            return wire(config, secrets, clock, parts);
        } catch (RuntimeException failed) {
            parts.close();
            throw failed;
        }
    }

    private static AuditService wire(
            AuditConfig config, Secrets secrets, InstantSource clock, OpenParts parts) {
        var signer = signer(config, secrets);
        var jdbi = parts.add(AuditDatabase.open(config.database(), secrets)).jdbi();
        var registry = parts.add(RegistryFeed.start(config.kafka(), "audit", REGISTRY_WITHIN));
        var log =
                parts.add(
                        SignalLog.open(
                                config.kafka(), "audit-signals", SOURCE, clock, TELL_WITHIN));
        var refusals = parts.add(Refusals.start(log, clock, REFUSAL_FOLD));
        var reads = new ReadRecorder(log);
        var checkpoints =
                parts.add(CheckpointTopic.open(config.kafka(), signer, clock, CHECKPOINTS_WITHIN));
        jdbi.useHandle(handle -> SameKey.require(handle, checkpoints));
        var seal = RowSeal.of(signer);
        var publisher =
                new CheckpointPublisher(
                        jdbi,
                        checkpoints,
                        seal,
                        clock,
                        Duration.ofMillis(config.checkpointEveryMillis()));
        var ingest =
                new Ingest(config.kafka(), config.batchRecordsMax(), jdbi, seal, publisher, clock);
        var publishing = parts.add(TurnLoop.start("audit-checkpoints", publisher, clock));
        var ingesting = parts.add(TurnLoop.start("audit-ingest", ingest, clock));
        var logs = new LogReader(jdbi);
        var search = new EntrySearch(jdbi, SEARCH_WITHIN);
        var proofs = new CallProofs(logs);
        var key = signer.verifier();
        var access =
                new Access(
                        new AccessTokens(config.publicUrl(), registry, clock),
                        registry,
                        refusals,
                        clock);
        var approvals =
                new Approvals(
                        jdbi,
                        SEARCH_WITHIN,
                        registry,
                        log,
                        access,
                        clock,
                        approvalKeys(config.approvals(), secrets));
        // the threads that write the log and sign it keep a connection each
        var places = new ReadingPlaces(Math.max(1, config.database().connectionsMax() - 2));
        var shown =
                new AuditHttp.Parts(
                        logs,
                        search,
                        proofs,
                        approvals,
                        key,
                        access,
                        reads,
                        places,
                        config.publicUrl());
        var console = new Console(shown, clock);
        var watched = new AuditHttp.Watched(ingesting, publishing, ingest, publisher, clock);
        var http =
                parts.add(
                        AuditHttp.start(
                                config.host(), config.port(), shown, watched, console::register));
        LOG.atInfo()
                .addKeyValue("port", http.port())
                .addKeyValue("origin", config.origin())
                .log("audit service ready");
        return new AuditService(parts, key, http);
    }

    private static @Nullable ApprovalKeys approvalKeys(
            AuditConfig.Approvals config, Secrets secrets) {
        var signing = config.signingKey();
        var wrapping = config.keyEncryptionKey();
        return signing == null || wrapping == null
                ? null
                : new ApprovalKeys(
                        config.id(),
                        SigningKey.parse(secrets.resolve(signing)),
                        new Keyring(new KeyEncryptionKey(secrets.resolve(wrapping))));
    }

    private static NoteSigner signer(AuditConfig config, Secrets secrets) {
        var signer = NoteSigner.parse(secrets.resolve(config.signingKey()).value());
        if (!signer.verifier().name().equals(config.origin())) {
            throw new IllegalArgumentException(
                    "the signing key has the name "
                            + signer.verifier().name()
                            + ", and the configuration key origin is "
                            + config.origin()
                            + ": they must be the same");
        }
        return signer;
    }

    /** The port that the service listens on. */
    public int port() {
        return http.port();
    }

    /** The public key that checkpoints are to be verified with. */
    public VerifierKey key() {
        return key;
    }

    @Override
    public void close() {
        parts.close();
    }
}
