/**
 * The console: plain pages, rendered on the server, that list and search entries and show a call
 * with its proof verified.
 */
@NullMarked
package dev.sallyport.audit.page;

import org.jspecify.annotations.NullMarked;
