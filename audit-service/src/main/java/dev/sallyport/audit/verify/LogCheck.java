package dev.sallyport.audit.verify;

import dev.sallyport.audit.tree.Frontier;
import dev.sallyport.audit.tree.Hash;
import dev.sallyport.audit.tree.Subtrees;
import dev.sallyport.audit.tree.TilePath;
import dev.sallyport.audit.tree.TreeHead;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * One check of a whole log against one signed checkpoint.
 *
 * <p>First every tile is rebuilt from the entries alone and compared with the published one; of
 * level 0 only tiles where the two differ are kept. When nothing differs and the rebuilt root is
 * the signed one, the log is sound. Otherwise the signed root decides, from the top of the tree
 * downwards, which version of a tile is the authentic one: that tells an altered entry from an
 * altered tile.
 */
final class LogCheck {
    /** Stands where no hash is known; no input is known whose SHA-256 it is. */
    private static final Hash UNKNOWN = Hash.of(new byte[Hash.BYTES]);

    private final Reading reading;
    private final TreeHead signed;
    private final int levels;

    /**
     * For each level the rebuilt hashes, all of them; level 0 stays empty, for it is as long as the
     * log.
     */
    private final List<List<Hash>> rebuiltRows = new ArrayList<>();

    /** The rebuilt rows of level 0 tiles that differ or are partial. */
    private final Map<Long, List<Hash>> rebuiltLeaves = new HashMap<>();

    private final Map<TilePath.Hashes, Reading.Tile> differing = new HashMap<>();
    private final List<Finding> findings = new ArrayList<>();
    private final List<String> gaps = new ArrayList<>();

    LogCheck(Artefacts artefacts, TreeHead signed) {
        this.reading = new Reading(artefacts);
        this.signed = signed;
        this.levels = Frontier.levelsOf(signed.size());
    }

    /** What is wrong with the log; nothing when it is sound. */
    List<Finding> run() throws Unfetchable {
        rebuild();
        var edge = edge();
        var rebuiltEdge = edge.stream().map(this::rebuilt).toList();
        if (!differing.isEmpty() || !rootOf(edge, rebuiltEdge).equals(signed.root())) {
            judge(edge, authentic(edge, rebuiltEdge));
        }
        return findings.subList(0, Math.min(findings.size(), Verdict.FINDINGS_MAX));
    }

    /** What the entries say may be missing, at most {@link Verdict#FINDINGS_MAX}. */
    List<String> gaps() {
        return List.copyOf(gaps);
    }

    private void rebuild() throws Unfetchable {
        for (int level = 0; level < levels; level++) {
            rebuiltRows.add(new ArrayList<>());
        }
        for (int level = 0; level < levels; level++) {
            for (var path : tiles(level)) {
                List<Hash> row = level == 0 ? leaves(path) : compared(path);
                if (full(path)) {
                    rebuiltRows.get(level + 1).add(Subtrees.rootOver(row));
                }
            }
        }
    }

    private List<Hash> compared(TilePath.Hashes path) throws Unfetchable {
        var published = reading.tile(path);
        var rebuilt = rebuilt(path);
        if (!same(published, rebuilt)) {
            differing.put(path, published);
        }
        return rebuilt;
    }

    private List<Hash> leaves(TilePath.Hashes path) throws Unfetchable {
        var published = reading.tile(path);
        var bundle = reading.bundle(bundleOf(path));
        addGaps(path, bundle);
        // from a broken bundle nothing can be rebuilt: the published tile stands in, so that the
        // rest can be judged
        List<Hash> rebuilt =
                bundle.sound()
                        ? hashes(bundle)
                        : orElse(published, Collections.nCopies(path.width(), UNKNOWN));
        boolean differs = !bundle.sound() || !same(published, rebuilt);
        if (differs) {
            differing.put(path, published);
        }
        if (differs || !full(path)) {
            rebuiltLeaves.put(path.index(), rebuilt);
        }
        return rebuilt;
    }

