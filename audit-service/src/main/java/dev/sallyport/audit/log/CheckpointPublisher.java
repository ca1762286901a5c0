package dev.sallyport.audit.log;

import dev.sallyport.audit.note.Checkpoint;
import dev.sallyport.audit.note.NoteSigner;
import dev.sallyport.audit.tree.TreeHead;
import dev.sallyport.audit.turn.TurnLoop;
import dev.sallyport.schema.id.TenantId;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.Jdbi;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Signs checkpoints of what was integrated.
 *
 * <p>Nothing is signed that does not continue what was signed last. Where the log was seen to grow
 * from there, batch by batch, this is known from the appending, and nothing that is stored is
 * asked: whoever alters the database gets no signature for it. Otherwise, as after a start, it is
 * proved from the stored tiles. Where that fails, the log was altered: it is not signed until
 * somebody has looked, and the service says so in its health.
 *
 * <p>One thread turns; others may tell of growth.
 */
public final class CheckpointPublisher implements TurnLoop.Job {
    private static final Logger LOG = LoggerFactory.getLogger(CheckpointPublisher.class);

    /** How often it is looked for what has to be signed. */
    private static final Duration PAUSE = Duration.ofMillis(50);

    /** The most logs of which it is remembered what was signed last. */
    private static final int SIGNED_MAX = 10_000;

    private final Jdbi jdbi;
    private final NoteSigner signer;
    private final InstantSource clock;
    private final Duration every;
    private final Map<TenantId, Optional<Growth>> waiting = new ConcurrentHashMap<>();
    private final Map<TenantId, Instant> published = new HashMap<>();
    private final Map<TenantId, TreeHead> signed = new HashMap<>();
    private final Set<TenantId> inconsistent = ConcurrentHashMap.newKeySet();
    private boolean fresh = true;

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

    /** A tree that may be signed now. */
    private record Due(TenantId tenant, TreeHead tree) {}

    /** Remembers logs that have grown; from any thread. */
    public void grown(Map<TenantId, Growth> logs) {
        logs.forEach((tenant, growth) ->
                waiting.merge(
                        tenant,
                        Optional.of(growth),
                        (before, _) ->
                                Optional.of(
                                        before.map(first -> first.then(growth)).orElse(growth))));
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
     * moments; the first one and the one after a failure also of those that are behind. Gives their
     * number.
     */
    @Override
    public int turn() {
        if (fresh) {
            behind().forEach(tenant -> waiting.putIfAbsent(tenant, Optional.empty()));
            fresh = false;
        }
        var now = clock.instant();
        var due = new ArrayList<Due>();
        for (TenantId tenant : Set.copyOf(waiting.keySet())) {
            if (isDue(tenant, now)) {
                continuation(
                                tenant,
                                Optional.ofNullable(waiting.remove(tenant)).flatMap(one -> one))
                        .ifPresent(tree -> due.add(new Due(tenant, tree)));
            }
        }
        sign(due, now);
        // a log that was published long ago is due at once: it need not be remembered
        published.values().removeIf(last -> !last.plus(every).isAfter(now));
        return due.size();
    }

    /**
     * After a failure: what was to be signed is looked up again. What was signed stays remembered,
     * for nothing must ever contradict it.
     */
    @Override
    public void startOver() {
        fresh = true;
    }

    @Override
    public Duration pause() {
        return PAUSE;
    }

    @Override
    public void wakeup() {
        // a turn does not wait
    }

    @Override
    public void close() {
        // holds nothing open
    }

    /** The logs that contradict what was signed of them. */
    public Set<TenantId> inconsistent() {
        return Set.copyOf(inconsistent);
    }

    private boolean isDue(TenantId tenant, Instant now) {
        Instant last = published.get(tenant);
        return last == null || !last.plus(every).isAfter(now);
    }

    /**
     * The tree that continues the one signed last; empty where there is none or none that may be
     * signed.
     */
    private Optional<TreeHead> continuation(TenantId tenant, Optional<Growth> growth) {
        TreeHead last = signed.get(tenant);
        if (growth.isPresent() && growth.get().from().equals(last)) {
            return Optional.of(growth.get().to());
        }
        return jdbi.inTransaction(handle -> proved(handle, tenant, Optional.ofNullable(last)));
    }

    private Optional<TreeHead> proved(
            Handle handle, TenantId tenant, Optional<TreeHead> remembered) {
        Optional<TreeHead> head = LogReader.head(handle, tenant);
        TreeHead stored =
                LogReader.checkpoint(handle, tenant)
                        .map(PublishedCheckpoint::tree)
                        .orElse(TreeHead.EMPTY);
        // a database that lost the last checkpoint must not make this service contradict it
        TreeHead last = remembered.filter(tree -> tree.size() >= stored.size()).orElse(stored);
        if (head.isEmpty() || head.get().equals(last)) {
            return Optional.empty();
        }
        if (continues(handle, tenant, last, head.get())) {
            return head;
        }
        signed.remove(tenant);
        inconsistent.add(tenant);
        LOG.atError()
                .addKeyValue("tenant", tenant)
                .log(
                        "log not signed: what is stored contradicts the checkpoint that was signed last");
        return Optional.empty();
    }

    private void sign(List<Due> due, Instant now) {
        if (due.isEmpty()) {
            return;
        }
        jdbi.useTransaction(handle -> {
            // another writer may have signed the same tree, and then the same note
            var rows =
                    handle.prepareBatch(
                            """
                            INSERT INTO audit.checkpoint (tenant, size, root, note, published_at)
                            VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING
                            """);
            for (Due one : due) {
                rows.add(
                        one.tenant().value(),
                        one.tree().size(),
                        one.tree().root().bytes(),
                        note(one),
                        now.atOffset(ZoneOffset.UTC));
            }
            var _ = rows.execute();
        });
        if (signed.size() > SIGNED_MAX) {
            signed.clear();
        }
        for (Due one : due) {
            signed.put(one.tenant(), one.tree());
            published.put(one.tenant(), now);
        }
    }

    private String note(Due due) {
        String origin = signer.verifier().name() + "/" + due.tenant();
        return signer.named(origin).sign(new Checkpoint(origin, due.tree()).text());
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
