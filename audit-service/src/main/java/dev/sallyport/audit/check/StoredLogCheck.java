package dev.sallyport.audit.check;

import dev.sallyport.audit.note.Checkpoint;
import dev.sallyport.audit.note.NoteSigner;
import dev.sallyport.audit.note.SignedNote;
import dev.sallyport.audit.note.VerifierKey;
import dev.sallyport.audit.search.ApprovalStep;
import dev.sallyport.audit.search.Facts;
import dev.sallyport.audit.search.SearchRow;
import dev.sallyport.audit.store.HeadSeal;
import dev.sallyport.audit.store.RowSeal;
import dev.sallyport.audit.tree.Frontier;
import dev.sallyport.audit.tree.FullTile;
import dev.sallyport.audit.tree.Hash;
import dev.sallyport.audit.tree.TilePath;
import dev.sallyport.audit.tree.TreeHead;
import dev.sallyport.schema.SchemaException;
import dev.sallyport.schema.event.Event;
import dev.sallyport.schema.event.EventCodec;
import dev.sallyport.schema.event.GapFound;
import dev.sallyport.schema.id.TenantId;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import org.apache.kafka.common.TopicPartition;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.mapper.RowMapper;
import org.jdbi.v3.core.result.ResultIterator;
import org.jspecify.annotations.Nullable;

/**
 * The check of one log in the database. It goes through the entries once, builds the tree from
 * their bytes, and compares on the way whatever the database says of each place and each size.
 */
final class StoredLogCheck {
    private static final int FETCH = 200;

    private final Handle handle;
    private final TenantId tenant;
    private final VerifierKey key;
    private final RowSeal seal;
    private final @Nullable TreeHead witness;
    private final ConsumedCheck consumed;
    private final Findings findings = new Findings();
    private final List<String> gaps = new ArrayList<>();
    private final List<Hash> pending = new ArrayList<>();
    private Frontier tree = Frontier.EMPTY;
    private long tiles;
    private long heads;
    private long checkpoints;
    private boolean rootsDiffer;

    /**
     * @param signer the service's key
     * @param witness the checkpoint that stands outside the database
     */
    StoredLogCheck(
            Handle handle,
            TenantId tenant,
            NoteSigner signer,
            @Nullable TreeHead witness,
            ConsumedCheck consumed) {
        this.handle = handle;
        this.tenant = tenant;
        this.key = signer.verifier();
        this.seal = RowSeal.of(signer);
        this.witness = witness;
        this.consumed = consumed;
    }

    /** Whatever is named as the tenant of anything. */
    static List<String> named(Handle handle) {
        return handle.createQuery(
                        """
                        SELECT tenant FROM audit.entry UNION SELECT tenant FROM audit.head UNION SELECT tenant FROM audit.tile
                        UNION SELECT tenant FROM audit.checkpoint UNION SELECT tenant FROM desk.search
                        UNION SELECT tenant FROM desk.description UNION SELECT tenant FROM desk.approval
                        UNION SELECT tenant FROM audit.parked ORDER BY tenant
                        """)
                .mapTo(String.class)
                .list();
    }

    @SuppressWarnings("ArrayRecordComponent") // never compared
    private record Entry(
            long seq,
            UUID eventId,
            byte[] hash,
            byte[] bytes,
            TopicPartition partition,
            long record) {}

    @SuppressWarnings("ArrayRecordComponent") // never compared
    private record Head(long size, long previous, byte[] root, byte @Nullable [] seal) {}

    @SuppressWarnings("ArrayRecordComponent") // never compared
    private record Signed(long size, byte[] root, String note) {}

    private record Searched(SearchRow row, Set<String> words) {}

    /** A row of what approvals are found by; without a step where no event could be that one. */
    private record Step(long index, Instant time, Optional<ApprovalStep> step) {}

