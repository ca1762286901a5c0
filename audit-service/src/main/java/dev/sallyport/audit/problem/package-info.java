/** What can go wrong, each with a stable code. */
@NullMarked
package dev.sallyport.audit.problem;

import org.jspecify.annotations.NullMarked;
