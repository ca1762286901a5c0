/** What can be searched for in the logs, and how. */
@NullMarked
package dev.sallyport.audit.search;

import org.jspecify.annotations.NullMarked;