    private void addGaps(TilePath.Hashes path, Reading.Bundle bundle) {
        for (int i = 0; i < bundle.entries().size() && gaps.size() < Verdict.FINDINGS_MAX; i++) {
            GapIn.entry(path.index() * TilePath.WIDTH_MAX + i, bundle.entries().get(i))
                    .ifPresent(gaps::add);
        }
    }

    /** The rebuilt row of a tile; of level 0 only for those that were kept. */
    private List<Hash> rebuilt(TilePath.Hashes path) {
        if (path.level() == 0) {
            return Optional.ofNullable(rebuiltLeaves.get(path.index())).orElseThrow();
        }
        int from = Math.toIntExact(path.index() * TilePath.WIDTH_MAX);
        return List.copyOf(rebuiltRows.get(path.level()).subList(from, from + path.width()));
    }

    /** The partial tiles, which together with the size give the root; the lowest level first. */
    private List<TilePath.Hashes> edge() {
        return TilePath.hashesOf(signed.size()).filter(path -> !full(path)).toList();
    }

    private Hash rootOf(List<TilePath.Hashes> edge, List<List<Hash>> rows) {
        var partials = new ArrayList<List<Hash>>(Collections.nCopies(levels, List.of()));
        for (int i = 0; i < edge.size(); i++) {
            partials.set(edge.get(i).level(), rows.get(i));
        }
        return new Frontier(signed.size(), partials).root();
    }

    /**
     * The rows of the edge that give the signed root; the published ones, and a finding, where no
     * rows do.
     */
    private List<List<Hash>> authentic(List<TilePath.Hashes> edge, List<List<Hash>> rebuilt) {
        // each row as rebuilt or as published: two choices for each of at most eight levels
        List<List<List<Hash>>> choices = List.of(List.of());
        for (int i = 0; i < edge.size(); i++) {
            var both = new ArrayList<List<List<Hash>>>();
            for (var chosen : choices) {
                both.add(appended(chosen, rebuilt.get(i)));
                if (differing.containsKey(edge.get(i))) {
                    both.add(appended(chosen, published(edge.get(i), rebuilt.get(i))));
                }
            }
            choices = both;
        }
        for (var rows : choices) {
            if (rootOf(edge, rows).equals(signed.root())) {
                return rows;
            }
        }
        findings.add(
                new Finding.CheckpointAltered(
                        "its root "
                                + signed.root()
                                + " is neither the one of the "
                                + signed.size()
                                + " entries, which is "
                                + rootOf(edge, rebuilt)
                                + ", nor the one of the tiles"));
        var guess = new ArrayList<List<Hash>>();
        for (int i = 0; i < edge.size(); i++) {
            guess.add(published(edge.get(i), rebuilt.get(i)));
        }
        return guess;
    }

    private void judge(List<TilePath.Hashes> edge, List<List<Hash>> edgeRows) throws Unfetchable {
        // the authentic rows that are not the rebuilt ones
        var authentic = new HashMap<TilePath.Hashes, List<Hash>>();
        for (int level = levels - 1; level >= 0; level--) {
            for (var path : tiles(level)) {
                List<Hash> row =
                        full(path) ? judged(path, authentic) : edgeRows.get(edge.indexOf(path));
                if (!full(path)) {
                    reportTile(path, row);
                }
                if (differing.containsKey(path) && !row.equals(rebuilt(path))) {
                    authentic.put(path, row);
                }
                if (level == 0 && differing.containsKey(path)) {
                    reportEntries(path, row);
                }
            }
        }
    }

    /**
     * The authentic row of a full tile, by the hash that the level above holds for it; empty when
     * it is not kept and sound.
     */
    private List<Hash> judged(TilePath.Hashes path, Map<TilePath.Hashes, List<Hash>> authentic) {
        Hash rebuiltRoot = rebuiltRows.get(path.level() + 1).get(Math.toIntExact(path.index()));
        var parent =
                TilePath.in(signed.size(), path.level() + 1, path.index() / TilePath.WIDTH_MAX);
        Hash expected =
                Optional.ofNullable(authentic.get(parent))
                        .map(row -> row.get((int) (path.index() % TilePath.WIDTH_MAX)))
                        .orElse(rebuiltRoot);
        if (!differing.containsKey(path)) {
            if (!expected.equals(rebuiltRoot)) {
                findings.add(
                        new Finding.TileAltered(
                                path.path(), "it and the entries beneath it were altered alike"));
            }
            return List.of();
        }
        var rebuilt = rebuilt(path);
        var published = published(path, rebuilt);
        if (expected.equals(rebuiltRoot)) {
            reportTile(path, rebuilt);
            return rebuilt;
        }
        if (!Subtrees.rootOver(published).equals(expected)) {
            findings.add(
                    new Finding.TileAltered(
                            path.path(),
                            "neither its hashes nor the entries beneath it give the hash that the level above holds"));
        }
        return published;
    }

