package dev.sallyport.audit.ingest;

import dev.sallyport.audit.ingest.Received.Accepted;
import dev.sallyport.audit.ingest.Received.Rejected;
import dev.sallyport.audit.log.Growth;
import dev.sallyport.audit.log.LogReader;
import dev.sallyport.audit.problem.AuditException;
import dev.sallyport.audit.problem.AuditProblem;
import dev.sallyport.audit.search.SearchWriter;
import dev.sallyport.audit.store.CopyRows;
import dev.sallyport.audit.store.HeadSeal;
import dev.sallyport.audit.store.RowSeal;
import dev.sallyport.audit.store.StoredTenant;
import dev.sallyport.audit.tree.Frontier;
import dev.sallyport.audit.tree.FullTile;
import dev.sallyport.audit.tree.Hash;
import dev.sallyport.audit.tree.TreeHead;
import dev.sallyport.schema.id.TenantId;
import java.sql.SQLException;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.UUID;
import org.apache.kafka.common.TopicPartition;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.HandleCallback;
import org.jdbi.v3.core.Jdbi;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Writes batches into the logs. A batch is one transaction: the entries, what they are found by,
 * the tree, and the stretches of Kafka that they came from are all there or none is.
 *
 * <p>A second writer is fenced by primary keys: no stretch of a partition begins twice at the same
 * record, and no size of a log is followed twice. The writer that comes second gets a constraint
 * violation, forgets what it remembers and reads again.
 */
final class LogWriter {
    private static final Logger LOG = LoggerFactory.getLogger(LogWriter.class);

    /** How often a log is tried before its events are parked. */
    private static final int ATTEMPTS = 3;

    private static final String SAVEPOINT = "log";

    /** The most logs whose right edge is remembered, each of at most some 50 KB. */
    private static final int LOGS_MAX = 2_000;

    /** The most descriptions that are known to be in the database, each of some 100 bytes. */
    private static final int DESCRIBED_MAX = 100_000;

    private final Jdbi jdbi;
    private final RowSeal seal;
    private final Parking parking;
    private final Map<TenantId, Log> logs = new RecentlyUsed<>(LOGS_MAX);
    private final Map<UUID, Boolean> described = new RecentlyUsed<>(DESCRIBED_MAX);

    /**
     * @param seal seals the stretches
     */
    LogWriter(Jdbi jdbi, RowSeal seal) {
        this.jdbi = jdbi;
        this.seal = seal;
        this.parking = new Parking(jdbi, seal);
    }

    /**
     * What was read from Kafka in one turn.
     *
     * @param received the records, in the order of each partition
     * @param stretches what they cover, at most one of a partition
     */
    record Batch(List<Received> received, List<Stretch> stretches) {}

    /**
     * What writing a batch came to.
     *
     * @param grown the logs that have new entries
     * @param entries how many new entries
     * @param duplicates records that were in a log already
     * @param rejected records that are no event of the tenant that they name
     */
    record Written(Map<TenantId, Growth> grown, int entries, int duplicates, int rejected) {}

    /** What was read of each of the partitions before. */
    Map<TopicPartition, Consumed> consumed(Collection<TopicPartition> partitions) {
        var consumed = new HashMap<TopicPartition, Consumed>();
        jdbi.useHandle(handle ->
                partitions.forEach(partition ->
                        consumed.put(partition, SealedStretches.newest(handle, seal, partition))));
        return consumed;
    }

    /** The logs that there are. It goes from log to log by the index. */
    Set<TenantId> tenants() {
        return Set.copyOf(
                jdbi.withHandle(handle ->
                        StoredTenant.all(
                                handle.createQuery(
                                        """
                                        WITH RECURSIVE log AS (
                                            (SELECT tenant FROM audit.head ORDER BY tenant LIMIT 1)
                                            UNION ALL
                                            SELECT (SELECT h.tenant FROM audit.head h WHERE h.tenant > l.tenant ORDER BY h.tenant LIMIT 1)
                                            FROM log l WHERE l.tenant IS NOT NULL)
                                        SELECT tenant FROM log WHERE tenant IS NOT NULL
                                        """))));
    }

