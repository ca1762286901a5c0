/** Tests of the embedded servers. */
@NullMarked
package dev.sallyport.embedded;

import org.jspecify.annotations.NullMarked;
