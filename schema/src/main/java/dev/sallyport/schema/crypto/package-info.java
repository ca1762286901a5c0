/** Which libraries compute signatures, ciphers and digests in this process. */
@NullMarked
package dev.sallyport.schema.crypto;

import org.jspecify.annotations.NullMarked;
