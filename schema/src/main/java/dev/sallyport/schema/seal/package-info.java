/** Fields that only the holder of a tenant's data key can read. */
@NullMarked
package dev.sallyport.schema.seal;

import org.jspecify.annotations.NullMarked;
