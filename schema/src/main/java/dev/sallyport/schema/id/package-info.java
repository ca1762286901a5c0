/** The names of things: tenants, calls, events, gateways, cells, databases. */
@NullMarked
package dev.sallyport.schema.id;

import org.jspecify.annotations.NullMarked;
