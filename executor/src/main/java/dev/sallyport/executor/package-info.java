/**
 * The executor: takes authorized calls from the log and runs them under the caller's own identity.
 */
@NullMarked
package dev.sallyport.executor;

import org.jspecify.annotations.NullMarked;
