@NullMarked
package dev.sallyport.cli.lint;

import org.jspecify.annotations.NullMarked;
