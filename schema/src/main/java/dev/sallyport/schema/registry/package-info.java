/**
 * Tenants, databases, grants, keys and suspensions: who may do what, followed from a compacted
 * topic.
 */
@NullMarked
package dev.sallyport.schema.registry;

import org.jspecify.annotations.NullMarked;