    private void reportTile(TilePath.Hashes path, List<Hash> authentic) {
        Optional.ofNullable(differing.get(path))
                .flatMap(published ->
                        switch (published) {
                            case Reading.Tile.Unusable(var why) -> Optional.of(why);
                            case Reading.Tile.Published(var hashes) ->
                                    firstDifference(hashes, authentic);
                        })
                .ifPresent(why -> findings.add(new Finding.TileAltered(path.path(), why)));
    }

    private static Optional<String> firstDifference(List<Hash> published, List<Hash> authentic) {
        for (int i = 0; i < published.size(); i++) {
            if (!published.get(i).equals(authentic.get(i))) {
                return Optional.of("its hash " + i + " is not the one of the signed tree");
            }
        }
        return Optional.empty();
    }

    private void reportEntries(TilePath.Hashes path, List<Hash> authentic) throws Unfetchable {
        var bundlePath = bundleOf(path);
        var bundle = reading.bundle(bundlePath);
        long first = path.index() * TilePath.WIDTH_MAX;
        int readable = Math.min(bundle.entries().size(), path.width());
        boolean named = false;
        for (int i = 0; i < readable && (bundle.sound() || !named); i++) {
            byte[] entry = bundle.entries().get(i);
            if (!Hash.ofLeaf(entry).equals(authentic.get(i))) {
                findings.add(
                        new Finding.EntryAltered(
                                first + i,
                                EventIdIn.entry(entry),
                                bundlePath.path(),
                                "its bytes do not have the hash that the tree holds"));
                // where a length was changed, all that follows is shifted and says nothing
                named = true;
            }
        }
        if (!bundle.sound()) {
            if (!named && bundle.present() && readable < path.width()) {
                findings.add(
                        new Finding.EntryAltered(
                                first + readable,
                                Optional.empty(),
                                bundlePath.path(),
                                "its length was changed, or it was cut off"));
            }
            findings.add(new Finding.TileAltered(bundlePath.path(), bundle.why()));
        }
    }

    private Iterable<TilePath.Hashes> tiles(int level) {
        return () -> TilePath.hashesOf(signed.size(), level).iterator();
    }

    private List<Hash> published(TilePath.Hashes path, List<Hash> otherwise) {
        return Optional.ofNullable(differing.get(path))
                .map(tile -> orElse(tile, otherwise))
                .orElse(otherwise);
    }

    private static List<Hash> orElse(Reading.Tile tile, List<Hash> otherwise) {
        return switch (tile) {
            case Reading.Tile.Published(var hashes) -> hashes;
            case Reading.Tile.Unusable _ -> otherwise;
        };
    }

    private static boolean same(Reading.Tile tile, List<Hash> row) {
        return switch (tile) {
            case Reading.Tile.Published(var hashes) -> hashes.equals(row);
            case Reading.Tile.Unusable _ -> false;
        };
    }

    private static List<Hash> hashes(Reading.Bundle bundle) {
        return bundle.entries().stream().map(Hash::ofLeaf).toList();
    }

    private static List<List<Hash>> appended(List<List<Hash>> rows, List<Hash> row) {
        var longer = new ArrayList<>(rows);
        longer.add(row);
        return longer;
    }

    private static boolean full(TilePath.Hashes path) {
        return path.width() == TilePath.WIDTH_MAX;
    }

    private static TilePath.Entries bundleOf(TilePath.Hashes path) {
        return new TilePath.Entries(path.index(), path.width());
    }
}
