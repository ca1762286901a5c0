package dev.sallyport.audit.ingest;

import dev.sallyport.audit.ingest.Received.Accepted;
import dev.sallyport.audit.ingest.Received.Rejected;
import dev.sallyport.audit.log.Growth;
import dev.sallyport.audit.log.LogReader;
import dev.sallyport.audit.problem.AuditException;
import dev.sallyport.audit.problem.AuditProblem;
import dev.sallyport.audit.search.Description;
import dev.sallyport.audit.store.CopyRows;
import dev.sallyport.audit.tree.Frontier;
import dev.sallyport.audit.tree.FullTile;
import dev.sallyport.audit.tree.Hash;
import dev.sallyport.audit.tree.TreeHead;
import dev.sallyport.schema.id.TenantId;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.UUID;
import org.apache.kafka.common.TopicPartition;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.Jdbi;
import org.jspecify.annotations.Nullable;

/**
 * Writes batches into the logs. A batch is one transaction: the entries, what they are found by,
 * the tree, and the stretches of Kafka that they came from are all there or none is.
 *
 * <p>A second writer is fenced by primary keys: no stretch of a partition begins twice at the same
 * record, and no size of a log is followed twice. The writer that comes second gets a constraint
 * violation, forgets what it remembers and reads again.
 */
final class LogWriter {
    /** The most logs whose right edge is remembered, each of at most some 50 KB. */
    private static final int LOGS_MAX = 2_000;

    /** The most descriptions that are known to be in the database, each of some 100 bytes. */
    private static final int DESCRIBED_MAX = 100_000;

    private final Jdbi jdbi;
    private final Map<TenantId, Log> logs = new RecentlyUsed<>(LOGS_MAX);
    private final Map<UUID, Boolean> described = new RecentlyUsed<>(DESCRIBED_MAX);

    LogWriter(Jdbi jdbi) {
        this.jdbi = jdbi;
    }

    /**
     * A stretch of a partition that a batch covers.
     *
     * @param from the first record, or where reading began
     * @param next the first record after it
     */
    record Stretch(long from, long next) {}

    /**
     * What was read from Kafka in one turn.
     *
     * @param received the records, in the order of each partition
     * @param stretches what they cover of each partition
     */
    record Batch(List<Received> received, Map<TopicPartition, Stretch> stretches) {}

    /**
     * What writing a batch came to.
     *
     * @param grown the logs that have new entries
     * @param entries how many new entries
     * @param duplicates records that were in a log already
     * @param rejected records that are no event of the tenant that they name
     */
    record Written(Map<TenantId, Growth> grown, int entries, int duplicates, int rejected) {}

    /** Where reading has to go on in those of the partitions that were read before. */
    Map<TopicPartition, Long> consumed(Collection<TopicPartition> partitions) {
        var topics = partitions.stream().map(TopicPartition::topic).toArray(String[]::new);
        var numbers = partitions.stream().map(TopicPartition::partition).toArray(Integer[]::new);
        var consumed = new HashMap<TopicPartition, Long>();
        jdbi.useHandle(handle ->
                handle.createQuery(
                                """
                                SELECT p.topic, p.partition, last.next_record
                                FROM unnest(:topics, :partitions) AS p (topic, partition)
                                CROSS JOIN LATERAL (
                                    SELECT c.next_record FROM audit.consumed c
                                    WHERE c.topic = p.topic AND c.partition = p.partition
                                    ORDER BY c.from_record DESC LIMIT 1) AS last
                                """)
                        .bindArray("topics", String.class, (Object[]) topics)
                        .bindArray("partitions", Integer.class, (Object[]) numbers)
                        .map((row, _) ->
                                Map.entry(
                                        new TopicPartition(
                                                row.getString("topic"), row.getInt("partition")),
                                        row.getLong("next_record")))
                        .forEach(entry -> consumed.put(entry.getKey(), entry.getValue())));
        return consumed;
    }

    /** Forgets what is remembered of the database: the next batch reads it again. */
    void forget() {
        logs.clear();
        described.clear();
    }

    /** Writes the batch. */
    Written write(Batch batch, Instant now) {
        Changes changes;
        try {
            changes = jdbi.inTransaction(handle -> new Transaction(handle, now).write(batch));
        } catch (SQLException failed) {
            throw new AuditException(
                    AuditProblem.DATABASE_UNAVAILABLE, "the batch was not written", failed);
        }
        // remembered only when the transaction has been committed
        logs.putAll(changes.logs());
        changes.described().forEach(id -> described.put(id, true));
        return changes.written();
    }

    /** A log, as it is remembered between batches. */
    private record Log(Frontier edge, TreeHead head) {}

    /** A log that a batch appends to. */
    private record Growing(
            TenantId tenant, TreeHead from, Log to, List<FullTile> full, List<Accepted> entries) {}

    private record Changes(Map<TenantId, Log> logs, Set<UUID> described, Written written) {}

    private record EntryKey(TenantId tenant, UUID eventId) {}

    /** One batch on its way into the database: one statement a table, whatever its tenants. */
    private final class Transaction {
        private final Handle handle;
        private final Instant now;
        private final List<Rejected> rejected = new ArrayList<>();
        private int duplicates;

        Transaction(Handle handle, Instant now) {
            this.handle = handle;
            this.now = now;
        }

