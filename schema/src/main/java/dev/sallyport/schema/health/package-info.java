/** Whether a service works, for those who run it. */
@NullMarked
package dev.sallyport.schema.health;

import org.jspecify.annotations.NullMarked;
