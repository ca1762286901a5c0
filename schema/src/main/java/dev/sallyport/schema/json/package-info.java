/** The one JSON mapper that all services share. */
@NullMarked
package dev.sallyport.schema.json;

import org.jspecify.annotations.NullMarked;