    /** Forgets what is remembered of the database: the next batch reads it again. */
    void forget() {
        logs.clear();
        described.clear();
        parking.forget();
    }

    /**
     * Writes the batch. Where a log cannot be written, because its rows contradict each other or
     * stand where the next ones belong, its events are parked, and the other logs go on.
     */
    Written write(Batch batch, Instant now) {
        try {
            return written(handle -> new Transaction(handle, now).write(batch));
        } catch (RuntimeException failed) {
            if (!Parking.isOfALog(failed)) {
                throw failed;
            }
            forget();
            LOG.atWarn().setCause(failed).log("batch not written; its logs are written one by one");
            return written(handle -> new Transaction(handle, now).writeApart(batch));
        }
    }

    /** The logs that cannot be written, each with the reason. */
    Map<TenantId, String> stuck() {
        return parking.stuck();
    }

    /**
     * Tries to write what is parked: all that is parked of a log, in the order in which it came,
     * before anything that comes later.
     */
    List<Written> unpark(Instant now) {
        var done = new ArrayList<Written>();
        for (TenantId tenant : parking.tenants()) {
            try {
                var events = parking.waiting(tenant);
                while (!events.isEmpty()) {
                    var some = events;
                    done.add(written(handle -> new Transaction(handle, now).writeParked(some)));
                    events = parking.waiting(tenant);
                }
                parking.written(tenant);
            } catch (RuntimeException failed) {
                if (!Parking.isOfALog(failed)) {
                    throw failed;
                }
                logs.remove(tenant);
                parking.stillStuck(tenant, failed);
            }
        }
        return done;
    }

    private Written written(HandleCallback<Changes, SQLException> transaction) {
        Changes changes;
        try {
            changes = jdbi.inTransaction(transaction);
        } catch (SQLException failed) {
            throw new AuditException(
                    AuditProblem.DATABASE_UNAVAILABLE, "the batch was not written", failed);
        }
        // remembered only when the transaction has been committed
        logs.putAll(changes.logs());
        changes.described().forEach(id -> described.put(id, true));
        changes.parked().forEach(parking::stuck);
        return changes.written();
    }

    /** A log, as it is remembered between batches. */
    private record Log(Frontier edge, TreeHead head) {}

    /** A log that a batch appends to. */
    private record Growing(
            TenantId tenant, TreeHead from, Log to, List<FullTile> full, List<Accepted> entries) {}

    private record Changes(
            Map<TenantId, Log> logs,
            Set<UUID> described,
            Map<TenantId, RuntimeException> parked,
            Written written) {}

    private record EntryKey(TenantId tenant, UUID eventId) {}

    /** One batch on its way into the database: one statement a table, whatever its tenants. */
    private final class Transaction {
        private final Handle handle;
        private final Instant now;
        private final List<Rejected> rejected = new ArrayList<>();
        private final Map<TenantId, Log> after = new HashMap<>();
        private final Map<TenantId, Growth> grown = new HashMap<>();
        private final Set<UUID> copied = new HashSet<>();
        private final Map<TenantId, RuntimeException> parked = new HashMap<>();
        private int duplicates;
        private int entries;

        Transaction(Handle handle, Instant now) {
            this.handle = handle;
            this.now = now;
        }

        Changes write(Batch batch) throws SQLException {
            // first, for it makes a second writer wait or fail before it has done anything
            copyStretches(batch.stretches());
            append(unlessStuck(candidates(batch.received())));
            return changes();
        }

        /** As {@link #write}, each log by itself. */
        Changes writeApart(Batch batch) throws SQLException {
            copyStretches(batch.stretches());
            var byTenant = new TreeMap<TenantId, List<Accepted>>();
            unlessStuck(candidates(batch.received()))
                    .forEach(one ->
                            byTenant.computeIfAbsent(one.tenant(), _ -> new ArrayList<>())
                                    .add(one));
            byTenant.forEach(this::appendOrPark);
            return changes();
        }

