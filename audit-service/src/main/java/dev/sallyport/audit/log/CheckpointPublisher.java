package dev.sallyport.audit.log;

import dev.sallyport.audit.store.HeadSeal;
import dev.sallyport.audit.store.RowSeal;
import dev.sallyport.audit.store.StoredTenant;
import dev.sallyport.audit.tree.Hash;
import dev.sallyport.audit.tree.TreeHead;
import dev.sallyport.audit.turn.TurnLoop;
import dev.sallyport.schema.id.TenantId;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.ZoneOffset;
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
 * <p>Nothing is signed that does not continue what was signed last, as the database and the topic
 * of checkpoints tell it. Where the log was seen to grow from there, batch by batch, this is known
 * from the appending, and nothing that is stored is asked: whoever alters the database gets no
 * signature for it. Otherwise, as after a start, it is proved from the stored tiles. Where that
 * fails, the log was altered, or the database is an older copy: it is not signed, the service says
 * so in its health, and the other logs go on.
 *
 * <p>A checkpoint is in the topic before it is in the database, where it is served from.
 *
 * <p>One thread turns; others may tell of growth.
 */
public final class CheckpointPublisher implements TurnLoop.Job {
    private static final Logger LOG = LoggerFactory.getLogger(CheckpointPublisher.class);

    /** How often it is looked for what has to be signed. */
    private static final Duration PAUSE = Duration.ofMillis(50);

    private static final int HEADS_FETCHED = 1_000;

    private final Jdbi jdbi;
    private final CheckpointTopic topic;
    private final RowSeal seal;
    private final InstantSource clock;
    private final Duration every;
    private final Map<TenantId, Optional<Growth>> waiting = new ConcurrentHashMap<>();
    private final Map<TenantId, Instant> published = new HashMap<>();
    private final Map<TenantId, String> unsigned = new ConcurrentHashMap<>();
    private final boolean first;
    private boolean fresh = true;

