/** Whether the monitor works, for those who run it. */
@NullMarked
package dev.sallyport.monitor.health;

import org.jspecify.annotations.NullMarked;