        Changes writeParked(List<Accepted> events) throws SQLException {
            append(events);
            return changes();
        }

        private Changes changes() {
            insertRejected();
            return new Changes(
                    after,
                    copied,
                    parked,
                    new Written(grown, entries, duplicates, rejected.size()));
        }

        private List<Accepted> candidates(List<Received> received) {
            var candidates = new ArrayList<Accepted>();
            for (Received one : received) {
                switch (one) {
                    case Accepted accepted -> candidates.add(accepted);
                    case Rejected refused -> {
                        rejected.add(refused);
                        refused.entry().ifPresent(candidates::add);
                    }
                }
            }
            return candidates;
        }

        /** Parks what belongs to a log of which something is parked already. */
        private List<Accepted> unlessStuck(List<Accepted> candidates) {
            var stuck = parking.stuck().keySet();
            if (stuck.isEmpty()) {
                return candidates;
            }
            var others = new ArrayList<Accepted>();
            var waiting = new ArrayList<Accepted>();
            candidates.forEach(one -> (stuck.contains(one.tenant()) ? waiting : others).add(one));
            parking.park(handle, waiting, now);
            return others;
        }

        /**
         * A second writer that was faster is met by trying again: then its rows are there to be
         * read.
         */
        private void appendOrPark(TenantId tenant, List<Accepted> events) {
            RuntimeException last = null;
            for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
                var before = List.copyOf(rejected);
                int duplicatesBefore = duplicates;
                handle.savepoint(SAVEPOINT);
                try {
                    append(events);
                    handle.releaseSavepoint(SAVEPOINT);
                    return;
                } catch (SQLException failed) {
                    last =
                            new AuditException(
                                    AuditProblem.DATABASE_UNAVAILABLE, "log not written", failed);
                } catch (RuntimeException failed) {
                    last = failed;
                }
                if (!Parking.isOfALog(last)) {
                    throw last;
                }
                handle.rollbackToSavepoint(SAVEPOINT);
                rejected.clear();
                rejected.addAll(before);
                duplicates = duplicatesBefore;
            }
            parking.park(handle, events, now);
            parked.put(tenant, Objects.requireNonNull(last));
        }

        private void append(List<Accepted> candidates) throws SQLException {
            var growing =
                    fresh(candidates).entrySet().stream()
                            .map(log -> grow(log.getKey(), log.getValue()))
                            .toList();
            if (growing.isEmpty()) {
                return;
            }
            copyHeads(growing);
            copyEntries(growing);
            var descriptions = copySearch(growing);
            copyTiles(growing);
            copied.addAll(descriptions);
            for (Growing log : growing) {
                after.put(log.tenant(), log.to());
                grown.put(log.tenant(), new Growth(log.from(), log.to().head()));
                entries += log.entries().size();
            }
        }

        /**
         * The entries that are in no log yet, by tenant; the tenants in order, so that two writers
         * never wait for each other in a circle.
         */
        private SortedMap<TenantId, List<Accepted>> fresh(List<Accepted> candidates) {
            var known = known(candidates);
            var fresh = new TreeMap<TenantId, List<Accepted>>();
            for (Accepted candidate : candidates) {
                var key = new EntryKey(candidate.tenant(), candidate.eventId());
                Hash first = known.putIfAbsent(key, candidate.leaf().hash());
                if (first == null) {
                    fresh.computeIfAbsent(candidate.tenant(), _ -> new ArrayList<>())
                            .add(candidate);
                } else {
                    duplicate(candidate, first, fresh);
                }
            }
            return fresh;
        }

        private void duplicate(
                Accepted again, Hash first, Map<TenantId, List<Accepted>> ofThisBatch) {
            duplicates++;
            if (!again.leaf().hash().equals(first)
                    && !Redelivery.repeats(
                            again.leaf().bytes(),
                            firstBytes(
                                    again, ofThisBatch.getOrDefault(again.tenant(), List.of())))) {
                // a redelivered call may settle twice under one id; the first stands, and that
                // there was another is kept
                rejected.add(
                        new Rejected(
                                again.origin(),
                                now,
                                "duplicate_differs",
                                "event "
                                        + again.eventId()
                                        + " of tenant "
                                        + again.tenant()
                                        + " is in the log and says something else; the first one"
                                        + " counts",
                                Optional.empty()));
            }
        }

