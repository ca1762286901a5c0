package dev.sallyport.audit.log;

import dev.sallyport.audit.tree.TreeHead;

/**
 * A checkpoint that was signed.
 *
 * @param tree what it signs
 * @param note the signed note
 */
public record PublishedCheckpoint(TreeHead tree, String note) {}
