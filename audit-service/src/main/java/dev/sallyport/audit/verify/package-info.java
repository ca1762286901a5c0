/**
 * The verifier: checks a whole log or one proof from public artefacts and a public key alone, and
 * shares no code with the writer but the tree and the notes.
 */
@NullMarked
package dev.sallyport.audit.verify;

import org.jspecify.annotations.NullMarked;
