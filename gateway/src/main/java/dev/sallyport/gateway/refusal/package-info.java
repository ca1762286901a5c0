/**
 * Refusals as events: told to the log before the caller hears of them, and folded where there are
 * too many of the same.
 */
@NullMarked
package dev.sallyport.gateway.refusal;

import org.jspecify.annotations.NullMarked;
