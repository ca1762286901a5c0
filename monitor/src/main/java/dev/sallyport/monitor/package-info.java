/** The monitor: tells people, and stops an agent, when it does what it never did before. */
@NullMarked
package dev.sallyport.monitor;

import org.jspecify.annotations.NullMarked;
