@NullMarked
package dev.sallyport.executor.session;

import org.jspecify.annotations.NullMarked;
