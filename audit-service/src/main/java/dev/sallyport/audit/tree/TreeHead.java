package dev.sallyport.audit.tree;

/**
 * A tree at one size: what a log is summed up by, in its head, in its checkpoints and in proofs.
 *
 * @param size entries
 * @param root the root of their tree
 */
public record TreeHead(long size, Hash root) {
    /** The head of the tree without entries. */
    public static final TreeHead EMPTY = new TreeHead(0, Hash.ofEmptyTree());

    public TreeHead {
        if (size < 0) {
            throw new IllegalArgumentException("size must not be negative: " + size);
        }
    }
}
