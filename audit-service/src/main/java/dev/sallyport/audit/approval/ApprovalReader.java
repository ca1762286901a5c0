package dev.sallyport.audit.approval;

import dev.sallyport.audit.log.LogStage;
import dev.sallyport.audit.search.ApprovalStep;
import dev.sallyport.audit.search.Cursor;
import dev.sallyport.audit.tree.Hash;
import dev.sallyport.schema.SchemaException;
import dev.sallyport.schema.event.ApprovalBy;
import dev.sallyport.schema.event.ApprovalDenied;
import dev.sallyport.schema.event.ApprovalGranted;
import dev.sallyport.schema.event.ApprovalRequested;
import dev.sallyport.schema.event.CallAuthorized;
import dev.sallyport.schema.event.Event;
import dev.sallyport.schema.event.EventCodec;
import dev.sallyport.schema.event.Principal;
import dev.sallyport.schema.id.EventId;
import dev.sallyport.schema.id.TenantId;
import dev.sallyport.schema.registry.GatewayKey;
import dev.sallyport.schema.registry.KeyPurpose;
import dev.sallyport.schema.registry.Registry;
import dev.sallyport.schema.sign.EventSignature;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import org.jdbi.v3.core.Jdbi;
import org.jdbi.v3.core.statement.Query;
import org.jspecify.annotations.Nullable;

/**
 * Reads approvals from a tenant's log. A table says where their entries are; what is told is the
 * entries, whose bytes must have the hash that the tree holds, and what counts is decided by the
 * same rules as gateways decide it.
 *
 * @param jdbi the way to the database
 * @param deadline how long the database may look, in whole seconds
 */
record ApprovalReader(Jdbi jdbi, Duration deadline) {
    /** Entries that are looked at for the approvals of one page, beside their requests. */
    private static final int STEPS_MAX = 5_000;

    private static final String ENDED =
            "EXISTS (SELECT 1 FROM desk.approval d WHERE d.tenant = r.tenant AND d.approval = r.approval AND d.step IN ('denied', 'used'))";

    /** A request, as the table has it. */
    private record Placed(UUID approval, ApprovalCursor cursor) {}

    /**
     * A page of requests.
     *
     * @param ids the approvals' ids
     * @param next where the next page begins; null for the last one
     */
    record Requests(List<EventId> ids, @Nullable ApprovalCursor next) {}

    /**
     * The requests after the cursor, those that can still be decided first.
     *
     * @param concerning only those that this person asked for or may decide; empty for all
     */
    Requests requests(
            TenantId tenant,
            Optional<String> concerning,
            Optional<ApprovalCursor> after,
            int limit,
            Instant now) {
        var found = new ArrayList<Placed>();
        for (boolean current : List.of(true, false)) {
            boolean passed = after.filter(cursor -> !cursor.current() && current).isPresent();
            if (!passed && found.size() <= limit) {
                var place = after.filter(cursor -> cursor.current() == current);
                found.addAll(
                        requests(
                                tenant,
                                concerning,
                                current,
                                place.map(ApprovalCursor::place),
                                limit + 1 - found.size(),
                                now));
            }
        }
        var page = found.subList(0, Math.min(found.size(), limit));
        return new Requests(
                page.stream().map(Placed::approval).distinct().map(EventId::new).toList(),
                found.size() > limit ? page.getLast().cursor() : null);
    }

    private List<Placed> requests(
            TenantId tenant,
            Optional<String> concerning,
            boolean current,
            Optional<Cursor> after,
            int most,
            Instant now) {
        String sql =
                """
                SELECT r.approval, r.time, r.seq FROM desk.approval r
                WHERE r.tenant = :tenant AND r.step = 'requested' AND %s
                  AND r.time >= '0001-01-01T00:00:00Z' AND r.time < '9999-12-31T23:59:59Z' %s %s
                ORDER BY r.time DESC, r.seq DESC LIMIT :most
                """
                        .formatted(
                                current
                                        ? "r.expires > :now AND NOT " + ENDED
                                        : "(r.expires <= :now OR " + ENDED + ")",
                                after.isPresent() ? "AND (r.time, r.seq) < (:time, :seq)" : "",
                                concerning.isPresent()
                                        ? "AND (r.requester = :person OR :person = ANY (r.approvers))"
                                        : "");
        return jdbi.withHandle(handle -> {
            Query query =
                    handle.createQuery(sql)
                            .setQueryTimeout((int) deadline.toSeconds())
                            .bind("tenant", tenant.value())
                            .bind("now", now.atOffset(ZoneOffset.UTC))
                            .bind("most", most);
            concerning.ifPresent(person -> query.bind("person", person));
            after.ifPresent(place ->
                    query.bind("time", place.time().atOffset(ZoneOffset.UTC))
                            .bind("seq", place.index()));
            return query.map((row, _) ->
                            new Placed(
                                    row.getObject("approval", UUID.class),
                                    new ApprovalCursor(
                                            current,
                                            new Cursor(
                                                    row.getObject("time", OffsetDateTime.class)
                                                            .toInstant(),
                                                    row.getLong("seq")))))
                    .list();
        });
    }

