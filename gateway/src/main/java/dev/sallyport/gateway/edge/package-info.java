/**
 * The HTTP edge: what a request must be before anyone reads its meaning, and how every answer
 * leaves.
 */
@NullMarked
package dev.sallyport.gateway.edge;

import org.jspecify.annotations.NullMarked;
