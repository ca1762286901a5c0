package dev.sallyport.audit.tree;

import java.util.ArrayList;
import java.util.List;

/**
 * A tree of a certain size, read from its tiles: roots and proofs of it and of any smaller size.
 *
 * @param size entries in the tree
 * @param tiles where the tiles of a tree of this size are read
 */
public record TiledTree(long size, Tiles tiles) {
    /** Where tiles are read. */
    @FunctionalInterface
    public interface Tiles {
        /** The hashes of the tile, exactly as many as its width says. */
        List<Hash> read(TilePath.Hashes tile);
    }

    public TiledTree {
        if (size < 0) {
            throw new IllegalArgumentException("size must not be negative: " + size);
        }
    }

    /** The root of the tree. */
    public Hash root() {
        return size == 0 ? Hash.ofEmptyTree() : hash(0, size);
    }

    /** The proof that the entry with this index is in the tree. */
    public InclusionProof inclusion(long index) {
        if (index < 0 || index >= size) {
            throw new IllegalArgumentException(
                    "a tree of " + size + " entries has no entry " + index);
        }
        var path = new ArrayList<Hash>();
        long from = 0;
        long to = size;
        while (to - from > 1) {
            long middle = from + leftOf(to - from);
            if (index < middle) {
                path.add(hash(middle, to));
                to = middle;
            } else {
                path.add(hash(from, middle));
                from = middle;
            }
        }
        return new InclusionProof(index, size, path.reversed());
    }

    /**
     * The proof that the tree of the first {@code smaller} entries is the beginning of this one.
     */
    public ConsistencyProof consistency(long smaller) {
        if (smaller < 0 || smaller > size) {
            throw new IllegalArgumentException(
                    "a tree of " + size + " entries has no beginning of " + smaller);
        }
        var path = new ArrayList<Hash>();
        if (smaller > 0 && smaller < size) {
            consistency(smaller, 0, size, true, path);
        }
        return new ConsistencyProof(smaller, size, path);
    }

    // SUBPROOF of RFC 6962, section 2.1.2, for the subtree [from, to) and the first `smaller` of
    // its entries
    private void consistency(long smaller, long from, long to, boolean complete, List<Hash> path) {
        if (smaller == to - from) {
            if (!complete) {
                path.add(hash(from, to));
            }
            return;
        }
        long left = leftOf(to - from);
        if (smaller <= left) {
            consistency(smaller, from, from + left, complete, path);
            path.add(hash(from + left, to));
        } else {
            consistency(smaller - left, from + left, to, false, path);
            path.add(hash(from, from + left));
        }
    }

    /**
     * The Merkle tree hash of the entries from (inclusive) to (exclusive), a range that splitting
     * the tree can yield.
     */
    private Hash hash(long from, long to) {
        long count = to - from;
        if (Long.bitCount(count) == 1) {
            return perfect(Long.numberOfTrailingZeros(count), from / count);
        }
        long left = leftOf(count);
        return Hash.ofNode(hash(from, from + left), hash(from + left, to));
    }

    /**
     * The root of the perfect subtree of 2^height entries with this index among those of its
     * height.
     */
    private Hash perfect(int height, long index) {
        int level = height / 8;
        int rowHeight = height % 8;
        long first = index << rowHeight;
        List<Hash> row = tiles.read(TilePath.in(size, level, first / TilePath.WIDTH_MAX));
        int offset = (int) (first % TilePath.WIDTH_MAX);
        return Subtrees.fold(row.subList(offset, offset + (1 << rowHeight)));
    }

    /** The largest power of two smaller than count. */
    private static long leftOf(long count) {
        return Long.highestOneBit(count - 1);
    }
}
