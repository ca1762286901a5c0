/** The health endpoint over real HTTP. */
@NullMarked
package dev.sallyport.monitor.health;

import org.jspecify.annotations.NullMarked;
