/** The registry as files that people write, and the difference between the two. */
@NullMarked
package dev.sallyport.cli.policy;

import org.jspecify.annotations.NullMarked;
