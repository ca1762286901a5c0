/** The whole monitor against a real broker and a real OpenSearch. */
@NullMarked
package dev.sallyport.monitor;

import org.jspecify.annotations.NullMarked;
