/**
 * May this request have a place now? A bounded number of them is worked on, of which everybody has
 * a share.
 */
@NullMarked
package dev.sallyport.gateway.admission;

import org.jspecify.annotations.NullMarked;