    /**
     * @param topic signs, and holds what was signed
     * @param seal tells which heads this service wrote
     * @param every the shortest time between two checkpoints of a log
     */
    public CheckpointPublisher(
            Jdbi jdbi, CheckpointTopic topic, RowSeal seal, InstantSource clock, Duration every) {
        this.jdbi = jdbi;
        this.topic = topic;
        this.seal = seal;
        this.first = topic.last().isEmpty();
        this.clock = clock;
        this.every = every;
    }

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
                        StoredTenant.all(
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
                                        """))));
    }

    /**
     * The logs of which the database and the topic have different last checkpoints: one of them was
     * put back, or lost. What the topic lacks is put there again.
     */
    private List<TenantId> differingFromTopic() {
        var last = topic.last();
        return jdbi.withHandle(handle ->
                StoredTenant.all(
                        handle.createQuery(
                                        """
                                        WITH RECURSIVE newest AS (
                                            (SELECT c.tenant, c.size FROM audit.checkpoint c ORDER BY c.tenant DESC, c.size DESC LIMIT 1)
                                            UNION ALL
                                            SELECT next.tenant, next.size FROM newest n CROSS JOIN LATERAL (
                                                SELECT c.tenant, c.size FROM audit.checkpoint c WHERE c.tenant < n.tenant
                                                ORDER BY c.tenant DESC, c.size DESC LIMIT 1) AS next)
                                        SELECT tenant FROM newest FULL JOIN unnest(:tenants, :sizes) AS signed (tenant, size) USING (tenant)
                                        WHERE newest.size IS DISTINCT FROM signed.size
                                        """)
                                .bindArray(
                                        "tenants",
                                        String.class,
                                        last.keySet().stream().map(TenantId::value).toList())
                                .bindArray(
                                        "sizes",
                                        Long.class,
                                        last.values().stream().map(TreeHead::size).toList())));
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
            differingFromTopic().forEach(tenant -> waiting.putIfAbsent(tenant, Optional.empty()));
            fresh = false;
        }
        var now = clock.instant();
        var due = new HashMap<TenantId, TreeHead>();
        for (TenantId tenant : Set.copyOf(waiting.keySet())) {
            if (isDue(tenant, now)) {
                continuation(
                                tenant,
                                Optional.ofNullable(waiting.remove(tenant)).flatMap(one -> one))
                        .ifPresent(tree -> due.put(tenant, tree));
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

    /** The logs that contradict what was signed of them, each with the reason. */
    public Map<TenantId, String> unsigned() {
        return Map.copyOf(unsigned);
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
        var last = topic.last(tenant);
        if (last.isPresent() && growth.filter(seen -> seen.from().equals(last.get())).isPresent()) {
            return growth.map(Growth::to);
        }
        return jdbi.inTransaction(handle -> proved(handle, tenant, last));
    }

    private Optional<TreeHead> proved(Handle handle, TenantId tenant, Optional<TreeHead> witness) {
        TreeHead head = LogReader.head(handle, tenant).orElse(TreeHead.EMPTY);
        var checkpoint = LogReader.checkpoint(handle, tenant);
        Optional<TreeHead> stored = checkpoint.map(PublishedCheckpoint::tree);
        // each by itself: a database that lost its last checkpoint does not contradict its others
        var contradiction =
                witness.flatMap(last ->
                                contradiction(
                                        handle, tenant, last, head, "the topic of checkpoints"))
                        .or(() ->
                                contradiction(
                                        handle,
                                        tenant,
                                        stored.orElse(TreeHead.EMPTY),
                                        head,
                                        "the database"))
                        .or(() ->
                                isAdopted(handle, tenant)
                                        ? Optional.empty()
                                        : stranger(handle, tenant, checkpoint, witness));
        if (contradiction.isPresent()) {
            String why = contradiction.get();
            if (!why.equals(unsigned.put(tenant, why))) {
                LOG.atError()
                        .addKeyValue("tenant", tenant)
                        .addKeyValue("reason", why)
                        .log("log not signed: what is stored contradicts what was signed last");
            }
            return Optional.empty();
        }
        unsigned.remove(tenant);
        boolean stands = stored.equals(Optional.of(head)) && witness.equals(stored);
        return head.size() == 0 || stands ? Optional.empty() : Optional.of(head);
    }

    /** Why the stored log does not continue what was signed; empty where it does. */
    private static Optional<String> contradiction(
            Handle handle, TenantId tenant, TreeHead signed, TreeHead head, String where) {
        if (head.size() < signed.size()) {
            return Optional.of(
                    "the database has "
                            + head.size()
                            + " entries, and the checkpoint in "
                            + where
                            + " was signed for "
                            + signed.size()
                            + ": is it an older copy?");
        }
        return head.equals(signed) || continues(handle, tenant, signed, head)
                ? Optional.empty()
                : Optional.of(
                        "the entries are not those that the checkpoint of "
                                + signed.size()
                                + " entries in "
                                + where
                                + " was signed for");
    }

    /**
     * Whether this key has signed nothing yet, of any log as the topic tells and of this one as the
     * database does: then what others wrote is taken over, as after a change of keys.
     */
    private boolean isAdopted(Handle handle, TenantId tenant) {
        return first
                && !handle.createQuery(
                                "SELECT EXISTS (SELECT FROM audit.checkpoint WHERE tenant = :tenant AND note LIKE :own)")
                        .bind("tenant", tenant.value())
                        .bind("own", "%" + topic.signatureLine(tenant) + "%")
                        .mapTo(Boolean.class)
                        .one();
    }

    /**
     * What others than this service wrote beyond what was signed last; empty where they did not.
     */
    private Optional<String> stranger(
            Handle handle,
            TenantId tenant,
            Optional<PublishedCheckpoint> stored,
            Optional<TreeHead> witness) {
        if (stored.isPresent() && !topic.hasSigned(tenant, stored.get())) {
            return Optional.of(
                    "the checkpoint of "
                            + stored.get().tree().size()
                            + " entries in the database was not signed by this service");
        }
        long signed =
                witness.or(() -> stored.map(PublishedCheckpoint::tree))
                        .map(TreeHead::size)
                        .orElse(0L);
        try (var heads =
                handle.createQuery(
                                "SELECT size, previous, root, seal FROM audit.head WHERE tenant = :tenant AND size > :signed ORDER BY size")
                        .bind("tenant", tenant.value())
                        .bind("signed", signed)
                        .setFetchSize(HEADS_FETCHED)
                        .map((row, _) ->
                                HeadSeal.fits(
                                                seal,
                                                tenant,
                                                row.getLong("previous"),
                                                new TreeHead(
                                                        row.getLong("size"),
                                                        Hash.of(row.getBytes("root"))),
                                                row.getBytes("seal"))
                                        ? Optional.<String>empty()
                                        : Optional.of(
                                                "the head of "
                                                        + row.getLong("size")
                                                        + " entries was not written by this service"))
                        .iterator()) {
            while (heads.hasNext()) {
                var why = heads.next();
                if (why.isPresent()) {
                    return why;
                }
            }
        }
        return Optional.empty();
    }

    private void sign(Map<TenantId, TreeHead> due, Instant now) {
        if (due.isEmpty()) {
            return;
        }
        var signed = topic.publish(due);
        jdbi.useTransaction(handle -> {
            // another writer may have signed the same tree, and then the same note
            var rows =
                    handle.prepareBatch(
                            """
                            INSERT INTO audit.checkpoint (tenant, size, root, note, published_at)
                            VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING
                            """);
            signed.forEach((tenant, checkpoint) ->
                    rows.add(
                            tenant.value(),
                            checkpoint.tree().size(),
                            checkpoint.tree().root().bytes(),
                            checkpoint.note(),
                            now.atOffset(ZoneOffset.UTC)));
            var _ = rows.execute();
        });
        for (TenantId tenant : due.keySet()) {
            published.put(tenant, now);
            unsigned.remove(tenant);
        }
    }

    private static boolean continues(
            Handle handle, TenantId tenant, TreeHead signed, TreeHead head) {
        try {
            return LogReader.tree(handle, tenant, head.size())
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
