/** The topology under the test driver: no broker, a clock that the test holds. */
@NullMarked
package dev.sallyport.monitor.stream;

import org.jspecify.annotations.NullMarked;
