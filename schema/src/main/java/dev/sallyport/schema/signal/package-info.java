/**
 * What services tell the log of by themselves. Refusals are told before the caller hears of them,
 * and folded where there are too many of the same.
 */
@NullMarked
package dev.sallyport.schema.signal;

import org.jspecify.annotations.NullMarked;