        /** The bytes of the entry that has the event's id. */
        private byte[] firstBytes(Accepted again, List<Accepted> ofThisBatch) {
            return ofThisBatch.stream()
                    .filter(entry -> entry.eventId().equals(again.eventId()))
                    .findFirst()
                    .map(entry -> entry.leaf().bytes())
                    .orElseGet(() ->
                            handle.createQuery(
                                            "SELECT bytes FROM audit.entry WHERE tenant = :tenant AND event_id = :id")
                                    .bind("tenant", again.tenant().value())
                                    .bind("id", again.eventId())
                                    .mapTo(byte[].class)
                                    .one());
        }

        private Map<EntryKey, Hash> known(List<Accepted> candidates) {
            var known = new HashMap<EntryKey, Hash>();
            if (candidates.isEmpty()) {
                return known;
            }
            handle.createQuery(
                            """
                            SELECT e.tenant, e.event_id, e.leaf_hash FROM audit.entry e
                            JOIN unnest(CAST(:tenants AS text[]), CAST(:ids AS uuid[])) AS c (tenant, id)
                              ON e.tenant = c.tenant AND e.event_id = c.id
                            -- what stands beyond the head was put there by others and is no entry
                            WHERE e.seq < (SELECT h.size FROM audit.head h WHERE h.tenant = e.tenant ORDER BY h.size DESC LIMIT 1)
                            """)
                    .bindArray(
                            "tenants",
                            String.class,
                            candidates.stream().map(one -> one.tenant().value()).toList())
                    .bindArray(
                            "ids", UUID.class, candidates.stream().map(Accepted::eventId).toList())
                    .map((row, _) ->
                            Map.entry(
                                    new EntryKey(
                                            new TenantId(row.getString("tenant")),
                                            row.getObject("event_id", UUID.class)),
                                    Hash.of(row.getBytes("leaf_hash"))))
                    .forEach(entry -> known.put(entry.getKey(), entry.getValue()));
            return known;
        }

        private Growing grow(TenantId tenant, List<Accepted> fresh) {
            Log before =
                    Optional.ofNullable(after.get(tenant))
                            .or(() -> Optional.ofNullable(logs.get(tenant)))
                            .orElseGet(() -> load(tenant));
            var growth =
                    before.edge().grow(fresh.stream().map(entry -> entry.leaf().hash()).toList());
            var to = new Log(growth.frontier(), growth.frontier().head());
            return new Growing(tenant, before.head(), to, growth.full(), fresh);
        }

        private Log load(TenantId tenant) {
            Optional<TreeHead> head = LogReader.head(handle, tenant);
            if (head.isEmpty()) {
                return new Log(Frontier.EMPTY, TreeHead.EMPTY);
            }
            try {
                var edge = LogReader.frontier(handle, tenant, head.get().size());
                if (edge.root().equals(head.get().root())) {
                    return new Log(edge, head.get());
                }
            } catch (IllegalArgumentException incomplete) {
                throw inconsistent(tenant, head.get(), incomplete);
            }
            throw inconsistent(tenant, head.get(), null);
        }

        private void copyStretches(List<Stretch> stretches) throws SQLException {
            if (stretches.isEmpty()) {
                return;
            }
            var ordered = new TreeMap<String, Stretch>();
            stretches.forEach(stretch -> ordered.put(stretch.partition().toString(), stretch));
            try (var rows =
                    copy(
                            "audit.consumed",
                            "topic",
                            "partition",
                            "topic_id",
                            "generation",
                            "from_record",
                            "next_record",
                            "fence",
                            "seal",
                            "consumed_at")) {
                for (Stretch stretch : ordered.values()) {
                    rows.row()
                            .text(stretch.partition().topic())
                            .int4(stretch.partition().partition())
                            .uuid(stretch.topicId())
                            .int4(stretch.generation())
                            .int8(stretch.from())
                            .int8(stretch.next())
                            .bytes(stretch.fence(seal))
                            .bytes(stretch.seal(seal))
                            .time(now);
                }
                rows.finish();
            }
        }

