/** Intake: commands taken from the log, checked, and their offsets followed out of order. */
@NullMarked
package dev.sallyport.executor.intake;

import org.jspecify.annotations.NullMarked;
