/**
 * The Model Context Protocol as bytes in and bytes out: one path for the stateless revision and the
 * initialize-based ones.
 */
@NullMarked
package dev.sallyport.gateway.protocol;

import org.jspecify.annotations.NullMarked;
