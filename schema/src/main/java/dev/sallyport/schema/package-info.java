/** The contract that all services share; its parts are the sub-packages. */
@NullMarked
package dev.sallyport.schema;

import org.jspecify.annotations.NullMarked;
