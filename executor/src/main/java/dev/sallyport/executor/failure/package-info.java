/** What the executor throws. */
@NullMarked
package dev.sallyport.executor.failure;

import org.jspecify.annotations.NullMarked;
