package dev.sallyport.audit.tree;

import java.util.ArrayList;
import java.util.List;

/**
 * The recursive definitions of RFC 6962, section 2.1, over a list of leaf hashes: the oracle of the
 * tree tests.
 */
record ReferenceTree(List<Hash> leaves) {
    static ReferenceTree ofSize(int size) {
        var leaves = new ArrayList<Hash>();
        for (int i = 0; i < size; i++) {
            leaves.add(Hash.ofLeaf(new byte[] {(byte) (i >>> 16), (byte) (i >>> 8), (byte) i}));
        }
        return new ReferenceTree(leaves);
    }

    Hash root() {
        return mth(leaves);
    }

    List<Hash> path(int index) {
        return path(index, leaves);
    }

    List<Hash> proof(int smaller) {
        return smaller == 0 || smaller == leaves.size()
                ? List.of()
                : subproof(smaller, leaves, true);
    }

    private static Hash mth(List<Hash> d) {
        return switch (d.size()) {
            case 0 -> Hash.ofEmptyTree();
            case 1 -> d.getFirst();
            default -> Hash.ofNode(mth(d.subList(0, k(d))), mth(d.subList(k(d), d.size())));
        };
    }

    private static List<Hash> path(int m, List<Hash> d) {
        if (d.size() == 1) {
            return List.of();
        }
        return m < k(d)
                ? with(path(m, d.subList(0, k(d))), mth(d.subList(k(d), d.size())))
                : with(path(m - k(d), d.subList(k(d), d.size())), mth(d.subList(0, k(d))));
    }

    private static List<Hash> subproof(int m, List<Hash> d, boolean b) {
        if (m == d.size()) {
            return b ? List.of() : List.of(mth(d));
        }
        return m <= k(d)
                ? with(subproof(m, d.subList(0, k(d)), b), mth(d.subList(k(d), d.size())))
                : with(
                        subproof(m - k(d), d.subList(k(d), d.size()), false),
                        mth(d.subList(0, k(d))));
    }

    private static int k(List<Hash> d) {
        return Integer.highestOneBit(d.size() - 1);
    }

    private static List<Hash> with(List<Hash> path, Hash last) {
        var longer = new ArrayList<>(path);
        longer.add(last);
        return longer;
    }
}