    /** An entry that the table, or its id, says to belong to an approval. */
    @SuppressWarnings("ArrayRecordComponent") // never compared
    private record Entry(
            UUID approval, long index, UUID eventId, byte[] bytes, boolean whole, LogStage stage) {}

    /**
     * What the log has of approvals.
     *
     * @param approvals by id
     * @param altered the requests whose bytes are not those that were logged, by the approval's id,
     *     with their place
     */
    record Found(Map<EventId, Approval> approvals, Map<EventId, Long> altered) {}

    /** What the log has of the approvals of these ids. */
    Found approvals(TenantId tenant, Collection<EventId> ids, Registry registry, Instant now) {
        var entries = new LinkedHashMap<UUID, List<Entry>>();
        ids.forEach(id -> entries.put(id.value(), new ArrayList<>()));
        entries(tenant, entries.keySet())
                .forEach(entry ->
                        entries.computeIfAbsent(entry.approval(), _ -> new ArrayList<>())
                                .add(entry));
        var approvals = new HashMap<EventId, Approval>();
        var altered = new HashMap<EventId, Long>();
        for (EventId id : ids) {
            var own = entries.getOrDefault(id.value(), List.of());
            own.stream()
                    .filter(one -> one.eventId().equals(id.value()))
                    .findFirst()
                    .ifPresent(request -> {
                        if (request.whole()) {
                            new Story(tenant, id, registry, now)
                                    .of(request, own)
                                    .ifPresent(one -> approvals.put(id, one));
                        } else {
                            altered.put(id, request.index());
                        }
                    });
        }
        return new Found(approvals, altered);
    }

    private List<Entry> entries(TenantId tenant, Set<UUID> ids) {
        // the hash in the tree is that of the full tile, or the entry's own where there is none yet
        String sql =
                """
                SELECT f.approval, e.seq, e.event_id, e.bytes,
                       coalesce(substring(t.hashes FROM CAST(32 * (e.seq % 256) + 1 AS integer) FOR 32), e.leaf_hash) AS leaf_hash,
                       coalesce((SELECT max(c.size) FROM audit.checkpoint c WHERE c.tenant = :tenant), 0) AS published
                FROM (SELECT q.event_id AS approval, q.seq FROM audit.entry q WHERE q.tenant = :tenant AND q.event_id = ANY (:ids)
                      UNION
                      (SELECT a.approval, a.seq FROM desk.approval a WHERE a.tenant = :tenant AND a.approval = ANY (:ids) AND a.seq >= 0
                       GROUP BY a.approval, a.seq ORDER BY a.seq LIMIT :most)) AS f
                JOIN audit.entry e ON e.tenant = :tenant AND e.seq = f.seq
                LEFT JOIN audit.tile t ON t.tenant = e.tenant AND t.level = 0 AND t.idx = e.seq / 256
                WHERE e.seq < (SELECT coalesce(max(h.size), 0) FROM audit.head h WHERE h.tenant = :tenant)
                ORDER BY e.seq
                """;
        return jdbi.withHandle(handle ->
                handle.createQuery(sql)
                        .setQueryTimeout((int) deadline.toSeconds())
                        .bind("tenant", tenant.value())
                        .bindArray("ids", UUID.class, List.copyOf(ids))
                        .bind("most", STEPS_MAX)
                        .map((row, _) -> entry(row))
                        .list());
    }

    private static Entry entry(ResultSet row) throws SQLException {
        byte[] bytes = row.getBytes("bytes");
        long index = row.getLong("seq");
        return new Entry(
                row.getObject("approval", UUID.class),
                index,
                row.getObject("event_id", UUID.class),
                bytes,
                Arrays.equals(Hash.ofLeaf(bytes).bytes(), row.getBytes("leaf_hash")),
                index < row.getLong("published") ? LogStage.PUBLISHED : LogStage.INTEGRATED);
    }

    /** The story of one approval in the making. */
    private static final class Story {
        private final TenantId tenant;
        private final EventId id;
        private final Registry registry;
        private final Instant now;
        private final List<Approval.Decided> decisions = new ArrayList<>();
        private final List<Approval.Used> uses = new ArrayList<>();
        private final List<Long> altered = new ArrayList<>();
        private final Set<String> decided = new HashSet<>();

