package dev.sallyport.audit.tree;

import java.util.ArrayList;
import java.util.List;

/**
 * The right edge of a growing tree: its size and, for each tile level, the hashes of the one
 * partial tile there. That is all that appending needs, however large the tree is (at most 255
 * hashes a level).
 *
 * <p>A frontier never changes; {@link #grow} gives the next one together with the tiles that became
 * full on the way.
 *
 * @param size entries in the tree
 * @param partials the hashes of the partial tile of each level, level 0 (leaf hashes) first; no
 *     list at all for an empty tree
 */
public record Frontier(long size, List<List<Hash>> partials) {
    /** The frontier of the tree without entries. */
    public static final Frontier EMPTY = new Frontier(0, List.of());

    public Frontier {
        partials = partials.stream().map(List::copyOf).toList();
        if (size < 0) {
            throw new IllegalArgumentException("size must not be negative: " + size);
        }
        if (partials.size() != levelsOf(size)) {
            throw new IllegalArgumentException(
                    "a tree of "
                            + size
                            + " entries has "
                            + levelsOf(size)
                            + " tile levels, not "
                            + partials.size());
        }
        for (int level = 0; level < partials.size(); level++) {
            int width = partialWidth(size, level);
            if (partials.get(level).size() != width) {
                throw new IllegalArgumentException(
                        "level "
                                + level
                                + " of a tree of "
                                + size
                                + " entries ends in a tile of "
                                + width
                                + " hashes, not "
                                + partials.get(level).size());
            }
        }
    }

    /**
     * What appending brought.
     *
     * @param frontier the edge of the larger tree
     * @param full the tiles that became full, in the order in which they did
     */
    public record Growth(Frontier frontier, List<FullTile> full) {
        public Growth {
            full = List.copyOf(full);
        }
    }

    /**
     * The number of tile levels that a tree of this size has, whether their last tile is partial or
     * full.
     */
    public static int levelsOf(long size) {
        int levels = 0;
        for (long rest = size; rest > 0; rest /= TilePath.WIDTH_MAX) {
            levels++;
        }
        return levels;
    }

    /** The width of the partial tile that ends this level, 0 when the level ends in a full one. */
    public static int partialWidth(long size, int level) {
        return (int) ((size >>> (8 * level)) % TilePath.WIDTH_MAX);
    }

    /** The tree with these leaf hashes appended in this order. */
    public Growth grow(List<Hash> leaves) {
        var edge = new ArrayList<List<Hash>>();
        partials.forEach(partial -> edge.add(new ArrayList<>(partial)));
        var full = new ArrayList<FullTile>();
        long grown = size;
        for (Hash leaf : leaves) {
            grown++;
            carry(edge, leaf, grown, full);
        }
        return new Growth(new Frontier(grown, List.copyOf(edge)), full);
    }

    private static void carry(List<List<Hash>> edge, Hash leaf, long grown, List<FullTile> full) {
        Hash carried = leaf;
        for (int level = 0; ; level++) {
            if (edge.size() == level) {
                edge.add(new ArrayList<>());
            }
            List<Hash> partial = edge.get(level);
            partial.add(carried);
            if (partial.size() < TilePath.WIDTH_MAX) {
                return;
            }
            var tile = new FullTile(level, (grown >>> (8 * (level + 1))) - 1, partial);
            full.add(tile);
            partial.clear();
            carried = tile.root();
        }
    }

    /** The tree at this size. */
    public TreeHead head() {
        return new TreeHead(size, root());
    }

    /** The root hash of the tree. */
    public Hash root() {
        var subtrees = new ArrayList<Hash>();
        for (int level = partials.size() - 1; level >= 0; level--) {
            subtrees.addAll(Subtrees.perfect(partials.get(level)));
        }
        return Subtrees.rootOf(subtrees);
    }
}
