/** Who a bearer token stands for. */
@NullMarked
package dev.sallyport.schema.token;

import org.jspecify.annotations.NullMarked;
