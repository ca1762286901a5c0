/** The index: against a store that the test holds, and against OpenSearch. */
@NullMarked
package dev.sallyport.monitor.index;

import org.jspecify.annotations.NullMarked;
