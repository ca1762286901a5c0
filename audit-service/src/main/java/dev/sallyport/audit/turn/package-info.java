/** What the service does over and over, each job on a thread of its own. */
@NullMarked
package dev.sallyport.audit.turn;

import org.jspecify.annotations.NullMarked;
