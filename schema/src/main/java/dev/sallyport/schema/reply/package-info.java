/** What an executor answers the gateway that waits, and the form in which it travels. */
@NullMarked
package dev.sallyport.schema.reply;

import org.jspecify.annotations.NullMarked;
