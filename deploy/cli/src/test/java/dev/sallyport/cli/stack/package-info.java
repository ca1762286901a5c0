@NullMarked
package dev.sallyport.cli.stack;

import org.jspecify.annotations.NullMarked;
