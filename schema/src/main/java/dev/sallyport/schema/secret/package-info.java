/** References to secrets, and the secrets that they lead to. */
@NullMarked
package dev.sallyport.schema.secret;

import org.jspecify.annotations.NullMarked;