        Changes write(Batch batch) throws SQLException {
            // first, for it makes a second writer wait or fail before it has done anything
            copyStretches(batch.stretches());
            var growing =
                    fresh(batch.received()).entrySet().stream()
                            .map(log -> grow(log.getKey(), log.getValue()))
                            .toList();
            Set<UUID> described = Set.of();
            int entries = 0;
            if (!growing.isEmpty()) {
                copyHeads(growing);
                copyEntries(growing);
                described = copySearch(growing);
                copyTiles(growing);
            }
            copyRejected();
            var logs = new HashMap<TenantId, Log>();
            var grown = new HashMap<TenantId, Growth>();
            for (Growing log : growing) {
                logs.put(log.tenant(), log.to());
                grown.put(log.tenant(), new Growth(log.from(), log.to().head()));
                entries += log.entries().size();
            }
            return new Changes(
                    logs, described, new Written(grown, entries, duplicates, rejected.size()));
        }

        /**
         * The entries that are in no log yet, by tenant; the tenants in order, so that two writers
         * never wait for each other in a circle.
         */
        private SortedMap<TenantId, List<Accepted>> fresh(List<Received> received) {
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
                            firstBytes(again, ofThisBatch.getOrDefault(again.tenant(), List.of())))) {
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

        private Growing grow(TenantId tenant, List<Accepted> entries) {
            Log before = Optional.ofNullable(logs.get(tenant)).orElseGet(() -> load(tenant));
            var growth =
                    before.edge().grow(entries.stream().map(entry -> entry.leaf().hash()).toList());
            var after = new Log(growth.frontier(), growth.frontier().head());
            return new Growing(tenant, before.head(), after, growth.full(), entries);
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

        private void copyStretches(Map<TopicPartition, Stretch> stretches) throws SQLException {
            var ordered = new TreeMap<String, Map.Entry<TopicPartition, Stretch>>();
            stretches.entrySet().forEach(entry -> ordered.put(entry.getKey().toString(), entry));
            try (var rows =
                    copy(
                            "audit.consumed",
                            "topic",
                            "partition",
                            "from_record",
                            "next_record",
                            "consumed_at")) {
                for (var entry : ordered.values()) {
                    rows.row()
                            .text(entry.getKey().topic())
                            .int4(entry.getKey().partition())
                            .int8(entry.getValue().from())
                            .int8(entry.getValue().next())
                            .time(now);
                }
                rows.finish();
            }
        }

        private void copyHeads(List<Growing> growing) throws SQLException {
            try (var rows =
                    copy("audit.head", "tenant", "size", "previous", "root", "integrated_at")) {
                for (Growing log : growing) {
                    rows.row()
                            .text(log.tenant().value())
                            .int8(log.to().head().size())
                            .int8(log.from().size())
                            .bytes(log.to().head().root().bytes())
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
            var descriptions = new HashMap<UUID, Description>();
            try (var rows =
                    copy(
                            "audit.search",
                            "time",
                            "seq",
                            "rows",
                            "event_id",
                            "call_id",
                            "description",
                            "tenant")) {
                for (Growing log : growing) {
                    long seq = log.from().size();
                    for (Accepted entry : log.entries()) {
                        var facts = entry.facts();
                        var description = Description.of(log.tenant(), facts);
                        descriptions.put(description.id(), description);
                        rows.row()
                                .time(facts.time())
                                .int8(seq++)
                                .int8(facts.rows())
                                .uuid(entry.eventId())
                                .uuid(facts.call().map(call -> call.value()))
                                .uuid(description.id())
                                .text(log.tenant().value());
                    }
                }
                rows.finish();
            }
            insertDescriptions(
                    descriptions.values().stream()
                            .filter(one -> !described.containsKey(one.id()))
                            .sorted(Comparator.comparing(Description::id))
                            .toList());
            return descriptions.keySet();
        }

        private void insertDescriptions(List<Description> descriptions) {
            if (descriptions.isEmpty()) {
                return;
            }
            var rows =
                    handle.prepareBatch(
                            """
                            INSERT INTO audit.description (id, tenant, kind, principal, client, tool, database, statement_class,
                                outcome, code, tables, fingerprint, detail, words)
                            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, array_to_tsvector(?))
                            ON CONFLICT DO NOTHING
                            """);
            for (Description one : descriptions) {
                var facts = one.facts();
                rows.add(
                        one.id(),
                        one.tenant().value(),
                        facts.kind(),
                        facts.principal(),
                        facts.client(),
                        facts.tool(),
                        facts.database().map(name -> name.value()),
                        facts.statementClass(),
                        facts.outcome(),
                        facts.code(),
                        facts.tables().toArray(new String[0]),
                        facts.fingerprint(),
                        facts.detail(),
                        facts.words().toArray(new String[0]));
            }
            var _ = rows.execute();
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

        private void copyRejected() throws SQLException {
            if (rejected.isEmpty()) {
                return;
            }
            try (var rows =
                    copy(
                            "audit.rejected",
                            "topic",
                            "partition",
                            "record",
                            "code",
                            "reason",
                            "rejected_at")) {
                for (Rejected one : rejected) {
                    rows.row()
                            .text(one.origin().topic())
                            .int4(one.origin().partition())
                            .int8(one.origin().record())
                            .text(one.code())
                            .text(one.reason())
                            .time(now);
                }
                rows.finish();
            }
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
