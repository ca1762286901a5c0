/** Who is calling: the bearer token becomes a caller of one tenant, or a challenge. */
@NullMarked
package dev.sallyport.gateway.identity;

import org.jspecify.annotations.NullMarked;
