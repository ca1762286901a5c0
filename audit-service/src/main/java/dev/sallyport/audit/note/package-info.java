/**
 * Signed notes, checkpoints and proofs as C2SP writes them (signed-note, tlog-checkpoint,
 * tlog-proof), with Ed25519 keys.
 */
@NullMarked
package dev.sallyport.audit.note;

import org.jspecify.annotations.NullMarked;
