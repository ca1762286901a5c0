package dev.sallyport.audit.log;

import dev.sallyport.audit.tree.Hash;

/**
 * A checkpoint that was signed.
 *
 * @param size entries
 * @param root the root of their tree
 * @param note the signed note
 */
public record PublishedCheckpoint(long size, Hash root, String note) {}
