/** Tests of this station. */
@NullMarked
package dev.sallyport.executor.call;

import org.jspecify.annotations.NullMarked;
