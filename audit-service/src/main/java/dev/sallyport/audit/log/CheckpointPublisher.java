package dev.sallyport.audit.log;

import dev.sallyport.audit.note.Checkpoint;
import dev.sallyport.audit.note.NoteSigner;
import dev.sallyport.audit.tree.TreeHead;
import dev.sallyport.schema.id.TenantId;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.ZoneOffset;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.Jdbi;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Signs checkpoints of what was integrated.
 *
 * <p>Before every signature it is proved, from the stored tiles, that the tree which was signed
 * last is the beginning of the one to be signed. Where that fails, the log was altered: it is never
 * signed again until somebody has looked, and the service says so in its health.
 */
public final class CheckpointPublisher {
    private static final Logger LOG = LoggerFactory.getLogger(CheckpointPublisher.class);

    private final Jdbi jdbi;
    private final NoteSigner signer;
    private final InstantSource clock;
    private final Duration every;
    private final Set<TenantId> waiting = new TreeSet<>();
    private final Map<TenantId, Instant> published = new HashMap<>();
    private final Set<TenantId> inconsistent = ConcurrentHashMap.newKeySet();

    /**
     * @param signer the service's key; each log's checkpoints are signed with it under the log's
     *     origin as key name
     * @param every the shortest time between two checkpoints of a log
     */
    public CheckpointPublisher(Jdbi jdbi, NoteSigner signer, InstantSource clock, Duration every) {
        this.jdbi = jdbi;
        this.signer = signer;
        this.clock = clock;
        this.every = every;
    }

    /** What became of a log when it was to be published. */
    private enum Publication {
        SIGNED,
        NOTHING_NEW,
        INCONSISTENT
    }

    /** Remembers logs that have grown. */
    public void grown(Set<TenantId> tenants) {
        waiting.addAll(tenants);
    }

    /**
     * Remembers all logs that were integrated further than they were published, as after a crash.
     */
    public void grownBefore() {
        waiting.addAll(behind());
    }

    /**
     * The logs that were integrated further than they were published. It goes from log to log by
     * the index, for the sizes through which a log went are many.
     */
    public Set<TenantId> behind() {
        return Set.copyOf(
                jdbi.withHandle(handle ->
                        handle.createQuery(
                                        """
                                        WITH RECURSIVE newest AS (
                                            (SELECT h.tenant, h.size FROM audit.head h ORDER BY h.tenant DESC, h.size DESC LIMIT 1)
                                            UNION ALL
                                            SELECT next.tenant, next.size FROM newest n CROSS JOIN LATERAL (
                                                SELECT h.tenant, h.size FROM audit.head h WHERE h.tenant < n.tenant
                                                ORDER BY h.tenant DESC, h.size DESC LIMIT 1) AS next)
                                        SELECT n.tenant FROM newest n
                                        WHERE n.size > coalesce(
                                            (SELECT c.size FROM audit.checkpoint c WHERE c.tenant = n.tenant ORDER BY c.size DESC LIMIT 1), 0)
                                        """)
                                .map((row, _) -> new TenantId(row.getString("tenant")))
                                .list()));
    }

    /**
     * One turn: signs a checkpoint of each log that has grown and was not published within the last
     * moments. Gives their number.
     */
    public int turn() {
        var now = clock.instant();
        var due = waiting.stream().filter(tenant -> isDue(tenant, now)).toList();
        int signed = 0;
        for (TenantId tenant : due) {
            var publication = publish(tenant, now);
            waiting.remove(tenant);
            switch (publication) {
                case SIGNED -> {
                    published.put(tenant, now);
                    signed++;
                }
                case NOTHING_NEW -> {}
                case INCONSISTENT -> {
                    inconsistent.add(tenant);
                    LOG.atError()
                            .addKeyValue("tenant", tenant)
                            .log(
                                    "log not signed: what is stored contradicts the checkpoint that was signed last");
                }
            }
        }
        // a log that was published long ago is due at once: it need not be remembered
        published.values().removeIf(last -> !last.plus(every).isAfter(now));
        return signed;
    }

    /** The logs that contradict what was signed of them. */
    public Set<TenantId> inconsistent() {
        return Set.copyOf(inconsistent);
    }

    private boolean isDue(TenantId tenant, Instant now) {
        Instant last = published.get(tenant);
        return last == null || !last.plus(every).isAfter(now);
    }

    private Publication publish(TenantId tenant, Instant now) {
        return jdbi.inTransaction(handle -> {
            var head = LogReader.head(handle, tenant);
            var last = LogReader.checkpoint(handle, tenant);
            TreeHead signed = last.map(PublishedCheckpoint::tree).orElse(TreeHead.EMPTY);
            if (head.isEmpty() || head.get().size() == signed.size()) {
                return Publication.NOTHING_NEW;
            }
            if (!continues(handle, tenant, signed, head.get())) {
                return Publication.INCONSISTENT;
            }
            String origin = signer.verifier().name() + "/" + tenant;
            String note = signer.named(origin).sign(new Checkpoint(origin, head.get()).text());
            // another writer may have signed the same head, and then the same note
            handle.createUpdate(
                            """
                            INSERT INTO audit.checkpoint (tenant, size, root, note, published_at)
                            VALUES (:tenant, :size, :root, :note, :now) ON CONFLICT DO NOTHING
                            """)
                    .bind("tenant", tenant.value())
                    .bind("size", head.get().size())
                    .bind("root", head.get().root().bytes())
                    .bind("note", note)
                    .bind("now", now.atOffset(ZoneOffset.UTC))
                    .execute();
            return Publication.SIGNED;
        });
    }

    private static boolean continues(
            Handle handle, TenantId tenant, TreeHead signed, TreeHead head) {
        try {
            return head.size() > signed.size()
                    && LogReader.tree(handle, tenant, head.size())
                            .consistency(signed.size())
                            .proves(signed.root(), head.root())
                    && LogReader.tree(handle, tenant, head.size()).root().equals(head.root());
        } catch (IndexOutOfBoundsException missing) {
            // a tile is not there or too short
            LOG.atError()
                    .addKeyValue("tenant", tenant)
                    .setCause(missing)
                    .log("a stored tile is missing");
            return false;
        }
    }
}
