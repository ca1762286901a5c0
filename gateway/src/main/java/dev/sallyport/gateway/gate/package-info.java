/** Whether a call may run: a pure function of the caller, the call and the registry. */
@NullMarked
package dev.sallyport.gateway.gate;

import org.jspecify.annotations.NullMarked;
