/**
 * The shared store of limits in PostgreSQL: the only code of a gateway that reaches a database,
 * with a login that may call a few functions there and nothing else.
 */
@NullMarked
package dev.sallyport.gateway.store;

import org.jspecify.annotations.NullMarked;
