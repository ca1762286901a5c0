/** One call's way: its place in the lane, its time, its run in the engine, its settlement. */
@NullMarked
package dev.sallyport.executor.call;

import org.jspecify.annotations.NullMarked;
