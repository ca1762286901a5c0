/**
 * From Kafka into the logs: every event exactly once, in one transaction with its place in the tree
 * and the offsets.
 */
@NullMarked
package dev.sallyport.audit.ingest;

import org.jspecify.annotations.NullMarked;
