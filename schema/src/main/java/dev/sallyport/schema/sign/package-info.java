/** Ed25519 signatures over the exact bytes of an event. */
@NullMarked
package dev.sallyport.schema.sign;

import org.jspecify.annotations.NullMarked;
