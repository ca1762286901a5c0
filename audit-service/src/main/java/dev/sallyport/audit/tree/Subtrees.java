package dev.sallyport.audit.tree;

import java.util.ArrayList;
import java.util.List;

/** Folding rows of hashes into the roots of the subtrees that they span. */
public final class Subtrees {
    private Subtrees() {}

    /**
     * The root over a row of hashes of equal height, as RFC 6962 shapes the tree; the empty tree's
     * root for an empty row.
     */
    public static Hash rootOver(List<Hash> row) {
        return rootOf(perfect(row));
    }

    /**
     * The roots of the perfect subtrees into which a row of hashes of equal height falls, the
     * largest (leftmost) first.
     */
    static List<Hash> perfect(List<Hash> row) {
        var roots = new ArrayList<Hash>();
        int from = 0;
        while (from < row.size()) {
            int width = Integer.highestOneBit(row.size() - from);
            roots.add(fold(row.subList(from, from + width)));
            from += width;
        }
        return roots;
    }

    /** The root of a tree from its perfect subtrees, the largest (leftmost) first. */
    static Hash rootOf(List<Hash> subtrees) {
        if (subtrees.isEmpty()) {
            return Hash.ofEmptyTree();
        }
        Hash root = subtrees.getLast();
        for (int i = subtrees.size() - 2; i >= 0; i--) {
            root = Hash.ofNode(subtrees.get(i), root);
        }
        return root;
    }

    /** The root over 2^k hashes. */
    static Hash fold(List<Hash> row) {
        List<Hash> level = row;
        while (level.size() > 1) {
            var above = new ArrayList<Hash>(level.size() / 2);
            for (int i = 0; i < level.size(); i += 2) {
                above.add(Hash.ofNode(level.get(i), level.get(i + 1)));
            }
            level = above;
        }
        return level.getFirst();
    }
}
