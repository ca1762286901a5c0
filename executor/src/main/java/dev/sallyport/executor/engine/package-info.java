/** Engines: the port behind which a tenant's database stands. */
@NullMarked
package dev.sallyport.executor.engine;

import org.jspecify.annotations.NullMarked;
