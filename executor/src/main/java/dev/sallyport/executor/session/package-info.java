/** Sessions: the one door to a tenant's connection, under the caller's sealed context. */
@NullMarked
package dev.sallyport.executor.session;

import org.jspecify.annotations.NullMarked;
