package dev.sallyport.audit.log;

import dev.sallyport.audit.tree.Hash;

/**
 * A log at one size.
 *
 * @param size entries
 * @param root the root of their tree
 */
public record LogHead(long size, Hash root) {}
