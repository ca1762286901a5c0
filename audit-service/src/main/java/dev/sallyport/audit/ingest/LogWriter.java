package dev.sallyport.audit.ingest;

import dev.sallyport.audit.ingest.Received.Accepted;
import dev.sallyport.audit.ingest.Received.Rejected;
import dev.sallyport.audit.log.LogReader;
import dev.sallyport.audit.problem.AuditException;
import dev.sallyport.audit.problem.AuditProblem;
import dev.sallyport.audit.tree.Frontier;
import dev.sallyport.audit.tree.FullTile;
import dev.sallyport.audit.tree.Hash;
import dev.sallyport.audit.tree.TreeHead;
import dev.sallyport.schema.id.TenantId;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
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
    private static final int FRONTIERS_MAX = 2_000;

    private final Jdbi jdbi;
    private final Map<TenantId, Frontier> frontiers =
            new LinkedHashMap<>(16, 0.75f, true) {
                private static final long serialVersionUID = 1L;

                @Override
                protected boolean removeEldestEntry(Map.Entry<TenantId, Frontier> eldest) {
                    return size() > FRONTIERS_MAX;
                }
            };

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
    record Written(Set<TenantId> grown, int entries, int duplicates, int rejected) {}

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

    /** Forgets what is remembered of the logs: the next batch reads it again. */
    void forget() {
        frontiers.clear();
    }

    /** Writes the batch. */
    Written write(Batch batch, Instant now) {
        var changes =
                jdbi.inTransaction(handle ->
                        new Transaction(handle, now.atOffset(ZoneOffset.UTC)).write(batch));
        // remembered only when the transaction has been committed
        frontiers.putAll(changes.frontiers());
        return changes.written();
    }

    private record Changes(Map<TenantId, Frontier> frontiers, Written written) {}

    private record EntryKey(TenantId tenant, UUID eventId) {}

    /** One batch on its way into the database. */
    private final class Transaction {
        private final Handle handle;
        private final OffsetDateTime now;
        private final List<Rejected> rejected = new ArrayList<>();
        private int duplicates;

        Transaction(Handle handle, OffsetDateTime now) {
            this.handle = handle;
            this.now = now;
        }

        Changes write(Batch batch) {
            // first, for it makes a second writer wait or fail before it has done anything
            insertStretches(batch.stretches());
            var fresh = fresh(batch.received());
            var grown = new HashMap<TenantId, Frontier>();
            int entries = 0;
            for (var log : fresh.entrySet()) {
                grown.put(log.getKey(), append(log.getKey(), log.getValue()));
                entries += log.getValue().size();
            }
            insertRejected();
            return new Changes(
                    grown,
                    new Written(Set.copyOf(grown.keySet()), entries, duplicates, rejected.size()));
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
                    duplicate(candidate, first);
                }
            }
            return fresh;
        }

        private void duplicate(Accepted again, Hash first) {
            duplicates++;
            if (!again.leaf().hash().equals(first)) {
                // a redelivered call may settle twice under one id; the first stands, and that
                // there was another is kept
                rejected.add(
                        new Rejected(
                                again.origin(),
                                now.toInstant(),
                                "duplicate_differs",
                                "event "
                                        + again.eventId()
                                        + " of tenant "
                                        + again.tenant()
                                        + " is in the log with other bytes",
                                Optional.empty()));
            }
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

        private Frontier append(TenantId tenant, List<Accepted> entries) {
            Frontier before =
                    Optional.ofNullable(frontiers.get(tenant)).orElseGet(() -> load(tenant));
            var growth = before.grow(entries.stream().map(entry -> entry.leaf().hash()).toList());
            insertHead(tenant, before.size(), growth.frontier());
            insertEntries(tenant, before.size(), entries);
            insertSearch(tenant, before.size(), entries);
            insertTiles(tenant, growth.full());
            return growth.frontier();
        }

        private Frontier load(TenantId tenant) {
            Optional<TreeHead> head = LogReader.head(handle, tenant);
            if (head.isEmpty()) {
                return Frontier.EMPTY;
            }
            try {
                var frontier = LogReader.frontier(handle, tenant, head.get().size());
                if (frontier.root().equals(head.get().root())) {
                    return frontier;
                }
            } catch (IllegalArgumentException incomplete) {
                throw inconsistent(tenant, head.get(), incomplete);
            }
            throw inconsistent(tenant, head.get(), null);
        }

        private void insertStretches(Map<TopicPartition, Stretch> stretches) {
            var ordered = new TreeMap<String, Map.Entry<TopicPartition, Stretch>>();
            stretches.entrySet().forEach(entry -> ordered.put(entry.getKey().toString(), entry));
            var rows =
                    handle.prepareBatch(
                            """
                            INSERT INTO audit.consumed (topic, partition, from_record, next_record, consumed_at)
                            VALUES (?, ?, ?, ?, ?)
                            """);
            for (var entry : ordered.values()) {
                var stretch = entry.getValue();
                rows.add(
                        entry.getKey().topic(),
                        entry.getKey().partition(),
                        stretch.from(),
                        stretch.next(),
                        now);
            }
            var _ = rows.execute();
        }

        private void insertHead(TenantId tenant, long previous, Frontier frontier) {
            handle.execute(
                    "INSERT INTO audit.head (tenant, size, previous, root, integrated_at) VALUES (?, ?, ?, ?, ?)",
                    tenant.value(),
                    frontier.size(),
                    previous,
                    frontier.root().bytes(),
                    now);
        }

        private void insertEntries(TenantId tenant, long first, List<Accepted> entries) {
            var rows =
                    handle.prepareBatch(
                            """
                            INSERT INTO audit.entry (tenant, seq, event_id, leaf_hash, bytes, topic, partition, record, sequenced_at)
                            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
                            """);
            long seq = first;
            for (Accepted entry : entries) {
                rows.add(
                        tenant.value(),
                        seq++,
                        entry.eventId(),
                        entry.leaf().hash().bytes(),
                        entry.leaf().bytes(),
                        entry.origin().topic(),
                        entry.origin().partition(),
                        entry.origin().record(),
                        now);
            }
            var _ = rows.execute();
        }

        private void insertSearch(TenantId tenant, long first, List<Accepted> entries) {
            var rows =
                    handle.prepareBatch(
                            """
                            INSERT INTO audit.search (tenant, seq, event_id, time, kind, call_id, principal, client, tool, database,
                                statement_class, outcome, code, rows, tables, fingerprint, detail, words)
                            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, array_to_tsvector(?))
                            """);
            long seq = first;
            for (Accepted entry : entries) {
                var facts = entry.facts();
                rows.add(
                        tenant.value(),
                        seq++,
                        entry.eventId(),
                        facts.time().atOffset(ZoneOffset.UTC),
                        facts.kind(),
                        facts.call().map(call -> call.value()),
                        facts.principal(),
                        facts.client(),
                        facts.tool(),
                        facts.database().map(name -> name.value()),
                        facts.statementClass(),
                        facts.outcome(),
                        facts.code(),
                        facts.rows(),
                        facts.tables().toArray(new String[0]),
                        facts.fingerprint(),
                        facts.detail(),
                        facts.words().toArray(new String[0]));
            }
            var _ = rows.execute();
        }

        private void insertTiles(TenantId tenant, List<FullTile> tiles) {
            if (tiles.isEmpty()) {
                return;
            }
            var rows =
                    handle.prepareBatch(
                            "INSERT INTO audit.tile (tenant, level, idx, hashes, root) VALUES (?, ?, ?, ?, ?)");
            for (FullTile tile : tiles) {
                rows.add(
                        tenant.value(),
                        tile.level(),
                        tile.index(),
                        Hash.join(tile.hashes()),
                        tile.root().bytes());
            }
            var _ = rows.execute();
        }

        private void insertRejected() {
            if (rejected.isEmpty()) {
                return;
            }
            var rows =
                    handle.prepareBatch(
                            """
                            INSERT INTO audit.rejected (topic, partition, record, code, reason, rejected_at) VALUES (?, ?, ?, ?, ?, ?)
                            """);
            for (Rejected one : rejected) {
                rows.add(
                        one.origin().topic(),
                        one.origin().partition(),
                        one.origin().record(),
                        one.code(),
                        one.reason(),
                        now);
            }
            var _ = rows.execute();
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