    DatabaseCheck.LogResult run() {
        long count = 0;
        long headSize = 0;
        try (var entries = entries();
                var headRows = headRows();
                var signedRows = signedRows();
                var searchRows = searchRows();
                var stepRows = stepRows()) {
            var nextHead = new Lookahead<>(headRows);
            var nextSigned = new Lookahead<>(signedRows);
            var nextSearched = new Lookahead<>(searchRows);
            var nextStep = new Lookahead<>(stepRows);
            while (entries.hasNext()) {
                var entry = entries.next();
                if (entry.seq() != count) {
                    findings.add("entries " + count + " to " + (entry.seq() - 1) + " are missing");
                    rootsDiffer = true;
                    count = entry.seq();
                }
                check(entry, nextSearched, nextStep);
                count++;
                while (nextHead.peek()
                        .filter(head -> head.size() <= tree() + pending())
                        .isPresent()) {
                    headSize = compare(nextHead.take(), headSize);
                }
                while (nextSigned
                        .peek()
                        .filter(one -> one.size() <= tree() + pending())
                        .isPresent()) {
                    compare(nextSigned.take());
                }
                compareWitness();
                if (pending.size() >= TilePath.WIDTH_MAX) {
                    grow();
                }
            }
            grow();
            while (nextHead.peek().isPresent()) {
                var head = nextHead.take();
                findings.add(
                        "head of " + head.size() + " entries: the log has " + count + " entries");
                headSize = head.size();
            }
            while (nextSigned.peek().isPresent()) {
                findings.add(
                        "checkpoint of "
                                + nextSigned.take().size()
                                + " entries: the log has "
                                + count
                                + " entries");
            }
            while (nextSearched.peek().isPresent()) {
                noEntry(nextSearched.take().row());
            }
            while (nextStep.peek().isPresent()) {
                noEntry(nextStep.take());
            }
        }
        if (headSize < count) {
            findings.add(
                    "entries "
                            + headSize
                            + " to "
                            + (count - 1)
                            + " are beyond the newest head: this service did not integrate them");
        }
        if (witness != null && witness.size() > count) {
            findings.add(
                    "the checkpoint of "
                            + witness.size()
                            + " entries in the topic of checkpoints: the database has "
                            + count
                            + " entries; it is an older copy");
        }
        compareTileCount();
        return new DatabaseCheck.LogResult(
                tenant, count, heads, checkpoints, gaps, findings.list());
    }

    private long tree() {
        return tree.size();
    }

    private int pending() {
        return pending.size();
    }

    private void check(Entry entry, Lookahead<Searched> searched, Lookahead<Step> steps) {
        var leaf = Hash.ofLeaf(entry.bytes());
        pending.add(leaf);
        String place = "entry " + entry.seq() + " (event " + entry.eventId() + "): ";
        if (!leaf.equals(Hash.of(entry.hash()))) {
            findings.add(place + "leaf_hash is not the hash of its bytes");
        }
        Optional<Event<?>> event = decoded(entry.bytes());
        boolean gap = false;
        if (event.isPresent() && event.get().tenant().equals(tenant)) {
            if (!event.get().id().value().equals(entry.eventId())) {
                findings.add(place + "its bytes are those of event " + event.get().id());
            }
            if (event.get().data() instanceof GapFound found) {
                gap = true;
                gaps.add(
                        found.topic()
                                + "-"
                                + found.partition()
                                + " from "
                                + found.from()
                                + (found.next() == null ? "" : " to " + found.next())
                                + ": "
                                + found.cause().wire()
                                + ", "
                                + found.reason());
            }
        } else if (!tenant.equals(TenantId.PLATFORM)) {
            findings.add(place + "its bytes are no event of this tenant");
        }
        if (!gap && !consumed.covers(entry.partition(), entry.record())) {
            findings.add(
                    place
                            + "it says that it is record "
                            + entry.record()
                            + " of "
                            + entry.partition()
                            + ", which was not consumed");
        }
        compareSearch(entry, place, event, searched);
        compareStep(entry, place, event.filter(one -> one.tenant().equals(tenant)), steps);
    }

    private void compareStep(
            Entry entry, String place, Optional<Event<?>> event, Lookahead<Step> steps) {
        while (steps.peek().filter(one -> one.index() < entry.seq()).isPresent()) {
            noEntry(steps.take());
        }
        var rows = new ArrayList<Step>();
        while (steps.peek().filter(one -> one.index() == entry.seq()).isPresent()) {
            rows.add(steps.take());
        }
        var expected =
                event.flatMap(ApprovalStep::of).stream()
                        .map(step ->
                                new Step(
                                        entry.seq(),
                                        event.get().time().truncatedTo(ChronoUnit.MICROS),
                                        Optional.of(step)))
                        .toList();
        // the platform's log also holds records that are no step, whatever they say
        if (!rows.equals(expected) && !(tenant.equals(TenantId.PLATFORM) && rows.isEmpty())) {
            findings.add(place + "its approval row says something else than the entry");
        }
    }

