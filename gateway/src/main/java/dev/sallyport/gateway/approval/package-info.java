/** Calls that wait for somebody to allow them: what is kept of them, and who decided. */
@NullMarked
package dev.sallyport.gateway.approval;

import org.jspecify.annotations.NullMarked;
