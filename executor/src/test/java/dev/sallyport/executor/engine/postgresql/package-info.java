@NullMarked
package dev.sallyport.executor.engine.postgresql;

import org.jspecify.annotations.NullMarked;