    private void compareSearch(
            Entry entry, String place, Optional<Event<?>> event, Lookahead<Searched> searched) {
        while (searched.peek().filter(one -> one.row().index() < entry.seq()).isPresent()) {
            noEntry(searched.take().row());
        }
        int rows = 0;
        while (searched.peek().filter(one -> one.row().index() == entry.seq()).isPresent()) {
            var found = searched.take();
            rows++;
            if (event.isPresent() && !rejected(found.row())) {
                var facts = Facts.of(event.get());
                if (!found.row().agreesWith(event.get().id().value(), facts)
                        || !found.words().equals(Set.copyOf(facts.words()))) {
                    findings.add(place + "its search row says something else than the entry");
                }
            } else if (!found.row().eventId().equals(entry.eventId())) {
                findings.add(place + "its search row names another event");
            }
        }
        if (rows != 1) {
            findings.add(
                    place
                            + (rows == 0
                                    ? "it has no search row, so that nobody finds it"
                                    : "it has " + rows + " search rows"));
        }
    }

    /** The platform's log holds records of others, about which only the row says why. */
    private boolean rejected(SearchRow row) {
        return tenant.equals(TenantId.PLATFORM)
                && row.facts().filter(facts -> facts.kind().equals(Facts.UNREADABLE)).isPresent();
    }

    private void noEntry(SearchRow row) {
        findings.add(
                "search row of entry "
                        + row.index()
                        + " (event "
                        + row.eventId()
                        + "): the log has no such entry");
    }

    private void noEntry(Step row) {
        findings.add("approval row of entry " + row.index() + ": the log has no such entry");
    }

    private long compare(Head head, long before) {
        heads++;
        if (head.previous() != before) {
            findings.add(
                    "head of "
                            + head.size()
                            + " entries: it follows "
                            + head.previous()
                            + " entries, and the head before it has "
                            + before);
        }
        var stated = new TreeHead(head.size(), Hash.of(head.root()));
        if (!HeadSeal.fits(seal, tenant, head.previous(), stated, head.seal())) {
            findings.add("head of " + head.size() + " entries: it was not written by this service");
        }
        compare("head", head.size(), head.root());
        return head.size();
    }

    private void compare(Signed signed) {
        checkpoints++;
        compare("checkpoint", signed.size(), signed.root());
        String place = "checkpoint of " + signed.size() + " entries: ";
        String origin = key.name() + "/" + tenant;
        try {
            var note = SignedNote.parse(signed.note());
            var checkpoint = Checkpoint.parse(note.text());
            if (!checkpoint.origin().equals(origin) || !note.signedBy(key.named(origin))) {
                findings.add(place + "its note is not signed by " + key.named(origin));
            }
            if (!checkpoint.tree().equals(new TreeHead(signed.size(), Hash.of(signed.root())))) {
                findings.add(place + "its note signs another tree");
            }
        } catch (IllegalArgumentException malformed) {
            findings.add(place + malformed.getMessage());
        }
    }

    private void compareWitness() {
        if (witness != null && witness.size() == tree() + pending()) {
            compare(
                    "checkpoint in the topic of checkpoints",
                    witness.size(),
                    witness.root().bytes());
        }
    }

    /** Where entries are missing or were altered no later root can be right: it is said once. */
    private void compare(String what, long size, byte[] root) {
        if (size == tree() + pending()) {
            grow();
        }
        if (rootsDiffer || size != tree()) {
            return;
        }
        if (!tree.root().equals(Hash.of(root))) {
            findings.add(
                    what
                            + " of "
                            + size
                            + " entries: its root is "
                            + Hash.of(root)
                            + ", and that of the entries is "
                            + tree.root());
        }
    }

    private void grow() {
        var growth = tree.grow(pending);
        pending.clear();
        tree = growth.frontier();
        growth.full().forEach(this::compare);
    }

