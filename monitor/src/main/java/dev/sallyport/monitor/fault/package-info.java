/** What the monitor throws. */
@NullMarked
package dev.sallyport.monitor.fault;

import org.jspecify.annotations.NullMarked;
