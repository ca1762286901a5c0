package dev.sallyport.audit.log;

import dev.sallyport.audit.tree.EntryBundle;
import dev.sallyport.audit.tree.Frontier;
import dev.sallyport.audit.tree.Hash;
import dev.sallyport.audit.tree.TilePath;
import dev.sallyport.audit.tree.TiledTree;
import dev.sallyport.audit.tree.TreeHead;
import dev.sallyport.schema.SchemaException;
import dev.sallyport.schema.event.EventCodec;
import dev.sallyport.schema.event.FlatEvent;
import dev.sallyport.schema.id.CallId;
import dev.sallyport.schema.id.TenantId;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.Jdbi;

/**
 * Reads the logs. Hashes are the stored ones and entries the stored bytes: neither is ever derived
 * from the other here, so that whoever verifies can tell which of them was altered.
 *
 * @param jdbi the way to the database
 */
public record LogReader(Jdbi jdbi) {
    /** The most rows of what is searched that are looked at for a call. */
    private static final int CALL_ROWS_MAX = 10_000;

    /** The latest checkpoint; empty for a log that has none. */
    public Optional<PublishedCheckpoint> checkpoint(TenantId tenant) {
        return jdbi.withHandle(handle -> checkpoint(handle, tenant));
    }

    /**
     * The tile's bytes; empty where it is missing from the database, which only tampering can bring
     * about.
     */
    public Optional<byte[]> tile(TenantId tenant, TilePath.Hashes tile) {
        List<Hash> hashes = jdbi.withHandle(handle -> hashes(handle, tenant, tile));
        return hashes.size() == tile.width() ? Optional.of(Hash.join(hashes)) : Optional.empty();
    }

    /** The bundle's bytes. */
    public byte[] bundle(TenantId tenant, TilePath.Entries bundle) {
        long from = bundle.index() * TilePath.WIDTH_MAX;
        return EntryBundle.write(
                jdbi.withHandle(handle ->
                        handle.createQuery(
                                        "SELECT bytes FROM audit.entry WHERE tenant = :tenant AND seq >= :from AND seq < :to ORDER BY seq")
                                .bind("tenant", tenant.value())
                                .bind("from", from)
                                .bind("to", from + bundle.width())
                                .mapTo(byte[].class)
                                .list()));
    }

    /**
     * The entries of a call: their bytes by their index in the log. What is searched may have been
     * altered: an entry that is whole and says that it is none of the call's is left out.
     */
    public NavigableMap<Long, byte[]> entriesOf(TenantId tenant, CallId call, int max) {
        return jdbi.inTransaction(handle -> {
            var entries = new TreeMap<Long, byte[]>();
            try (var rows =
                    handle.createQuery(
                                    """
                                    SELECT e.seq, e.bytes, e.leaf_hash
                                    FROM (SELECT DISTINCT s.seq FROM desk.search s WHERE s.tenant = :tenant AND s.call_id = :call
                                          ORDER BY s.seq LIMIT :most) AS found
                                    JOIN audit.entry e ON e.tenant = :tenant AND e.seq = found.seq ORDER BY e.seq
                                    """)
                            .bind("tenant", tenant.value())
                            .bind("call", call.value())
                            .bind("most", CALL_ROWS_MAX)
                            .setFetchSize(max)
                            .map((row, _) ->
                                    new Candidate(
                                            row.getLong("seq"),
                                            row.getBytes("bytes"),
                                            row.getBytes("leaf_hash")))
                            .iterator()) {
                while (rows.hasNext() && entries.size() < max) {
                    var one = rows.next();
                    if (!one.isOther(call)) {
                        entries.put(one.seq(), one.bytes());
                    }
                }
            }
            return entries;
        });
    }

    @SuppressWarnings("ArrayRecordComponent") // never compared
    private record Candidate(long seq, byte[] bytes, byte[] hash) {
        boolean isOther(CallId call) {
            try {
                return Arrays.equals(Hash.ofLeaf(bytes).bytes(), hash)
                        && !call.equals(FlatEvent.of(EventCodec.decode(bytes)).call());
            } catch (SchemaException unreadable) {
                return false;
            }
        }
    }

