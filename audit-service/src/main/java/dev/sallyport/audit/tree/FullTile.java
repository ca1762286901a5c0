package dev.sallyport.audit.tree;

import java.util.List;

/**
 * A tile with all its 256 hashes: it never changes any more.
 *
 * @param level the tile level, 0 for leaf hashes
 * @param index the tile's place within its level
 * @param hashes its 256 hashes
 */
public record FullTile(int level, long index, List<Hash> hashes) {
    public FullTile {
        hashes = List.copyOf(hashes);
        if (hashes.size() != TilePath.WIDTH_MAX) {
            throw new IllegalArgumentException("a full tile has 256 hashes, not " + hashes.size());
        }
    }

    /** The hash that stands for this tile in the level above. */
    public Hash root() {
        return Subtrees.rootOf(Subtrees.perfect(hashes));
    }

    /** The path under which the tile is published. */
    public TilePath.Hashes path() {
        return new TilePath.Hashes(level, index, TilePath.WIDTH_MAX);
    }
}
