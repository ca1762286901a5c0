/** Tests of this station. */
@NullMarked
package dev.sallyport.executor.intake;

import org.jspecify.annotations.NullMarked;
