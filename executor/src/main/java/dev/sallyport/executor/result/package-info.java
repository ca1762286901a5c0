/** Results: columns and rows as JSON within a call's limits, whatever database they come from. */
@NullMarked
package dev.sallyport.executor.result;

import org.jspecify.annotations.NullMarked;
