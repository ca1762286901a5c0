/** Lanes: bounded concurrency and queue a tenant, so that a slow tenant delays no other. */
@NullMarked
package dev.sallyport.executor.lane;

import org.jspecify.annotations.NullMarked;
