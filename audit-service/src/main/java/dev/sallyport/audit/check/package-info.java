/**
 * What only an operator can check: all that the database holds, against the log itself and what was
 * signed of it.
 */
@NullMarked
package dev.sallyport.audit.check;

import org.jspecify.annotations.NullMarked;
