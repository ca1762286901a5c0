/** The events that services tell each other, and their CloudEvents form. */
@NullMarked
package dev.sallyport.schema.event;

import org.jspecify.annotations.NullMarked;
