package dev.sallyport.audit.tree;

import java.util.ArrayList;
import java.util.List;

/**
 * The proof that a tree is the beginning of a larger one: nothing was changed or taken away (RFC
 * 6962, section 2.1.2).
 *
 * @param smaller entries in the earlier tree
 * @param larger entries in the later tree
 * @param path the hashes of the proof
 */
public record ConsistencyProof(long smaller, long larger, List<Hash> path) {
    public ConsistencyProof {
        path = List.copyOf(path);
        if (smaller < 0 || smaller > larger) {
            throw new IllegalArgumentException(
                    "a tree of " + larger + " entries has no beginning of " + smaller);
        }
    }

    /**
     * True when the tree with the first root is the beginning of the one with the second (RFC 9162,
     * section 2.1.4.2).
     */
    public boolean proves(Hash smallerRoot, Hash largerRoot) {
        if (smaller == larger) {
            return path.isEmpty() && smallerRoot.equals(largerRoot);
        }
        if (smaller == 0) {
            // the empty tree is the beginning of every tree
            return path.isEmpty() && smallerRoot.equals(Hash.ofEmptyTree());
        }
        var hashes = new ArrayList<>(path);
        if (Long.bitCount(smaller) == 1) {
            hashes.addFirst(smallerRoot);
        }
        if (hashes.isEmpty()) {
            return false;
        }
        long node = smaller - 1;
        long last = larger - 1;
        while (odd(node)) {
            node >>= 1;
            last >>= 1;
        }
        Hash first = hashes.getFirst();
        Hash second = first;
        for (Hash sibling : hashes.subList(1, hashes.size())) {
            if (last == 0) {
                return false;
            }
            if (odd(node) || node == last) {
                first = Hash.ofNode(sibling, first);
                second = Hash.ofNode(sibling, second);
                while (!odd(node) && node != 0) {
                    node >>= 1;
                    last >>= 1;
                }
            } else {
                second = Hash.ofNode(second, sibling);
            }
            node >>= 1;
            last >>= 1;
        }
        return last == 0 && first.equals(smallerRoot) && second.equals(largerRoot);
    }

    private static boolean odd(long number) {
        return (number & 1) == 1;
    }
}
