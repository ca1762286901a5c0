package dev.sallyport.audit.check;

import dev.sallyport.audit.AuditConfig;
import dev.sallyport.audit.log.CheckpointTopic;
import dev.sallyport.audit.log.SameKey;
import dev.sallyport.audit.note.NoteSigner;
import dev.sallyport.audit.problem.AuditException;
import dev.sallyport.audit.problem.AuditProblem;
import dev.sallyport.audit.store.AuditDatabase;
import dev.sallyport.audit.store.RowSeal;
import dev.sallyport.audit.store.StoredTenant;
import dev.sallyport.audit.tree.TreeHead;
import dev.sallyport.schema.id.TenantId;
import dev.sallyport.schema.secret.Secrets;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeSet;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.JdbiException;
import org.jdbi.v3.core.transaction.TransactionIsolationLevel;
import org.jspecify.annotations.Nullable;

/**
 * Checks everything that the audit service's database holds: every entry, tree, head, checkpoint,
 * search row and consumed stretch, against each other, against the signatures, and against the
 * checkpoints that stand outside of it.
 */
public final class DatabaseCheck {
    private static final Duration TOPIC_WITHIN = Duration.ofSeconds(60);

    /** What no check here looks at. */
    public static final List<String> NOT_LOOKED_AT =
            List.of(
                    "the times at which rows were written (sequenced_at, integrated_at, published_at, consumed_at, rejected_at)",
                    "the table rejected: codes and reasons of records that became no entry of their tenant's log",
                    "the table parked: events that wait for their log, of which some may have been deleted",
                    "what Kafka still holds",
                    "heads and checkpoints of the past that were deleted: a checkpoint that somebody kept finds a log that was rewritten");

    private DatabaseCheck() {}

    /**
     * What was found.
     *
     * @param logs the logs that were checked, in the order of their names
     * @param findings what differs outside of the logs
     */
    public record Result(List<LogResult> logs, List<String> findings) {
        public Result {
            logs = List.copyOf(logs);
            findings = List.copyOf(findings);
        }

        /** Whether nothing differs. */
        public boolean isSound() {
            return findings.isEmpty() && logs.stream().allMatch(log -> log.findings().isEmpty());
        }
    }

    /**
     * What was found of a log.
     *
     * @param entries how many entries it has
     * @param heads how many heads were compared with the tree
     * @param checkpoints how many checkpoints were compared with it
     * @param gaps what the log itself says may be missing in it
     * @param findings what differs, at most {@link Findings#MAX}
     */
    public record LogResult(
            TenantId tenant,
            long entries,
            long heads,
            long checkpoints,
            List<String> gaps,
            List<String> findings) {
        public LogResult {
            gaps = List.copyOf(gaps);
            findings = List.copyOf(findings);
        }
    }

    /**
     * Checks the database of the audit service that is configured so. The service may run
     * meanwhile: what is checked is the state of one moment.
     *
     * @throws AuditException {@code database_unavailable}, {@code checkpoints_unavailable}, {@code
     *     signing_key_changed}: then nothing can be said
     */
    public static Result run(AuditConfig config, Secrets secrets, InstantSource clock) {
        var signer = NoteSigner.parse(secrets.resolve(config.signingKey()).value());
        // first: what was signed by now is in the database by then
        try (var topic = CheckpointTopic.open(config.kafka(), signer, clock, TOPIC_WITHIN);
                var database = AuditDatabase.openToRead(config.database(), secrets)) {
            return database.jdbi()
                    .inTransaction(
                            TransactionIsolationLevel.REPEATABLE_READ,
                            handle -> {
                                SameKey.require(handle, topic);
                                var consumed = ConsumedCheck.run(handle, RowSeal.of(signer));
                                var logs = new ArrayList<LogResult>();
                                var findings = new Findings();
                                consumed.findings().forEach(findings::add);
                                var names = new TreeSet<>(StoredLogCheck.named(handle));
                                // of a log that is signed there should be something here
                                topic.last().keySet().forEach(signed -> names.add(signed.value()));
                                for (String name : names) {
                                    var tenant = StoredTenant.of(name);
                                    if (tenant.isPresent()) {
                                        var witness = topic.last().get(tenant.get());
                                        logs.add(
                                                log(
                                                        handle,
                                                        tenant.get(),
                                                        signer,
                                                        witness,
                                                        consumed));
                                    } else {
                                        findings.add(
                                                "rows of the tenant '"
                                                        + name
                                                        + "': that is no tenant's id");
                                    }
                                }
                                return new Result(logs, findings.list());
                            });
        } catch (JdbiException failed) {
            throw new AuditException(
                    AuditProblem.DATABASE_UNAVAILABLE, "the database cannot be read", failed);
        }
    }

    private static LogResult log(
            Handle handle,
            TenantId tenant,
            NoteSigner signer,
            @Nullable TreeHead witness,
            ConsumedCheck consumed) {
        try {
            return new StoredLogCheck(handle, tenant, signer, witness, consumed).run();
        } catch (IllegalArgumentException malformed) {
            // no hash, no size: what this service writes can be read
            return new LogResult(
                    tenant,
                    0,
                    0,
                    0,
                    List.of(),
                    List.of(
                            "a row holds what this service never writes: "
                                    + malformed.getMessage()));
        }
    }
}
