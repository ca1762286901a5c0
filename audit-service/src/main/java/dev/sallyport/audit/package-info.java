/**
 * The audit service: it keeps what happened in a log for each tenant that everybody can check, and
 * lets those entitled search it.
 */
@NullMarked
package dev.sallyport.audit;

import org.jspecify.annotations.NullMarked;