        private void copyHeads(List<Growing> growing) throws SQLException {
            try (var rows =
                    copy(
                            "audit.head",
                            "tenant",
                            "size",
                            "previous",
                            "root",
                            "seal",
                            "integrated_at")) {
                for (Growing log : growing) {
                    var head = log.to().head();
                    rows.row()
                            .text(log.tenant().value())
                            .int8(head.size())
                            .int8(log.from().size())
                            .bytes(head.root().bytes())
                            .bytes(HeadSeal.of(seal, log.tenant(), log.from().size(), head))
                            .time(now);
                }
                rows.finish();
            }
        }

        private void copyEntries(List<Growing> growing) throws SQLException {
            try (var rows =
                    copy(
                            "audit.entry",
                            "tenant",
                            "seq",
                            "event_id",
                            "leaf_hash",
                            "bytes",
                            "topic",
                            "partition",
                            "record",
                            "sequenced_at")) {
                for (Growing log : growing) {
                    long seq = log.from().size();
                    for (Accepted entry : log.entries()) {
                        rows.row()
                                .text(log.tenant().value())
                                .int8(seq++)
                                .uuid(entry.eventId())
                                .bytes(entry.leaf().hash().bytes())
                                .bytes(entry.leaf().bytes())
                                .text(entry.origin().topic())
                                .int4(entry.origin().partition())
                                .int8(entry.origin().record())
                                .time(now);
                    }
                }
                rows.finish();
            }
        }

        /** Gives the descriptions that are in the database now. */
        private Set<UUID> copySearch(List<Growing> growing) throws SQLException {
            var rows = new ArrayList<SearchWriter.Row>();
            for (Growing log : growing) {
                long seq = log.from().size();
                for (Accepted entry : log.entries()) {
                    rows.add(
                            new SearchWriter.Row(
                                    log.tenant(), seq++, entry.eventId(), entry.facts()));
                }
            }
            return SearchWriter.write(handle, seal, rows, described::containsKey);
        }

        private void copyTiles(List<Growing> growing) throws SQLException {
            if (growing.stream().allMatch(log -> log.full().isEmpty())) {
                return;
            }
            try (var rows = copy("audit.tile", "tenant", "level", "idx", "hashes", "root")) {
                for (Growing log : growing) {
                    for (FullTile tile : log.full()) {
                        rows.row()
                                .text(log.tenant().value())
                                .int2(tile.level())
                                .int8(tile.index())
                                .bytes(Hash.join(tile.hashes()))
                                .bytes(tile.root().bytes());
                    }
                }
                rows.finish();
            }
        }

        /** A record that is read again, as after its topic was cut back, is named already. */
        private void insertRejected() {
            if (rejected.isEmpty()) {
                return;
            }
            var rows =
                    handle.prepareBatch(
                            """
                            INSERT INTO audit.rejected (topic, partition, generation, record, code, reason, rejected_at)
                            VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING
                            """);
            for (Rejected one : rejected) {
                rows.add(
                        one.origin().topic(),
                        one.origin().partition(),
                        one.origin().generation(),
                        one.origin().record(),
                        one.code(),
                        one.reason(),
                        now.atOffset(ZoneOffset.UTC));
            }
            var _ = rows.execute();
        }

        private CopyRows copy(String table, String... columns) throws SQLException {
            return CopyRows.into(handle.getConnection(), table, columns);
        }
    }

    private static AuditException inconsistent(
            TenantId tenant, TreeHead head, @Nullable Throwable cause) {
        return new AuditException(
                AuditProblem.LOG_INCONSISTENT,
                "the stored tiles of the log of "
                        + tenant
                        + " do not give the root of its head of "
                        + head.size()
                        + " entries",
                cause);
    }
}
