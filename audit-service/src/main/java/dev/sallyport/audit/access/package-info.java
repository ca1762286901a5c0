/** Who may read which log, and the record of every reading. */
@NullMarked
package dev.sallyport.audit.access;

import org.jspecify.annotations.NullMarked;
