/** Settled calls and alerts as documents in OpenSearch, for people who search and chart them. */
@NullMarked
package dev.sallyport.monitor.index;

import org.jspecify.annotations.NullMarked;