        Story(TenantId tenant, EventId id, Registry registry, Instant now) {
            this.tenant = tenant;
            this.id = id;
            this.registry = registry;
            this.now = now;
        }

        Optional<Approval> of(Entry request, List<Entry> entries) {
            Event<?> event = event(request);
            if (event == null
                    || !event.id().equals(id)
                    || !(event.data() instanceof ApprovalRequested asked)
                    || !asked.approval().equals(id.toString())) {
                return Optional.empty();
            }
            for (Entry entry : entries) {
                if (!entry.whole()) {
                    altered.add(entry.index());
                } else {
                    take(entry, asked);
                }
            }
            boolean proved = signed(event, request.bytes(), KeyPurpose.COMMANDS);
            return Optional.of(
                    new Approval(
                            request.index(),
                            request.stage(),
                            event,
                            asked,
                            proved,
                            decisions,
                            uses,
                            altered,
                            now));
        }

        /** The entry's event, where it is one of the tenant's. */
        private @Nullable Event<?> event(Entry entry) {
            try {
                Event<?> event = EventCodec.decode(entry.bytes());
                return event.tenant().equals(tenant) ? event : null;
            } catch (SchemaException noEvent) {
                return null;
            }
        }

        private void take(Entry entry, ApprovalRequested asked) {
            Event<?> event = event(entry);
            if (event == null
                    || ApprovalStep.of(event)
                            .filter(step -> step.approval().equals(id.value()))
                            .isEmpty()) {
                // a row that somebody else wrote
                return;
            }
            switch (event.data()) {
                case ApprovalGranted granted ->
                        decided(
                                entry,
                                event,
                                new Said(
                                        true,
                                        granted.approver(),
                                        granted.by(),
                                        granted.note(),
                                        granted.effectDigest()),
                                asked);
                case ApprovalDenied denied ->
                        decided(
                                entry,
                                event,
                                new Said(
                                        false,
                                        denied.approver(),
                                        // what waits for the caller is refused by the caller
                                        asked.by() == ApprovalBy.CONFIRM
                                                ? ApprovalBy.CONFIRM
                                                : ApprovalBy.ANOTHER,
                                        denied.reason(),
                                        null),
                                asked);
                case CallAuthorized call ->
                        uses.add(new Approval.Used(entry.index(), call.call(), event.time()));
                default -> {}
            }
        }

        private record Said(
                boolean granted,
                Principal approver,
                ApprovalBy by,
                @Nullable String words,
                @Nullable String effectDigest) {}

        private void decided(Entry entry, Event<?> event, Said said, ApprovalRequested asked) {
            String ignored = ignored(entry, event, said, asked);
            // a refusal takes the place of the same person's permission, never the other way
            if (ignored == null && !decided.add(said.approver().subject()) && said.granted()) {
                ignored = "the same person decided before";
            }
            decisions.add(
                    new Approval.Decided(
                            entry.index(),
                            said.granted(),
                            said.approver(),
                            said.by(),
                            event.time(),
                            said.words(),
                            ignored));
        }

        /** Why gateways ignore the decision; null where they count it. */
        private @Nullable String ignored(
                Entry entry, Event<?> event, Said said, ApprovalRequested asked) {
            boolean own = said.by() == ApprovalBy.CONFIRM;
            if (!signed(event, entry.bytes(), own ? KeyPurpose.COMMANDS : KeyPurpose.APPROVALS)) {
                return "it is not signed with a key that the registry has for it";
            }
            if (own != (asked.by() == ApprovalBy.CONFIRM)) {
                return "it was not asked for in this way";
            }
            String person = said.approver().subject();
            if (own != asked.requester().subject().equals(person)) {
                return own ? "somebody else confirmed the call" : "who asked decided";
            }
            if (!own && !asked.approvers().contains(person)) {
                return "this person is not among those who may decide";
            }
            if (said.granted() && !Objects.equals(said.effectDigest(), asked.effectDigest())) {
                return "it allows another effect";
            }
            return event.time().isBefore(asked.expires()) ? null : "it came after the end";
        }

        private boolean signed(Event<?> event, byte[] bytes, KeyPurpose purpose) {
            return Optional.ofNullable(event.signedBy())
                    .flatMap(signer -> registry.gatewayKey(signer, purpose))
                    .map(GatewayKey::parsed)
                    .filter(key -> EventSignature.verify(bytes, key))
                    .isPresent();
        }
    }
}