    /** The bytes of an entry; empty where the log has none at that index. */
    public Optional<byte[]> entry(TenantId tenant, long index) {
        return jdbi.withHandle(handle ->
                handle.createQuery(
                                "SELECT bytes FROM audit.entry WHERE tenant = :tenant AND seq = :index")
                        .bind("tenant", tenant.value())
                        .bind("index", index)
                        .mapTo(byte[].class)
                        .findFirst());
    }

    /** The log's tree at a size up to its head, read from stored tiles. */
    public TiledTree tree(TenantId tenant, long size) {
        return tree(size, tile -> jdbi.withHandle(handle -> hashes(handle, tenant, tile)));
    }

    static TiledTree tree(Handle handle, TenantId tenant, long size) {
        return tree(size, tile -> hashes(handle, tenant, tile));
    }

    private static TiledTree tree(long size, TiledTree.Tiles tiles) {
        // a proof comes back to the same few tiles again and again
        var read = new HashMap<TilePath.Hashes, List<Hash>>();
        return new TiledTree(size, tile -> read.computeIfAbsent(tile, tiles::read));
    }

    static Optional<PublishedCheckpoint> checkpoint(Handle handle, TenantId tenant) {
        return handle.createQuery(
                        "SELECT size, root, note FROM audit.checkpoint WHERE tenant = :tenant ORDER BY size DESC LIMIT 1")
                .bind("tenant", tenant.value())
                .map((row, _) ->
                        new PublishedCheckpoint(
                                new TreeHead(row.getLong("size"), Hash.of(row.getBytes("root"))),
                                row.getString("note")))
                .findFirst();
    }

    /** The log's latest head; empty for a log without entries. */
    public static Optional<TreeHead> head(Handle handle, TenantId tenant) {
        return handle.createQuery(
                        "SELECT size, root FROM audit.head WHERE tenant = :tenant ORDER BY size DESC LIMIT 1")
                .bind("tenant", tenant.value())
                .map((row, _) -> new TreeHead(row.getLong("size"), Hash.of(row.getBytes("root"))))
                .findFirst();
    }

    /** The right edge of the log at its size. */
    public static Frontier frontier(Handle handle, TenantId tenant, long size) {
        return new Frontier(
                size,
                Stream.iterate(0, level -> level < Frontier.levelsOf(size), level -> level + 1)
                        .map(level -> {
                            int width = Frontier.partialWidth(size, level);
                            return width == 0
                                    ? List.<Hash>of()
                                    : hashes(
                                            handle,
                                            tenant,
                                            new TilePath.Hashes(
                                                    level,
                                                    (size >>> (8 * level)) / TilePath.WIDTH_MAX,
                                                    width));
                        })
                        .toList());
    }

    private static List<Hash> hashes(Handle handle, TenantId tenant, TilePath.Hashes tile) {
        if (tile.width() == TilePath.WIDTH_MAX) {
            return handle.createQuery(
                            "SELECT hashes FROM audit.tile WHERE tenant = :tenant AND level = :level AND idx = :index")
                    .bind("tenant", tenant.value())
                    .bind("level", tile.level())
                    .bind("index", tile.index())
                    .mapTo(byte[].class)
                    .findFirst()
                    .map(Hash::split)
                    .orElse(List.of());
        }
        // a partial tile follows from what it is made of: leaf hashes, or the roots of the full
        // tiles below
        String rows =
                tile.level() == 0
                        ? "SELECT leaf_hash FROM audit.entry WHERE tenant = :tenant AND seq >= :from AND seq < :to AND :below < 0 ORDER BY seq"
                        : "SELECT root FROM audit.tile WHERE tenant = :tenant AND level = :below AND idx >= :from AND idx < :to ORDER BY idx";
        long from = tile.index() * TilePath.WIDTH_MAX;
        return handle
                .createQuery(rows)
                .bind("tenant", tenant.value())
                .bind("below", tile.level() - 1)
                .bind("from", from)
                .bind("to", from + tile.width())
                .mapTo(byte[].class)
                .list()
                .stream()
                .map(Hash::of)
                .toList();
    }
}
