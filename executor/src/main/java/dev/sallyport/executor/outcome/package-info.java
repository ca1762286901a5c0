/** Outcomes: how a call ended, acknowledged by the log before the reply leaves. */
@NullMarked
package dev.sallyport.executor.outcome;

import org.jspecify.annotations.NullMarked;
