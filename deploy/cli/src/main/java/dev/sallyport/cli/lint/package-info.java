/** Looks for what has no effect in the registry's entries. */
@NullMarked
package dev.sallyport.cli.lint;

import org.jspecify.annotations.NullMarked;
