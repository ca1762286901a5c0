/** The answers of executors, taken from the one partition that this gateway reads. */
@NullMarked
package dev.sallyport.gateway.reply;

import org.jspecify.annotations.NullMarked;