    private void compare(FullTile tile) {
        tiles++;
        String place = tile.path().path() + ": ";
        handle.createQuery(
                        "SELECT hashes, root FROM audit.tile WHERE tenant = :tenant AND level = :level AND idx = :index")
                .bind("tenant", tenant.value())
                .bind("level", tile.level())
                .bind("index", tile.index())
                .map((row, _) -> List.of(row.getBytes("hashes"), row.getBytes("root")))
                .findFirst()
                .ifPresentOrElse(
                        stored -> {
                            if (!Hash.split(stored.getFirst()).equals(tile.hashes())) {
                                findings.add(place + "its hashes are not those of the entries");
                            }
                            if (!Hash.of(stored.getLast()).equals(tile.root())) {
                                findings.add(place + "its root is not the one of its hashes");
                            }
                        },
                        () -> findings.add(place + "it is missing"));
    }

    private void compareTileCount() {
        long stored =
                handle.createQuery("SELECT count(*) FROM audit.tile WHERE tenant = :tenant")
                        .bind("tenant", tenant.value())
                        .mapTo(Long.class)
                        .one();
        if (stored > tiles) {
            findings.add(
                    "the database has "
                            + stored
                            + " full tiles of this log, and its entries make "
                            + tiles);
        }
    }

    private static Optional<Event<?>> decoded(byte[] bytes) {
        try {
            return Optional.of(EventCodec.decode(bytes));
        } catch (SchemaException unreadable) {
            return Optional.empty();
        }
    }

    private ResultIterator<Entry> entries() {
        return rows(
                "SELECT seq, event_id, leaf_hash, bytes, topic, partition, record FROM audit.entry WHERE tenant = :tenant ORDER BY seq",
                (row, _) ->
                        new Entry(
                                row.getLong("seq"),
                                row.getObject("event_id", UUID.class),
                                row.getBytes("leaf_hash"),
                                row.getBytes("bytes"),
                                new TopicPartition(row.getString("topic"), row.getInt("partition")),
                                row.getLong("record")));
    }

    private ResultIterator<Head> headRows() {
        return rows(
                "SELECT size, previous, root, seal FROM audit.head WHERE tenant = :tenant ORDER BY size",
                (row, _) ->
                        new Head(
                                row.getLong("size"),
                                row.getLong("previous"),
                                row.getBytes("root"),
                                row.getBytes("seal")));
    }

    private ResultIterator<Signed> signedRows() {
        return rows(
                "SELECT size, root, note FROM audit.checkpoint WHERE tenant = :tenant ORDER BY size",
                (row, _) ->
                        new Signed(
                                row.getLong("size"), row.getBytes("root"), row.getString("note")));
    }

    private ResultIterator<Searched> searchRows() {
        return rows(
                """
                SELECT %s, tsvector_to_array(d.words) AS words
                FROM desk.search s LEFT JOIN desk.description d ON d.id = s.description AND d.tenant = s.tenant
                WHERE s.tenant = :tenant ORDER BY s.seq
                """
                        .formatted(SearchRow.COLUMNS),
                (row, _) -> {
                    var words = row.getArray("words");
                    return new Searched(
                            SearchRow.of(row),
                            words == null
                                    ? Set.of()
                                    : new HashSet<>(List.of((String[]) words.getArray())));
                });
    }

    private ResultIterator<Step> stepRows() {
        return rows(
                "SELECT seq, time, %s FROM desk.approval a WHERE tenant = :tenant ORDER BY seq"
                        .formatted(ApprovalStep.COLUMNS),
                (row, _) ->
                        new Step(
                                row.getLong("seq"),
                                row.getObject("time", OffsetDateTime.class).toInstant(),
                                ApprovalStep.of(row)));
    }

    private <T> ResultIterator<T> rows(String sql, RowMapper<T> mapper) {
        return handle.createQuery(sql)
                .bind("tenant", tenant.value())
                .setFetchSize(FETCH)
                .map(mapper)
                .iterator();
    }

    /** Rows of which the next one can be looked at before it is taken. */
    private static final class Lookahead<T> {
        private final ResultIterator<T> rows;
        private @Nullable T next;

        Lookahead(ResultIterator<T> rows) {
            this.rows = rows;
        }

        Optional<T> peek() {
            if (next == null && rows.hasNext()) {
                next = rows.next();
            }
            return Optional.ofNullable(next);
        }

        T take() {
            T taken = peek().orElseThrow();
            next = null;
            return taken;
        }
    }
}
