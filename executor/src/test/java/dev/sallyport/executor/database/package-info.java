/** Tests of this station. */
@NullMarked
package dev.sallyport.executor.database;

import org.jspecify.annotations.NullMarked;
