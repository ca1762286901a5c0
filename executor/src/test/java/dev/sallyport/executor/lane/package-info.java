/** Tests of this station. */
@NullMarked
package dev.sallyport.executor.lane;

import org.jspecify.annotations.NullMarked;
