/** The logs: what was sequenced, integrated and published, and the signing of checkpoints. */
@NullMarked
package dev.sallyport.audit.log;

import org.jspecify.annotations.NullMarked;
