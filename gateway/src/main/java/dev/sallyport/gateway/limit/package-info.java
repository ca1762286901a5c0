/**
 * How fast callers may call and how much they may take: accounts, of which every gateway leases a
 * part from a store that all gateways share.
 */
@NullMarked
package dev.sallyport.gateway.limit;

import org.jspecify.annotations.NullMarked;
