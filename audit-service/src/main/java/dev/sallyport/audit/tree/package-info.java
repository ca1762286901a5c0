/**
 * The Merkle tree of RFC 6962 in the tiled form of C2SP tlog-tiles: hashing, growing, proving and
 * checking, without any input or output.
 */
@NullMarked
package dev.sallyport.audit.tree;

import org.jspecify.annotations.NullMarked;
