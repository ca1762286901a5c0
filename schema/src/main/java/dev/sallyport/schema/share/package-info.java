/** Bounded amounts of which everybody has a share that others cannot take. */
@NullMarked
package dev.sallyport.schema.share;

import org.jspecify.annotations.NullMarked;
