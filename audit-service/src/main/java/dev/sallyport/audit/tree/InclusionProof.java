package dev.sallyport.audit.tree;

import java.util.List;

/**
 * The proof that an entry stands at an index of a tree (RFC 6962, section 2.1.1): the siblings on
 * the way from the leaf to the root.
 *
 * @param index the entry's place, from 0
 * @param size entries in the tree
 * @param path the siblings, the leaf's first
 */
public record InclusionProof(long index, long size, List<Hash> path) {
    public InclusionProof {
        path = List.copyOf(path);
        if (index < 0 || index >= size) {
            throw new IllegalArgumentException(
                    "a tree of " + size + " entries has no entry " + index);
        }
    }

    /**
     * True when an entry with this leaf hash stands at the index of the tree with this root (RFC
     * 9162, section 2.1.3.2).
     */
    public boolean proves(Hash leaf, Hash root) {
        long node = index;
        long last = size - 1;
        Hash hash = leaf;
        for (Hash sibling : path) {
            if (last == 0) {
                return false;
            }
            if (odd(node) || node == last) {
                hash = Hash.ofNode(sibling, hash);
                while (!odd(node) && node != 0) {
                    node >>= 1;
                    last >>= 1;
                }
            } else {
                hash = Hash.ofNode(hash, sibling);
            }
            node >>= 1;
            last >>= 1;
        }
        return last == 0 && hash.equals(root);
    }

    private static boolean odd(long number) {
        return (number & 1) == 1;
    }
}
