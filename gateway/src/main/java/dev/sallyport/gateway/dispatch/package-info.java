/** Writes events to the log: commands that executors run, and what the gateway did by itself. */
@NullMarked
package dev.sallyport.gateway.dispatch;

import org.jspecify.annotations.NullMarked;
